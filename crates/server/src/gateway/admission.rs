//! Steps 7 and 8, in one: a signature counts once (100000005), and the app keeps its rate (7).
//!
//! Look up, charge and insert happen under one lock. Codes 1 and 7 do not consume the signature;
//! every outcome after this step does. Where the nodes share a guard, this one's is looked at first: what was
//! used here is refused here, whatever becomes of the other. Then the shared one decides, and this one
//! remembers. While the shared one is lost, this one decides, with its share of the app's rate.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use tonegate_protocol::{Refusal, ReturnCode};

use super::credential;
use super::signature::Authenticated;
use super::window;
use crate::clock::Moment;
use crate::directory::Entry;
use crate::guard::shared::{Answer, Ask, SharedGuard};
use crate::guard::{Admission, Look, ReplayMode, Unwritten};
use crate::model;
use crate::service::Service;
use tonegate_listener::Rate;

/// How a request stands to its app's rate and mode.
#[derive(Clone, Copy)]
struct Terms {
    rate: Rate,
    mode: ReplayMode,
    /// Is it charged to those who may not use their secret?
    refused: bool,
}

/// Admits or refuses at once. `Ok(Some)`: the shared guard is to be asked, and then [`told`].
pub(super) fn admit(
    service: &Service,
    app: &Authenticated<'_>,
    timestamp: i64,
    address: IpAddr,
    at: Moment,
    unwritten: &mut Unwritten,
) -> Result<Option<Ask>, Refusal> {
    let terms = Terms::of(app, address, at.now);
    let Some(shared) = &service.shared_guard else {
        let charge = || terms.bucket(app.entry).admit(terms.rate, at.monotonic);
        let (id, signature) = (app.entry.app_id.0, &app.signature.0);
        let admission =
            service.guard.admit(id, signature, timestamp, unwritten, terms.mode, charge);
        return outcome(admission, terms.rate).map(|()| None);
    };
    let ask = terms.ask(app, timestamp);
    if shared.is_lost() {
        return alone(service, shared, app.entry, &ask, at, unwritten).map(|()| None);
    }
    let look = service.guard.look(ask.app_id, &ask.signature, timestamp);
    match refused_here(look, ask.mode) {
        Some(admission) => outcome(admission, ask.rate).map(|()| None),
        None => Ok(Some(ask)),
    }
}

/// Admits or refuses as the shared guard says.
#[inline(never)]
pub(super) fn told(
    service: &Service,
    entry: &Entry,
    ask: &Ask,
    answer: Answer,
    at: Moment,
    unwritten: &mut Unwritten,
) -> Result<(), Refusal> {
    let mut remember = || remember(service, ask, unwritten);
    let admission = match answer {
        // Another thread of this node may have accepted it meanwhile, alone.
        Answer::Accepted | Answer::AcceptedAgain => remember(),
        Answer::Repeated => {
            // So that it stays refused here when the shared guard is lost.
            remember();
            Admission::Repeated
        }
        Answer::RateLimited => Admission::RateLimited,
        Answer::Lost => {
            return match &service.shared_guard {
                Some(shared) => alone(service, shared, entry, ask, at, unwritten)
                    .inspect_err(|refusal| for_now(shared, ask, refusal)),
                None => Err(ReturnCode::Busy.into()),
            };
        }
    };
    outcome(admission, ask.rate)
}

fn remember(service: &Service, ask: &Ask, unwritten: &mut Unwritten) -> Admission {
    let Ask { app_id, signature, timestamp, mode, .. } = ask;
    service.guard.admit(*app_id, signature, *timestamp, unwritten, *mode, || true)
}

/// The shared guard is lost.
#[cold]
fn alone(
    service: &Service,
    shared: &SharedGuard,
    entry: &Entry,
    ask: &Ask,
    at: Moment,
    unwritten: &mut Unwritten,
) -> Result<(), Refusal> {
    let Ask { app_id, signature, timestamp, mode, rate, refused } = ask;
    let terms = Terms { rate: *rate, mode: *mode, refused: *refused };
    if shared.fails_closed() && service.guard.look(*app_id, signature, *timestamp) == Look::New {
        return outcome(Admission::Full, *rate);
    }
    let nodes = service.nodes.load(Ordering::Relaxed);
    let charge = || terms.bucket(entry).admit_part(*rate, nodes, at.monotonic);
    let admission = service.guard.admit(*app_id, signature, *timestamp, unwritten, *mode, charge);
    if admission == Admission::Accepted {
        shared.accepted_alone(ask, at.now);
    }
    outcome(admission, *rate)
}

/// Valkey may have taken what is refused here with a code that does not use it up.
fn for_now(shared: &SharedGuard, ask: &Ask, refusal: &Refusal) {
    if matches!(refusal.code, ReturnCode::Busy | ReturnCode::RateLimited) {
        shared.refused_for_now(ask);
    }
}

/// What this node's guard refuses by itself.
fn refused_here(look: Look, mode: ReplayMode) -> Option<Admission> {
    match (look, mode) {
        (Look::Forgotten, _) => Some(Admission::Forgotten),
        (Look::Full, _) => Some(Admission::Full),
        (Look::Seen, ReplayMode::Once) => Some(Admission::Repeated),
        (Look::Seen, ReplayMode::Repeatable) | (Look::New, _) => None,
    }
}

fn outcome(admission: Admission, rate: Rate) -> Result<(), Refusal> {
    match admission {
        Admission::Accepted | Admission::AcceptedAgain => Ok(()),
        Admission::Repeated => Err(Refusal::new(
            ReturnCode::SignatureInvalid,
            "this signature was already used; sign each request anew",
        )),
        Admission::RateLimited => Err(Refusal::new(
            ReturnCode::RateLimited,
            format!("this app may make {}; a licence can be reused for days", rate.per_second),
        )),
        Admission::Full => Err(ReturnCode::Busy.into()),
        Admission::Forgotten => Err(window::forgotten()),
    }
}

impl Terms {
    fn of(app: &Authenticated<'_>, address: IpAddr, now: i64) -> Self {
        let policy = app.entry.app.as_ref().map(|app| &*app.policy);
        let per_second = policy.map_or(Rate::APP.per_second, |policy| policy.rate_per_second);
        let mode = match policy.map(|policy| policy.replay_mode) {
            Some(model::ReplayMode::Repeatable) => ReplayMode::Repeatable,
            Some(model::ReplayMode::Once) | None => ReplayMode::Once,
        };
        let refused = !credential::is_usable(app, address, now);
        Self { rate: Rate { per_second, burst: per_second }, mode, refused }
    }

    fn bucket(self, entry: &Entry) -> &tonegate_listener::Gcra {
        if self.refused { &entry.rate_of_refused } else { &entry.rate }
    }

    fn ask(self, app: &Authenticated<'_>, timestamp: i64) -> Ask {
        let Self { rate, mode, refused } = self;
        let (app_id, signature) = (app.entry.app_id.0, app.signature.0);
        Ask { app_id, refused, rate, mode, signature, timestamp }
    }
}
