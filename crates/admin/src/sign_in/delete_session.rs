//! `DELETE /session`: signing out.

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::SET_COOKIE;

use crate::admin::Admin;
use crate::auth::{Person, session};
use crate::problem::Problem;

#[utoipa::path(
    delete,
    path = "/session",
    tag = "sign-in",
    operation_id = "delete_session",
    responses((status = 204, headers(("Set-Cookie" = String)))),
    extensions(
        ("x-access" = json!("session")),
        ("x-problems" = json!(["people_only", "session_unknown"]))
    )
)]
/// Signs out: the session is over, and the browser forgets it.
pub(crate) async fn delete_session(
    State(admin): State<Admin>,
    by: Person,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = admin.begin_unchecked(&by.known.caller).await?;
    tx.end_session(&by.session_id).await?;
    admin.commit(tx).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, session::no_cookie())]))
}
