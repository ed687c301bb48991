//! `POST /apps/{app_id}/resume`: licences for an app again.

use axum::extract::State;

use super::AppView;
use crate::admin::Admin;
use crate::caller::{ByApp, Operator};
use crate::extract::Versioned;
use crate::problem::Problem;

#[utoipa::path(
    post,
    path = "/apps/{app_id}/resume",
    tag = "apps",
    operation_id = "resume_app",
    params(("app_id" = u32, Path, minimum = 1)),
    responses((status = 200, body = AppView, headers(("ETag" = String)))),
    extensions(("x-access" = json!("operator app")), ("x-problems" = json!(["app_unusable"])))
)]
/// Resumes an app. Again: nothing happens.
pub(crate) async fn resume_app(
    State(admin): State<Admin>,
    by: ByApp<Operator>,
) -> Result<Versioned<AppView>, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    let app = tx.resume_app(by.app_id).await?;
    admin.commit(tx).await?;
    Ok(Versioned { rev: app.rev, value: AppView::from(&app) })
}
