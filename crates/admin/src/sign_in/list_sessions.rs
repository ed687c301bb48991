//! `GET /sessions`: where somebody is signed in.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tonegate_server::model::Role;

use crate::admin::Admin;
use crate::auth::Known;
use crate::caller::{Caller, Who};
use crate::extract::{Page, Query};
use crate::problem::{Code, Problem};

/// Whose sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// A user's, for owners; one's own when not given.
    #[serde(default)]
    #[param(max_length = 64)]
    user_id: Option<String>,
}

/// A session of somebody.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ListedSession {
    id: String,
    user_id: String,
    /// Unix seconds.
    created_at: i64,
    /// Unix seconds; half a minute may be missing.
    last_used_at: i64,
    /// Unix seconds.
    expires_at: i64,
    /// Where it was begun from.
    network: String,
    /// What it was begun with, in the client's own words.
    client: String,
    /// Is it the one that asks?
    current: bool,
}

#[utoipa::path(
    get,
    path = "/sessions",
    tag = "sign-in",
    operation_id = "list_sessions",
    params(Whose),
    responses((status = 200, body = Page<ListedSession>)),
    extensions(
        ("x-access" = json!("session")),
        ("x-problems" = json!(["people_only", "role_too_low", "user_unknown"]))
    )
)]
/// Lists one's sessions, or an owner those of anybody: at most 20, newest first.
pub(crate) async fn list_sessions(
    State(admin): State<Admin>,
    known: Known,
    Query(whose): Query<Whose>,
) -> Result<Json<Page<ListedSession>>, Problem> {
    let user_id = user_id(&known.caller, whose.user_id)?;
    let unknown = || Problem::new(Code::UserUnknown, format!("there is no user {user_id}"));
    admin.store().user(&user_id).await?.ok_or_else(unknown)?;
    let current = match &known.caller.who {
        Who::User { session_id, .. } => session_id.as_str(),
        Who::Token { .. } => "",
    };
    let sessions = admin.store().sessions_of(&user_id, admin.now()).await?;
    let items = sessions.into_iter().map(|session| ListedSession {
        current: session.id == current,
        id: session.id,
        user_id: session.user_id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        network: session.network,
        client: session.client,
    });
    Ok(Json(Page { items: items.collect(), next: None }))
}

fn user_id(caller: &Caller, asked: Option<String>) -> Result<String, Problem> {
    match (&caller.who, asked) {
        (Who::User { id, .. }, None) => Ok(id.clone()),
        (Who::User { id, .. }, Some(asked)) if *id == asked => Ok(asked),
        (_, Some(asked)) if may_see_others(caller) => Ok(asked),
        (_, Some(_)) => {
            let detail = "sessions of others are for owners of all apps; leave `user_id` out";
            Err(Problem::new(Code::RoleTooLow, detail))
        }
        (Who::Token { .. }, None) => {
            let detail = "an API token has no sessions; say whose with `user_id`";
            Err(Problem::new(Code::PeopleOnly, detail))
        }
    }
}

pub(super) fn may_see_others(caller: &Caller) -> bool {
    caller.role >= Role::Owner && caller.apps.is_none()
}
