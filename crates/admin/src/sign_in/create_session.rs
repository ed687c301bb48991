//! `POST /session`: signing in.

use axum::extract::State;
use serde::Deserialize;

use super::view::{SessionView, SignedIn};
use crate::admin::Admin;
use crate::auth::{Attempt, Stranger};
use crate::extract::Body;
use crate::problem::Problem;

/// What somebody signs in with.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    #[schema(max_length = 64)]
    name: String,
    #[schema(max_length = 256)]
    password: String,
    /// Six digits of the second factor.
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

#[utoipa::path(
    post,
    path = "/session",
    tag = "sign-in",
    operation_id = "create_session",
    request_body = NewSession,
    responses((status = 201, body = SessionView, headers(("Set-Cookie" = String)))),
    extensions(
        ("x-access" = json!("public")),
        ("x-problems" = json!(["wrong_credentials", "locked", "csrf_failed"]))
    )
)]
/// Signs in, with a cookie. After five failures from one network the next attempt from there has
/// to wait.
pub(crate) async fn create_session(
    State(admin): State<Admin>,
    stranger: Stranger,
    Body(new): Body<NewSession>,
) -> Result<SignedIn, Problem> {
    let attempt = Attempt { name: &new.name, password: Some(&new.password), code: &new.code };
    let made = admin
        .prove(&attempt, &stranger, async |tx, user| {
            tx.note_sign_in(user).await?;
            let (session, token) = tx.create_session(user, &stranger.origin).await?;
            Ok((session, user.clone(), token))
        })
        .await;
    let (session, user, token) = made.map_err(|problem| stranger.refused(&admin, problem))?;
    Ok(SignedIn::new(&admin, &session, user, token))
}
