//! Step 4: a network whose requests keep failing is asked to wait, with code 1.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use crate::clock::Moment;
use crate::service::Service;

/// Charges the network for what failed up to the signature, or repeated one. Codes 1 and 7 say that
/// the request itself may be good.
pub(super) fn charge(service: &Service, address: IpAddr, at: Moment, refusal: &Refusal) {
    if !matches!(refusal.code, ReturnCode::Busy | ReturnCode::RateLimited) {
        service.network_limit.charge(address, at.monotonic);
    }
}

pub(super) fn check(service: &Service, address: IpAddr, at: Moment) -> Result<(), Refusal> {
    if service.network_limit.is_exhausted(address, at.monotonic) {
        return Err(Refusal::new(
            ReturnCode::Busy,
            "too many failed requests from this address; mend the request, then wait a second",
        ));
    }
    Ok(())
}
