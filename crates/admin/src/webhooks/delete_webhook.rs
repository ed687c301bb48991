//! `DELETE /webhooks/{webhook_id}`: no more messages, and none of the old.

use axum::extract::{Path, State};
use http::StatusCode;

use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::IfMatch;
use crate::problem::Problem;

#[utoipa::path(
    delete,
    path = "/webhooks/{webhook_id}",
    tag = "webhooks",
    operation_id = "delete_webhook",
    params(("webhook_id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["webhook_unknown"]))
    )
)]
/// Removes a webhook with all its messages.
pub(crate) async fn delete_webhook(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    Path(id): Path<String>,
    IfMatch(rev): IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    tx.delete_webhook(&id, rev.map(i64::from)).await?;
    admin.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
