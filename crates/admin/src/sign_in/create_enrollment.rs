//! `POST /enrollments`: the first step of an enrolment, a password and a second factor to be.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tonegate_server::model::TokenHash;
use tonegate_server::store::{Chosen, Invitation};

use super::invitation;
use crate::admin::Admin;
use crate::auth::Stranger;
use crate::auth::factor::{self, NewFactor};
use crate::extract::Body;
use crate::problem::{Code, Problem};

/// What somebody with an invitation chooses.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEnrollment {
    /// The invitation's token, or the setup token.
    #[schema(max_length = 64)]
    token: String,
    /// The first owner's name. Whoever is invited has one.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 64)]
    name: Option<String>,
    #[schema(min_length = 8, max_length = 256)]
    password: String,
}

/// The second factor, for an authenticator app. It counts when a code of it was confirmed.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Enrollment {
    /// Base32, to be typed in.
    totp_secret: String,
    /// `otpauth://totp/…`
    totp_uri: String,
    /// The same as a QR code: rows of modules, `1` is dark.
    qr: Vec<String>,
    name: String,
}

#[utoipa::path(
    post,
    path = "/enrollments",
    tag = "sign-in",
    operation_id = "create_enrollment",
    request_body = NewEnrollment,
    responses((status = 201, body = Enrollment)),
    extensions(
        ("x-access" = json!("public")),
        ("x-problems" = json!([
            "invitation_unknown", "loopback_only", "password_too_weak", "name_taken",
            "invalid_settings", "csrf_failed"
        ]))
    )
)]
/// Chooses a password, and gets a second factor to confirm. Again: another one.
pub(crate) async fn create_enrollment(
    State(admin): State<Admin>,
    stranger: Stranger,
    Body(new): Body<NewEnrollment>,
) -> Result<(StatusCode, Json<Enrollment>), Problem> {
    let hash = TokenHash::of(&new.token);
    let invitation = invitation::find(&admin, &stranger, &hash).await?;
    let name = name(&invitation, new.name.as_deref())?;
    let password_hash = admin.passwords.slot().await?.hash(&new.password, name).await?;
    let factor = NewFactor::generate()?;
    let chosen = Chosen { password_hash, totp: factor.secret.clone() };
    let mut tx = admin.store().begin("invited", admin.now()).await?;
    tx.choose(&hash, new.name.as_deref(), &chosen).await?;
    admin.commit(tx).await?;
    let uri = factor.uri(&admin.service.installation.issuer, name);
    let enrollment = Enrollment {
        totp_secret: factor.text().to_string(),
        qr: factor::qr(&uri),
        totp_uri: uri.to_string(),
        name: name.to_owned(),
    };
    Ok((StatusCode::CREATED, Json(enrollment)))
}

/// What they will sign in with: chosen by the first owner, given to everybody else.
fn name<'n>(invitation: &'n Invitation, chosen: Option<&'n str>) -> Result<&'n str, Problem> {
    let refused = |detail: &str| Problem::new(Code::InvalidBody, detail).at("name", detail);
    match (&invitation.user_id, chosen, &invitation.name) {
        (None, Some(chosen), _) => Ok(chosen),
        (None, None, _) => Err(refused("the first owner needs a `name`")),
        (Some(_), None, Some(name)) => Ok(name),
        (Some(_), ..) => Err(refused("whoever is invited has a name; leave `name` out")),
    }
}
