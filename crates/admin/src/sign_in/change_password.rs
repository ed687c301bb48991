//! `PUT /session/password`: another password for whoever is signed in.

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::admin::Admin;
use crate::auth::{Person, session};
use crate::caller::SteppedUp;
use crate::extract::Body;
use crate::problem::Problem;

/// A password to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    #[schema(min_length = 8, max_length = 256)]
    new_password: String,
}

#[utoipa::path(
    put,
    path = "/session/password",
    tag = "sign-in",
    operation_id = "change_password",
    request_body = NewPassword,
    responses((status = 204, headers(("Set-Cookie" = String)))),
    extensions(
        ("x-access" = json!("session step-up")),
        ("x-problems" = json!(["people_only", "password_too_weak", "session_unknown", "clock_suspect"]))
    )
)]
/// Changes one's own password. One's other sessions end; this one goes on under a new cookie, and with
/// a new `csrf_token`: ask `GET /session` for it.
pub(crate) async fn change_password(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<Person>,
    Body(new): Body<NewPassword>,
) -> Result<impl IntoResponse, Problem> {
    let slot = admin.passwords.slot_of_known().await?;
    let password_hash = slot.hash(&new.new_password, &by.name).await?;
    let mut tx = admin.begin(&by.known.caller).await?;
    let (_, token) = tx.change_password(&by.session_id, &password_hash).await?;
    admin.commit(tx).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, session::cookie(&token))]))
}
