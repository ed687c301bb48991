//! `POST /keys`: the next issuing key, certified by the installation's own root.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use tonegate_server::keys;
use tonegate_server::store::KeyPlace;

use super::rotation::RotationBody;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::Body;
use crate::problem::Problem;

/// A key that was certified.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RotatedKey {
    serial: u32,
    /// Its key id, 16 hex characters.
    kid: String,
    /// As the certificate says: of an emergency key it lies in the past.
    sign_from: i64,
    certificate_ends: i64,
    /// The label of the hardware token that it lives in; `null`: it is sealed in the database.
    token: Option<String>,
}

#[utoipa::path(
    post,
    path = "/keys",
    tag = "keys",
    operation_id = "rotate_key",
    request_body = RotationBody,
    responses((status = 201, body = RotatedKey)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["roots_offline", "start_too_soon", "keys_refused"]))
    )
)]
/// Makes and certifies the next issuing key, where the installation keeps its own roots.
pub(crate) async fn rotate_key(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    Body(rotation): Body<RotationBody>,
) -> Result<(StatusCode, Json<RotatedKey>), Problem> {
    admin.check_clock()?;
    let actor = by.caller.who.to_string();
    let key = keys::rotate(
        admin.store(),
        admin.service.token.as_ref(),
        &actor,
        admin.now(),
        rotation.into(),
    )
    .await?;
    admin.catch_up().await;
    let rotated = RotatedKey {
        serial: key.serial,
        kid: key.kid.clone(),
        sign_from: key.sign_from,
        certificate_ends: key.exp,
        token: match key.place {
            KeyPlace::Token(label) => Some(label),
            KeyPlace::Seed(_) => None,
        },
    };
    Ok((StatusCode::CREATED, Json(rotated)))
}
