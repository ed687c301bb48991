//! Steps 7 and 8, in one: a signature counts once (100000005), and the app keeps its rate (7).
//!
//! Look up, charge and insert happen under one lock. Codes 1 and 7 do not consume the signature;
//! every outcome after this step does.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use super::credential;
use super::signature::Authenticated;
use super::window;
use crate::clock::Moment;
use crate::guard::{Admission, ReplayMode, Unwritten};
use crate::model;
use crate::service::Service;
use tonegate_listener::Rate;

pub(super) fn admit(
    service: &Service,
    app: &Authenticated<'_>,
    timestamp: i64,
    address: IpAddr,
    at: Moment,
    unwritten: &mut Unwritten,
) -> Result<(), Refusal> {
    let Authenticated { entry, signature, .. } = app;
    let policy = entry.app.as_ref().map(|app| &*app.policy);
    let per_second = policy.map_or(Rate::APP.per_second, |policy| policy.rate_per_second);
    let rate = Rate { per_second, burst: per_second };
    let mode = match policy.map(|policy| policy.replay_mode) {
        Some(model::ReplayMode::Repeatable) => ReplayMode::Repeatable,
        Some(model::ReplayMode::Once) | None => ReplayMode::Once,
    };
    let used = match credential::is_usable(app, address, at.now) {
        true => &entry.rate,
        false => &entry.rate_of_refused,
    };
    let charge = || used.admit(rate, at.monotonic);
    let app_id = entry.app_id.0;
    match service.guard.admit(app_id, &signature.0, timestamp, unwritten, mode, charge) {
        Admission::Accepted | Admission::AcceptedAgain => Ok(()),
        Admission::Repeated => Err(Refusal::new(
            ReturnCode::SignatureInvalid,
            "this signature was already used; sign each request anew",
        )),
        Admission::RateLimited => Err(Refusal::new(
            ReturnCode::RateLimited,
            format!("this app may make {per_second}; a licence can be reused for days"),
        )),
        Admission::Full => Err(ReturnCode::Busy.into()),
        Admission::Forgotten => Err(window::forgotten()),
    }
}
