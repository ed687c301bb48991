//! Step 12: the credential is right, but may it be used, and from here? Otherwise 910004. Its last
//! use is noted.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use super::signature::Authenticated;
use crate::directory::Directory;
use crate::model::Licensee;

pub(super) fn check(
    directory: &Directory,
    app: &Licensee,
    request: &Authenticated<'_>,
    address: IpAddr,
    now: i64,
) -> Result<(), Refusal> {
    if !request.secret.signs_at(now) {
        return Err(Refusal::new(
            ReturnCode::AuthorizationError,
            "this ServerSecret was revoked or has retired; use the app's current one",
        ));
    }
    directory.touch(request.entry, request.secret, now);
    if allows(app, address) {
        return Ok(());
    }
    Err(Refusal::new(
        ReturnCode::AuthorizationError,
        format!("{address} is not among the app's allowed networks"),
    ))
}

/// Will [`check`] pass it? What it will not pass is charged to another rate than the app's.
#[inline]
pub(super) fn is_usable(request: &Authenticated<'_>, address: IpAddr, now: i64) -> bool {
    let allowed = request.entry.app.as_ref().is_none_or(|app| allows(app, address));
    allowed && request.secret.signs_at(now)
}

fn allows(app: &Licensee, address: IpAddr) -> bool {
    let allowed = &app.policy.allowed_networks;
    allowed.is_empty() || allowed.iter().any(|network| network.contains(&address))
}
