//! `POST /users`: invites somebody.

use axum::extract::State;
use serde::Deserialize;
use tonegate_server::model::Role;

use super::confined_to;
use super::view::InvitedUser;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::{Body, Created, Idempotency};
use crate::problem::Problem;

/// Somebody to be invited.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// What they will sign in with.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    role: Role,
    /// The apps that they are to be confined to; `null` or not there: they are not.
    #[serde(default)]
    #[schema(max_items = 1000)]
    app_ids: Option<Vec<u32>>,
}

#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
    operation_id = "create_user",
    request_body = NewUser,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = InvitedUser)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["name_taken", "invalid_settings"]))
    )
)]
/// Invites somebody. The invitation is good for a day.
pub(crate) async fn create_user(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    idempotency: Idempotency,
    Body(new): Body<NewUser>,
) -> Result<Created, Problem> {
    let now = admin.now();
    let new = tonegate_server::store::NewUser {
        name: new.name,
        role: new.role,
        apps: confined_to(new.app_ids),
    };
    let made = admin
        .create(&by.caller, idempotency, async |tx| {
            let (user, token) = tx.create_user(&new).await?;
            Ok(InvitedUser::new(user, &token, now))
        })
        .await?;
    Ok(made)
}
