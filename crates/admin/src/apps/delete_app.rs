//! `DELETE /apps/{app_id}`: an app and its secrets are gone.

use axum::extract::State;
use http::StatusCode;
use tonegate_server::store::StoreError;

use crate::admin::Admin;
use crate::caller::{ByApp, Operator, SteppedUp};
use crate::extract::IfMatch;
use crate::problem::Problem;

#[utoipa::path(
    delete,
    path = "/apps/{app_id}",
    tag = "apps",
    operation_id = "delete_app",
    params(("app_id" = u32, Path, minimum = 1), ("If-Match" = String, Header)),
    responses((status = 204)),
    extensions(("x-access" = json!("operator app step-up")), ("x-problems" = json!(["app_unusable"])))
)]
/// Deletes an app. An unusable one is deleted with `If-Match: *`.
pub(crate) async fn delete_app(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<ByApp<Operator>>,
    IfMatch(rev): IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    if let Some(expected) = rev {
        let found = tx.app(by.app_id).await?.rev;
        if found != expected {
            return Err(StoreError::AppChanged { id: by.app_id, expected, found }.into());
        }
    }
    tx.delete_app(by.app_id).await?;
    admin.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
