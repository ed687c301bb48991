//! `POST /apps/{app_id}/secrets`: a new secret takes over.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tonegate_server::model::NewSecret;

use super::{SecretView, State as SecretState};
use crate::admin::Admin;
use crate::caller::{ByApp, Operator, SteppedUp};
use crate::extract::{Body, Created, Idempotency};
use crate::limits::OVERLAP_DEFAULT_SECS;
use crate::problem::Problem;

/// How the new one takes over.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// Seconds for which the old one still signs; 0: it is revoked at once.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap: u32,
    /// An existing ServerSecret, 32 characters; a new one is made when not given.
    #[serde(default)]
    secret: Option<String>,
}

/// The new secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RotatedSecret {
    secret: SecretView,
    /// To be handed to the app's backend.
    server_secret: String,
}

#[utoipa::path(
    post,
    path = "/apps/{app_id}/secrets",
    tag = "secrets",
    operation_id = "rotate_secret",
    params(("app_id" = u32, Path, minimum = 1), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Rotation,
    responses((status = 201, body = RotatedSecret)),
    extensions(
        ("x-access" = json!("operator app step-up")),
        ("x-problems" = json!(["secret_taken", "invalid_settings"]))
    )
)]
/// Gives an app a new secret. The old one signs for `overlap` more seconds; the one before it is
/// forgotten.
pub(crate) async fn rotate_secret(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<ByApp<Operator>>,
    idempotency: Idempotency,
    Body(rotation): Body<Rotation>,
) -> Result<Created, Problem> {
    let secret = match &rotation.secret {
        Some(text) => NewSecret::import(text)?,
        None => NewSecret::generate()?,
    };
    let (app_id, created_at) = (by.app_id, admin.now());
    admin
        .create(&by.caller, idempotency, async |tx| {
            let generation = tx.rotate_secret(app_id, &secret, rotation.overlap).await?.0;
            let view = SecretView {
                generation,
                state: SecretState::Active,
                until: None,
                opens: true,
                created_at,
                last_used_at: None,
            };
            let server_secret = secret.secret().expose().to_owned();
            Ok(RotatedSecret { secret: view, server_secret })
        })
        .await
}

fn a_day() -> u32 {
    OVERLAP_DEFAULT_SECS
}
