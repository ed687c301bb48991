//! `GET /apps/{app_id}`: one app.

use axum::extract::State;

use super::view::AppDetails;
use crate::admin::Admin;
use crate::caller::{ByApp, Viewer};
use crate::extract::Versioned;
use crate::problem::{Code, Problem};

#[utoipa::path(
    get,
    path = "/apps/{app_id}",
    tag = "apps",
    operation_id = "get_app",
    params(("app_id" = u32, Path, minimum = 1)),
    responses((status = 200, body = AppDetails, headers(("ETag" = String)))),
    extensions(("x-access" = json!("viewer app")), ("x-problems" = json!(["app_unusable"])))
)]
/// Shows an app.
pub(crate) async fn get_app(
    State(admin): State<Admin>,
    by: ByApp<Viewer>,
) -> Result<Versioned<AppDetails>, Problem> {
    let unknown = || Problem::new(Code::AppUnknown, format!("there is no app {}", by.app_id));
    let stored = admin.store().app(by.app_id).await?.ok_or_else(unknown)?;
    let unusable = |fault: &_| Problem::new(Code::AppUnusable, format!("{fault}"));
    let app = stored.app.as_ref().map_err(unusable)?;
    Ok(Versioned { rev: app.rev, value: AppDetails::new(app, &stored) })
}
