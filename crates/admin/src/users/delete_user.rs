//! `DELETE /users/{user_id}`: somebody goes.

use axum::extract::State;
use http::StatusCode;

use super::UserId;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::IfMatch;
use crate::problem::Problem;

#[utoipa::path(
    delete,
    path = "/users/{user_id}",
    tag = "users",
    operation_id = "delete_user",
    params(("user_id" = String, Path, max_length = 64), ("If-Match" = String, Header)),
    responses((status = 204)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["user_unknown", "last_owner"]))
    )
)]
/// Removes a user, with their sessions. API tokens that they made stay.
pub(crate) async fn delete_user(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    UserId(id): UserId,
    IfMatch(rev): IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    tx.delete_user(&id, rev).await?;
    admin.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
