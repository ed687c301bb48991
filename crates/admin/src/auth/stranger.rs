//! Somebody who is not known yet, at an operation that anybody may call.
//!
//! Here, unlike elsewhere, a network that failed too often is refused before anything is looked at:
//! a password costs memory and time.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tonegate_listener::Peer;
use tonegate_server::store::Origin;

use super::{attempt, csrf};
use crate::admin::Admin;
use crate::problem::{Code, Problem};

/// Where a stranger's request comes from. It comes from no other site's page.
#[derive(Debug, Clone)]
pub(crate) struct Stranger {
    pub(crate) origin: Origin,
    /// From this very machine, and through no proxy that says otherwise.
    pub(crate) is_local: bool,
    peer: Option<Peer>,
}

/// What proxies say whom they ask for.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

impl FromRequestParts<Admin> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        csrf::check_site(parts)?;
        let peer = parts.extensions.get::<Peer>().copied();
        if peer.is_some_and(|peer| is_exhausted(admin, peer)) {
            return Err(too_many());
        }
        let is_direct = !FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
        let is_loopback = |peer: Peer| {
            peer.address.is_loopback() && peer.socket.ip().to_canonical().is_loopback()
        };
        let is_local = is_direct && peer.is_some_and(is_loopback);
        Ok(Self { origin: attempt::origin(parts), is_local, peer })
    }
}

impl Stranger {
    /// Of the client.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.peer.map(|peer| peer.address)
    }

    /// A refusal, charged to the network that it came from.
    pub(crate) fn refused(&self, admin: &Admin, problem: Problem) -> Problem {
        charge(admin, self.peer, problem)
    }
}

/// Charges what failed for want of a good credential; what the network had too many of is refused as
/// such.
pub(super) fn charge(admin: &Admin, peer: Option<Peer>, problem: Problem) -> Problem {
    let Some(peer) = peer.filter(|_| problem.code.status() == 401) else { return problem };
    if is_exhausted(admin, peer) {
        return too_many();
    }
    admin.strangers.charge(peer.address, admin.service.time.monotonic());
    problem
}

fn is_exhausted(admin: &Admin, peer: Peer) -> bool {
    admin.strangers.is_exhausted(peer.address, admin.service.time.monotonic())
}

fn too_many() -> Problem {
    let detail = "too many requests without a good credential came from your network; \
                  wait a little, then sign in or send a good API token";
    Problem::new(Code::TooManyRequests, detail).retry_after(1)
}
