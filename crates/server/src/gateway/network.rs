//! Step 4: a network whose requests keep failing is asked to wait, with code 1.

use std::net::IpAddr;

use tonegate_protocol::{Refusal, ReturnCode};

use crate::service::Service;

pub(super) fn check(service: &Service, address: IpAddr) -> Result<(), Refusal> {
    if service.network_limit.is_exhausted(address, service.time.monotonic()) {
        return Err(Refusal::new(
            ReturnCode::Busy,
            "too many failed requests from this address; mend the request, then wait a second",
        ));
    }
    Ok(())
}
