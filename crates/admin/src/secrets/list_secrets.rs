//! `GET /apps/{app_id}/secrets`: an app's secrets, without themselves.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::SecretView;
use crate::admin::Admin;
use crate::caller::{ByApp, Viewer};
use crate::problem::{Code, Problem};

/// At most two, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Secrets {
    items: Vec<SecretView>,
}

#[utoipa::path(
    get,
    path = "/apps/{app_id}/secrets",
    tag = "secrets",
    operation_id = "list_secrets",
    params(("app_id" = u32, Path, minimum = 1)),
    responses((status = 200, body = Secrets)),
    extensions(("x-access" = json!("viewer app")))
)]
/// Lists an app's secrets.
pub(crate) async fn list_secrets(
    State(admin): State<Admin>,
    by: ByApp<Viewer>,
) -> Result<Json<Secrets>, Problem> {
    let unknown = || Problem::new(Code::AppUnknown, format!("there is no app {}", by.app_id));
    let stored = admin.store().app(by.app_id).await?.ok_or_else(unknown)?;
    let items = stored.secrets.iter().map(SecretView::from).collect();
    Ok(Json(Secrets { items }))
}
