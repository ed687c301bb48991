//! `POST /keys/preview`: what a rotation would do, and what it would break.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_issuer::limits::{HOUR_SECS, SIGNING_SECS};
use tonegate_license::{Chain, Root};
use tonegate_server::keys::{self, Rotation, Start};
use tonegate_server::model::bounds;

use super::rotation::RotationBody;
use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::extract::Body;
use crate::problem::Problem;

/// What a rotation would do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RotationPreview {
    serial: u32,
    sign_from: i64,
    signs_until: i64,
    certificate_ends: i64,
    /// What it would break, or what speaks against it.
    warnings: Vec<Warning>,
    /// Until when a device that stays offline may go on with a licence of an earlier key.
    old_licenses_until: i64,
    /// Until when it may go on with what a thief makes with an earlier key.
    old_certificates_until: i64,
    /// Apps whose next licence comes from the new key: all.
    apps_affected: u64,
}

/// Something to know before.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Warning {
    /// Its stable name.
    id: &'static str,
    detail: String,
}

#[utoipa::path(
    post,
    path = "/keys/preview",
    tag = "keys",
    operation_id = "preview_rotation",
    request_body = RotationBody,
    responses((status = 200, body = RotationPreview)),
    extensions(
        ("x-access" = json!("viewer whole")),
        ("x-problems" = json!(["start_too_soon", "keys_refused"]))
    )
)]
/// Shows what a rotation would do, and changes nothing.
pub(crate) async fn preview_rotation(
    State(admin): State<Admin>,
    _: By<Viewer>,
    Body(rotation): Body<RotationBody>,
) -> Result<Json<RotationPreview>, Problem> {
    let (rotation, now) = (Rotation::from(rotation), admin.now());
    let (next, chains) = keys::preview(admin.store(), now, rotation).await?;
    let longest = admin.store().longest_lifetime().await?.unwrap_or(bounds::LIFETIME_DEFAULT);
    let begin = next.sign_from.max(now);
    Ok(Json(RotationPreview {
        serial: next.serial,
        sign_from: next.sign_from,
        signs_until: next.sign_from + SIGNING_SECS,
        certificate_ends: next.expires_at(),
        warnings: warnings(&admin, rotation, &chains),
        old_licenses_until: begin + i64::from(longest) + HOUR_SECS,
        old_certificates_until: chains.iter().map(Chain::expires_at).max().unwrap_or(now),
        apps_affected: u64::try_from(admin.service.directory.len()).unwrap_or(u64::MAX),
    }))
}

fn warnings(admin: &Admin, rotation: Rotation, chains: &[Chain]) -> Vec<Warning> {
    let superseded = chains.iter().any(|chain| chain.root() == Root::Standby);
    let staged = chains.iter().any(|chain| chain.sign_from() > admin.now());
    let said = [
        (
            !admin.service.installation.auto_root,
            "roots_offline",
            "The roots are kept offline: this rotation takes a ceremony.",
        ),
        (
            rotation.start == Start::Now,
            "differing_bytes",
            "The new key signs at once: nodes may answer with differing bytes for 2 seconds, and every \
             licence of this hour is minted anew.",
        ),
        (
            rotation.raise_floor,
            "floor",
            "Devices refuse licences of every earlier key as soon as they load one of the new key. A \
             relay or backend that still hands out an old licence then hands out a refused one: refresh \
             relays first. It cannot be taken back.",
        ),
        (
            rotation.standby && !superseded,
            "active_root_given_up",
            "The standby root certifies the key: every device that sees it refuses the active root for \
             good. Only for when the active root is stolen or lost; no third root can follow without an \
             app release.",
        ),
        (
            staged && rotation.start != Start::Now,
            "staged_key",
            "A key is staged already; from its hour on the highest serial signs, which is the new one.",
        ),
        (
            !rotation.raise_floor,
            "old_licenses_stay_good",
            "Licences of earlier keys stay good to their end. If a key was stolen, raise the floor too.",
        ),
    ];
    let said = said.into_iter().filter(|(is_so, ..)| *is_so);
    said.map(|(_, id, detail)| Warning { id, detail: detail.to_owned() }).collect()
}
