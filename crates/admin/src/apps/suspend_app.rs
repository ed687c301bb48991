//! `POST /apps/{app_id}/suspend`: no more licences for an app, until it is resumed.

use axum::extract::State;

use super::AppView;
use crate::admin::Admin;
use crate::caller::{ByApp, Operator};
use crate::extract::Versioned;
use crate::problem::Problem;

#[utoipa::path(
    post,
    path = "/apps/{app_id}/suspend",
    tag = "apps",
    operation_id = "suspend_app",
    params(("app_id" = u32, Path, minimum = 1)),
    responses((status = 200, body = AppView, headers(("ETag" = String)))),
    extensions(("x-access" = json!("operator app")), ("x-problems" = json!(["app_unusable"])))
)]
/// Suspends an app: it gets no more licences. Again: nothing happens.
pub(crate) async fn suspend_app(
    State(admin): State<Admin>,
    by: ByApp<Operator>,
) -> Result<Versioned<AppView>, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    let app = tx.suspend_app(by.app_id).await?;
    admin.commit(tx).await?;
    Ok(Versioned { rev: app.rev, value: AppView::from(&app) })
}
