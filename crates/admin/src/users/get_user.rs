//! `GET /users/{user_id}`: one user.

use axum::extract::State;

use super::view::UserView;
use super::{UserId, unknown};
use crate::admin::Admin;
use crate::caller::{By, Owner};
use crate::extract::Versioned;
use crate::problem::Problem;

#[utoipa::path(
    get,
    path = "/users/{user_id}",
    tag = "users",
    operation_id = "get_user",
    params(("user_id" = String, Path, max_length = 64)),
    responses((status = 200, body = UserView, headers(("ETag" = String)))),
    extensions(("x-access" = json!("owner whole")), ("x-problems" = json!(["user_unknown"])))
)]
/// Shows a user.
pub(crate) async fn get_user(
    State(admin): State<Admin>,
    _: By<Owner>,
    UserId(id): UserId,
) -> Result<Versioned<UserView>, Problem> {
    let user = admin.store().user(&id).await?.ok_or_else(unknown)?;
    Ok(Versioned { rev: user.rev, value: UserView::new(user) })
}
