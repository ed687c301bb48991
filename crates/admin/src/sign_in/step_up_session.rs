//! `POST /session/step_up`: a fresh proof, for what takes one.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::view::SessionView;
use crate::admin::Admin;
use crate::auth::{Attempt, Known, Person, SentFrom};
use crate::caller::Caller;
use crate::extract::Body;
use crate::limits::STEP_UP_SECS;
use crate::problem::Problem;

/// A fresh proof.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUp {
    /// Looked at when it is sent.
    #[serde(default)]
    #[schema(max_length = 256)]
    password: Option<String>,
    /// Six digits of the second factor; one that was not used yet.
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

#[utoipa::path(
    post,
    path = "/session/step_up",
    tag = "sign-in",
    operation_id = "step_up_session",
    request_body = StepUp,
    responses((status = 200, body = SessionView)),
    extensions(
        ("x-access" = json!("session")),
        ("x-problems" = json!(["people_only", "wrong_credentials", "session_unknown"]))
    )
)]
/// Proves again who is signed in; for five minutes that is enough for everything. Signing in counts too.
/// Five wrong codes in a row end the session.
pub(crate) async fn step_up_session(
    State(admin): State<Admin>,
    by: Person,
    SentFrom(origin): SentFrom,
    Body(proof): Body<StepUp>,
) -> Result<Json<SessionView>, Problem> {
    let password = proof.password.as_deref();
    let attempt = Attempt { name: &by.name, password, code: &proof.code };
    let session = admin.prove_again(&by, &attempt, &origin).await?;
    let stepped_up_until = session.stepped_up_at.saturating_add(STEP_UP_SECS);
    let caller = Caller { stepped_up_until, ..by.known.caller };
    Ok(Json(SessionView::of(&admin, Known { caller, ..by.known })))
}
