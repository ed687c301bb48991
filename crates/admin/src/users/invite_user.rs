//! `POST /users/{user_id}/invitation`: another chance for whoever lost password or phone.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::UserId;
use super::view::InvitedUser;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::problem::Problem;

#[utoipa::path(
    post,
    path = "/users/{user_id}/invitation",
    tag = "users",
    operation_id = "invite_user",
    params(("user_id" = String, Path, max_length = 64)),
    responses((status = 201, body = InvitedUser)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["user_unknown", "user_disabled"]))
    )
)]
/// Invites a user again, in place of any other invitation. Taking it resets their password and second
/// factor, and ends their sessions.
pub(crate) async fn invite_user(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    UserId(id): UserId,
) -> Result<(StatusCode, Json<InvitedUser>), Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    let (user, token) = tx.invite_again(&id).await?;
    admin.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(InvitedUser::new(user, &token, admin.now()))))
}
