//! Who sends a request: an API token says so, or a session's cookie.
//!
//! Invariants: a request with an API token is judged by that alone, whatever cookies it carries; what
//! is not good is charged to its network, and a good credential is never refused for what strangers in
//! its network do, so nobody locks the owners out.

mod api_token;
mod callers;

use http::header::AUTHORIZATION;
use http::request::Parts;
use tonegate_listener::Peer;

use crate::admin::Admin;
use crate::caller::Caller;
use crate::problem::{Code, Problem};

pub(crate) use callers::Callers;

/// The caller of a request. `Err`: nobody, nobody who is known, or somebody who asks too often.
pub(crate) async fn caller(admin: &Admin, parts: &Parts) -> Result<Caller, Problem> {
    let known = match parts.headers.get(AUTHORIZATION) {
        Some(header) => api_token::caller(admin, header).await,
        None => Err(not_signed_in()),
    };
    match known {
        Ok(caller) => {
            admin.callers.admit(caller.key(), admin.service.time.monotonic())?;
            Ok(caller)
        }
        Err(problem) => Err(charge_stranger(admin, parts, problem)),
    }
}

/// A refusal, charged to the network that it came from; too many, when it had too many.
pub(crate) fn charge_stranger(admin: &Admin, parts: &Parts, problem: Problem) -> Problem {
    let is_stranger = problem.code.status() == 401;
    let Some(peer) = parts.extensions.get::<Peer>().filter(|_| is_stranger) else {
        return problem;
    };
    let now = admin.service.time.monotonic();
    if admin.strangers.is_exhausted(peer.address, now) {
        let detail = "too many requests without a good credential came from your network; \
                      wait a little, then sign in or send a good API token";
        return Problem::new(Code::TooManyRequests, detail).retry_after(1);
    }
    admin.strangers.charge(peer.address, now);
    problem
}

fn not_signed_in() -> Problem {
    let detail = "sign in, or send an API token as `Authorization: Bearer tgt_…`";
    Problem::new(Code::NotSignedIn, detail)
}
