//! `POST /apps/{app_id}/secrets/{generation}/revoke`: a secret signs no more.

use axum::extract::State;
use http::StatusCode;

use super::OfSecret;
use crate::admin::Admin;
use crate::caller::{ByApp, Operator, SteppedUp};
use crate::problem::Problem;

#[utoipa::path(
    post,
    path = "/apps/{app_id}/secrets/{generation}/revoke",
    tag = "secrets",
    operation_id = "revoke_secret",
    params(("app_id" = u32, Path, minimum = 1), ("generation" = u32, Path, minimum = 1)),
    responses((status = 204)),
    extensions(
        ("x-access" = json!("operator app step-up")),
        ("x-problems" = json!(["secret_unknown", "secret_active"]))
    )
)]
/// Revokes a secret that a newer one has replaced. Again: nothing happens.
pub(crate) async fn revoke_secret(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<ByApp<Operator>>,
    OfSecret(generation): OfSecret,
) -> Result<StatusCode, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    tx.revoke_secret(by.app_id, generation).await?;
    admin.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
