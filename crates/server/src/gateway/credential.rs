//! Step 12: the credential is right, but may it be used, and from here? Otherwise 910004. Its last
//! use is noted.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use super::signature::Authenticated;
use crate::model::App;

pub(super) fn check(
    app: &App,
    request: &Authenticated,
    address: IpAddr,
    now: i64,
) -> Result<(), Refusal> {
    let Some(secret) = request.secret().filter(|secret| secret.state.signs_at(now)) else {
        return Err(Refusal::new(
            ReturnCode::AuthorizationError,
            "this ServerSecret was revoked or has retired; use the app's current one",
        ));
    };
    secret.touch(now);
    let allowed = &app.settings().allowed_networks;
    if !allowed.is_empty() && !allowed.iter().any(|network| network.contains(&address)) {
        return Err(Refusal::new(
            ReturnCode::AuthorizationError,
            format!("{address} is not among the app's allowed networks"),
        ));
    }
    Ok(())
}
