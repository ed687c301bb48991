//! `PATCH /apps/{app_id}`: other settings for an app.

use axum::extract::State;
use tonegate_server::grant;

use super::AppView;
use super::settings::SettingsPatch;
use crate::admin::Admin;
use crate::caller::{ByApp, Operator};
use crate::extract::{Body, IfMatch, Versioned};
use crate::problem::Problem;

#[utoipa::path(
    patch,
    path = "/apps/{app_id}",
    tag = "apps",
    operation_id = "update_app",
    params(("app_id" = u32, Path, minimum = 1), ("If-Match" = String, Header)),
    request_body = SettingsPatch,
    responses((status = 200, body = AppView, headers(("ETag" = String)))),
    extensions(
        ("x-access" = json!("operator app")),
        ("x-problems" = json!(["app_unusable", "invalid_settings", "license_too_long"]))
    )
)]
/// Changes settings of an app. Members that are not sent stay; `null` is the default.
pub(crate) async fn update_app(
    State(admin): State<Admin>,
    by: ByApp<Operator>,
    IfMatch(rev): IfMatch,
    Body(patch): Body<SettingsPatch>,
) -> Result<Versioned<AppView>, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    let settings = patch.onto(tx.app(by.app_id).await?.settings())?;
    let app = tx.update_app(by.app_id, rev, |it| *it = settings).await?;
    grant::check(&app, &admin.service.installation.issuer)?;
    admin.commit(tx).await?;
    Ok(Versioned { rev: app.rev, value: AppView::from(&app) })
}
