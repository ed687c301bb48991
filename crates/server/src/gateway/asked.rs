//! What the checks read of a request, whichever way it came in.

use std::net::IpAddr;

use http::request::Parts;
use tonegate_listener::{FastRequest, Peer};

/// A request of the licence API, without its body.
pub(super) struct Asked<'r> {
    /// The host that it names, perhaps with a port; empty: none.
    pub(super) host: &'r str,
    /// What stands behind the first `?`.
    pub(super) query: &'r str,
    /// Who asks.
    pub(super) address: IpAddr,
    /// Whose limit on failing requests it counts towards.
    pub(super) charged: IpAddr,
}

impl<'r> Asked<'r> {
    /// As read by hyper.
    pub(super) fn of(head: &'r Parts, peer: &Peer) -> Self {
        let header = || head.headers.get("host").and_then(|host| host.to_str().ok());
        let host = head.uri.authority().map(|authority| authority.as_str()).or_else(header);
        let query = head.uri.query().unwrap_or("");
        Self { host: host.unwrap_or(""), query, address: peer.address, charged: peer.address }
    }

    /// As read by the fast path; `None`: it is not for the licence API.
    pub(super) fn fast(request: &FastRequest<'r>) -> Option<Self> {
        let query = match request.target.strip_prefix('/')? {
            "" => "",
            rest => rest.strip_prefix('?')?,
        };
        let host = request.host.unwrap_or("");
        let address = request.peer.address;
        Some(Self { host, query, address, charged: address })
    }
}
