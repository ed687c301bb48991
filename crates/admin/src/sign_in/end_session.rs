//! `DELETE /sessions/{session_id}`: ends a session somewhere else.

use axum::extract::{FromRequestParts, State};
use http::StatusCode;
use http::request::Parts;

use super::list_sessions::may_see_others;
use crate::admin::Admin;
use crate::auth::Known;
use crate::caller::Caller;
use crate::extract::path_id;
use crate::problem::{Code, Problem};

/// The session in the path.
#[derive(Debug)]
pub(crate) struct SessionId(String);

impl FromRequestParts<Admin> for SessionId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        path_id(parts, "ses_").await.map(Self).ok_or_else(unknown)
    }
}

#[utoipa::path(
    delete,
    path = "/sessions/{session_id}",
    tag = "sign-in",
    operation_id = "end_session",
    params(("session_id" = String, Path, max_length = 64)),
    responses((status = 204)),
    extensions(("x-access" = json!("session")), ("x-problems" = json!(["session_unknown"])))
)]
/// Ends one of one's sessions, or an owner anybody's.
pub(crate) async fn end_session(
    State(admin): State<Admin>,
    Known { caller, .. }: Known,
    SessionId(id): SessionId,
) -> Result<StatusCode, Problem> {
    let mut tx = admin.begin_unchecked(&caller).await?;
    let session = tx.session(&id).await?;
    if !is_own(&caller, &session.user_id) && !may_see_others(&caller) {
        return Err(unknown());
    }
    tx.end_session(&id).await?;
    admin.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_own(caller: &Caller, user_id: &str) -> bool {
    caller.key() == user_id
}

fn unknown() -> Problem {
    Problem::new(Code::SessionUnknown, "there is no such session, or it has ended")
}
