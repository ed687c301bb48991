//! `POST /enrollments/confirm`: the second step of an enrolment, a code of the new factor.

use axum::extract::State;
use serde::Deserialize;
use tonegate_server::model::TokenHash;

use super::invitation;
use super::view::{SessionView, SignedIn};
use crate::admin::Admin;
use crate::auth::{Stranger, factor};
use crate::extract::Body;
use crate::problem::{Code, Problem};

/// A code of the factor that was chosen.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// The invitation's token, or the setup token.
    #[schema(max_length = 64)]
    token: String,
    /// Six digits.
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

#[utoipa::path(
    post,
    path = "/enrollments/confirm",
    tag = "sign-in",
    operation_id = "confirm_enrollment",
    request_body = Confirmation,
    responses((status = 201, body = SessionView, headers(("Set-Cookie" = String)))),
    extensions(
        ("x-access" = json!("public")),
        ("x-problems" = json!([
            "invitation_unknown", "loopback_only", "wrong_code", "name_taken", "setup_done",
            "csrf_failed"
        ]))
    )
)]
/// Confirms the second factor, and signs in. Five wrong codes end the invitation.
pub(crate) async fn confirm_enrollment(
    State(admin): State<Admin>,
    stranger: Stranger,
    Body(confirmation): Body<Confirmation>,
) -> Result<SignedIn, Problem> {
    let hash = TokenHash::of(&confirmation.token);
    let invitation = invitation::find(&admin, &stranger, &hash).await?;
    let chosen = admin.store().chosen(&hash, admin.now()).await?.ok_or_else(|| {
        Problem::new(Code::SecondFactorWrong, "choose a password first, with POST /enrollments")
    })?;
    let Some(step) = factor::proven_first(&chosen.totp, &confirmation.code, admin.now()) else {
        return Err(wrong_code(&admin, &hash).await?);
    };
    let actor = format!("user {}", invitation.name.as_deref().unwrap_or_default());
    let mut tx = admin.store().begin(&actor, admin.now()).await?;
    let user = tx.enroll(&hash, &chosen, step.0).await?;
    tx.note_sign_in(&user).await?;
    let (session, token) = tx.create_session(&user, &stranger.origin).await?;
    admin.commit(tx).await?;
    Ok(SignedIn::new(&admin, &session, user, token))
}

async fn wrong_code(admin: &Admin, hash: &TokenHash) -> Result<Problem, Problem> {
    let mut tx = admin.store().begin("invited", admin.now()).await?;
    let is_gone = tx.wrong_code(hash).await?;
    admin.commit(tx).await?;
    if is_gone {
        return Ok(invitation::unknown());
    }
    let detail = "the code is wrong; is the phone's clock right? wait for the next code, then try \
                  again";
    Ok(Problem::new(Code::SecondFactorWrong, detail).at("code", detail))
}
