//! Steps 7 and 8, in one: a signature counts once (100000005), and the app keeps its rate (7).
//!
//! Look up, charge and insert happen under one lock. Codes 1 and 7 do not consume the signature;
//! every outcome after this step does.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use super::credential;
use super::signature::Authenticated;
use super::window;
use crate::guard::{Admission, ReplayMode};
use crate::model;
use crate::rate::Rate;
use crate::service::Service;

pub(super) fn admit(
    service: &Service,
    app: &Authenticated,
    address: IpAddr,
) -> Result<(), Refusal> {
    let Authenticated { entry, signature, timestamp, .. } = app;
    let now = service.time.now();
    let settings = entry.app.as_ref().map(|app| app.settings());
    let per_second = settings.map_or(Rate::APP.per_second, |app| app.rate_per_second);
    let rate = Rate { per_second, burst: per_second };
    let mode = match settings.map(|app| app.replay_mode) {
        Some(model::ReplayMode::Repeatable) => ReplayMode::Repeatable,
        Some(model::ReplayMode::Once) | None => ReplayMode::Once,
    };
    let used = match credential::is_usable(app, address, now) {
        true => &entry.memory.rate,
        false => &entry.memory.rate_of_refused,
    };
    let charge = || used.admit(rate, service.time.monotonic());
    match service.guard.admit(entry.app_id.0, &signature.0, *timestamp, now, mode, charge) {
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
