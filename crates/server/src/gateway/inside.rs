//! The gateway's answers to those who run the server: the same as from outside, without a socket.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use siphasher::sip::SipHasher24;
use tonegate_issuer::Minted;
use tonegate_listener::{Response, ResponseBody};
use tonegate_protocol::{AppId, Refusal, ReturnCode};

use super::asked::Asked;
use super::caller::Caller;
use super::{decide, entitlement, guarded, license, respond, service_enabled};
use crate::service::Service;

/// Answers a query (what stands behind `/?`) as if `address` had sent it: it counts, and its signature is
/// used afterwards. What fails is charged to the caller, named by `caller`, and never to the network of
/// `address`: behind a proxy that may be a backend's too.
#[must_use]
pub async fn call(
    service: &Arc<Service>,
    query: &str,
    address: IpAddr,
    caller: &str,
) -> Response<ResponseBody> {
    let host = service.config.gateway.hosts.first().map_or("", String::as_str);
    let asked = Asked { host, query, address, charged: stand_in(caller) };
    let at = service.time.moment();
    let mut caller = Caller::new(address, at);
    let outcome = decide(service, &asked, &mut caller).await;
    respond::license(service, &caller, outcome)
}

/// An address that nobody on a network has: under fd00::/8, where the global id is a hash.
fn stand_in(caller: &str) -> IpAddr {
    let hash = SipHasher24::new().hash(caller.as_bytes());
    let [a, b, c, d, e, f, g, _] = hash.to_be_bytes();
    Ipv6Addr::from([0xfd, a, b, c, d, e, f, g, 0, 0, 0, 0, 0, 0, 0, 1]).into()
}

/// The licence that the app would be answered now. `Err`: what its backend would be told instead.
pub fn license_of(service: &Service, app_id: AppId) -> Result<Arc<Minted>, Refusal> {
    let entry = service.directory.get(app_id).ok_or(ReturnCode::SecretUnavailable)?;
    let now = service.time.now();
    let licensee = service_enabled::check(service, &entry)?;
    entitlement::check(licensee, now)?;
    guarded(|| license::of_this_hour(service, licensee, now))
}
