//! Step 12: the credential is right, but may it be used, and from here? Otherwise 910004. Its last
//! use is noted.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use super::signature::Authenticated;
use crate::directory::Secret;
use crate::model::App;

pub(super) fn check(
    app: &App,
    request: &Authenticated,
    address: IpAddr,
    now: i64,
) -> Result<(), Refusal> {
    let Some(secret) = signing_secret(request, now) else {
        return Err(Refusal::new(
            ReturnCode::AuthorizationError,
            "this ServerSecret was revoked or has retired; use the app's current one",
        ));
    };
    secret.touch(now);
    if allows(app, address) {
        return Ok(());
    }
    Err(Refusal::new(
        ReturnCode::AuthorizationError,
        format!("{address} is not among the app's allowed networks"),
    ))
}

/// Will [`check`] pass it? What it will not pass is charged to another rate than the app's.
pub(super) fn is_usable(request: &Authenticated, address: IpAddr, now: i64) -> bool {
    let allowed = request.entry.app.as_ref().is_none_or(|app| allows(app, address));
    allowed && signing_secret(request, now).is_some()
}

fn signing_secret(request: &Authenticated, now: i64) -> Option<&Secret> {
    request.secret().filter(|secret| secret.state.signs_at(now))
}

fn allows(app: &App, address: IpAddr) -> bool {
    let allowed = &app.settings().allowed_networks;
    allowed.is_empty() || allowed.iter().any(|network| network.contains(&address))
}
