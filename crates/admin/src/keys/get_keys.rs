//! `GET /keys`: roots, pins, issuing keys, and the hours that they cover.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_server::keys::{self, CalendarKey};
use tonegate_server::model::Environment;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::problem::Problem;

/// The keys of an installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Keys {
    issuer: String,
    environment: Environment,
    /// Does the installation keep its own roots?
    auto_root: bool,
    /// What apps are built with.
    pins: String,
    roots: Vec<RootView>,
    keys: Vec<CalendarKey>,
    /// Every hour until then has a key, Unix seconds.
    covered_until: i64,
    /// When a staged key begins to sign after that, if hours between are not covered.
    gap_until: Option<i64>,
}

/// A root that apps pin.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RootView {
    /// `active` or `standby`.
    role: String,
    /// Its key id, 16 hex characters.
    kid: String,
    /// Is its private key sealed in this installation's database?
    kept_here: bool,
}

#[utoipa::path(
    get,
    path = "/keys",
    tag = "keys",
    operation_id = "get_keys",
    responses((status = 200, body = Keys)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Shows roots, pins and the calendar of issuing keys.
pub(crate) async fn get_keys(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<Keys>, Problem> {
    let installation = &admin.service.installation;
    let (keyring, now) = (admin.service.keyring.load(), admin.now());
    let root = |root: keys::PinnedRoot| RootView {
        role: root.role,
        kid: root.kid,
        kept_here: installation.auto_root,
    };
    let pins = [tonegate_license::Root::Active, tonegate_license::Root::Standby]
        .map(|root| keys::pin_text(installation.pins.key(root)));
    Ok(Json(Keys {
        issuer: installation.issuer.clone(),
        environment: installation.environment,
        auto_root: installation.auto_root,
        pins: pins.join(","),
        roots: keys::roots(&installation.pins).into_iter().map(root).collect(),
        keys: keys::calendar(&keyring, now),
        covered_until: keyring.covered_until(now),
        gap_until: keys::gap_until(&keyring, now),
    }))
}
