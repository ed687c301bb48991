//! `PATCH /users/{user_id}`: what somebody may do from now on.

use axum::extract::State;
use serde::{Deserialize, Deserializer};
use tonegate_server::model::Role;
use tonegate_server::store::UserChange;

use super::view::UserView;
use super::{UserId, confined_to};
use crate::admin::Admin;
use crate::caller::{By, Caller, Owner, SteppedUp, Who};
use crate::extract::{Body, IfMatch, Versioned};
use crate::problem::Problem;

/// What changes about a user; what is not there stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    #[serde(default)]
    role: Option<Role>,
    /// The apps that they are to be confined to; `null`: they are no longer.
    #[serde(default, deserialize_with = "even_null")]
    #[schema(value_type = Option<Vec<u32>>, max_items = 1000)]
    app_ids: Option<Option<Vec<u32>>>,
    #[serde(default)]
    status: Option<NewStatus>,
}

/// Whether they may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewStatus {
    /// They may (again).
    Active,
    /// They may not.
    Disabled,
}

#[utoipa::path(
    patch,
    path = "/users/{user_id}",
    tag = "users",
    operation_id = "update_user",
    params(("user_id" = String, Path, max_length = 64), ("If-Match" = String, Header)),
    request_body = UserPatch,
    responses((status = 200, body = UserView, headers(("ETag" = String)))),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["user_unknown", "last_owner", "invalid_settings"]))
    )
)]
/// Changes what somebody may do. Their sessions end, but for the one that asks.
pub(crate) async fn update_user(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    UserId(id): UserId,
    IfMatch(rev): IfMatch,
    Body(patch): Body<UserPatch>,
) -> Result<Versioned<UserView>, Problem> {
    let change = UserChange {
        role: patch.role,
        apps: patch.app_ids.map(confined_to),
        enabled: patch.status.map(|status| status == NewStatus::Active),
    };
    let mut tx = admin.begin(&by.caller).await?;
    let user = tx.update_user(&id, rev, change, session_of(&by.caller)).await?;
    admin.commit(tx).await?;
    Ok(Versioned { rev: user.rev, value: UserView::new(user) })
}

fn session_of(caller: &Caller) -> Option<&str> {
    match &caller.who {
        Who::User { session_id, .. } => Some(session_id),
        Who::Token { .. } => None,
    }
}

/// `null` is a value here, and nothing is none.
fn even_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
