//! How often a client network may fail: a GCRA per network in a table of fixed size (docs/PROTOCOL.md
//! §5, Rate).
//!
//! Invariant: memory never grows, a network that never failed is never refused, and one that fails
//! on is refused as long as it does: strangers cannot push it out, because the way with the lowest
//! debt makes room. The order of checks is left to the gateway: it asks [`NetworkLimit::is_exhausted`]
//! before the window and charges only a request that failed up to the signature or repeated one.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;

use crate::rate::{Rate, nanos};

/// Sets × ways × 16 bytes: 1 MiB, besides the locks.
const SETS: usize = 16 * 1024;
const WAYS: usize = 4;

/// What a network may do, and which networks may do anything.
#[derive(Clone, Debug)]
pub struct NetworkLimitConfig {
    /// Failures that a network (IPv4 /32, IPv6 /64) is allowed.
    pub rate: Rate,
    /// Networks that are never charged and never refused.
    pub lifted: Vec<IpNet>,
}

impl Default for NetworkLimitConfig {
    /// 50 per second with a burst of 200, lifted for nobody.
    fn default() -> Self {
        Self { rate: Rate { per_second: 50, burst: 200 }, lifted: Vec::new() }
    }
}

/// The failures of all client networks.
#[derive(Debug)]
pub struct NetworkLimit {
    config: NetworkLimitConfig,
    /// Keyed anew at each start, so nobody can aim at a set.
    hasher: RandomState,
    sets: Box<[Mutex<Set>]>,
}

/// Each lock guards its own set.
type Set = [Way; WAYS];

/// `network` is a keyed hash; an unused way has no debt, so its zero never matters.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    network: u64,
    arrival: u64,
}

impl NetworkLimit {
    /// Takes all the memory that it will ever use.
    pub fn new(config: NetworkLimitConfig) -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        Self { config, hasher: RandomState::new(), sets }
    }

    /// Whether the network of `address` has failed too often at monotonic time `now` (code 1).
    /// Charges nothing.
    pub fn is_exhausted(&self, address: IpAddr, now: Duration) -> bool {
        let Some(network) = self.network(address) else { return false };
        let set = self.set(network);
        let way = set.iter().find(|way| way.network == network);
        way.is_some_and(|way| self.config.rate.decide(way.arrival, nanos(now)).is_err())
    }

    /// Charges one failure to the network of `address` at monotonic time `now`.
    pub fn charge(&self, address: IpAddr, now: Duration) {
        let Some(network) = self.network(address) else { return };
        let mut set = self.set(network);
        let Some(way) = find_or_replace(&mut set, network) else { return };
        let (Ok(arrival) | Err(arrival)) = self.config.rate.decide(way.arrival, nanos(now));
        way.arrival = arrival;
    }

    /// The keyed hash of the address's network, or `None` where the limit is lifted.
    fn network(&self, address: IpAddr) -> Option<u64> {
        let address = address.to_canonical();
        if self.config.lifted.iter().any(|network| network.contains(&address)) {
            return None;
        }
        Some(match address {
            IpAddr::V4(v4) => self.hasher.hash_one(v4.to_bits()),
            IpAddr::V6(v6) => self.hasher.hash_one((v6.to_bits() >> 64) as u64),
        })
    }

    fn set(&self, network: u64) -> MutexGuard<'_, Set> {
        let index = network as usize % SETS;
        self.sets[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The network's way, or else the one with the lowest debt, emptied for it. A set has ways, so it is
/// never `None`.
fn find_or_replace(set: &mut Set, network: u64) -> Option<&mut Way> {
    if let Some(index) = set.iter().position(|way| way.network == network) {
        return set.get_mut(index);
    }
    let way = set.iter_mut().min_by_key(|way| way.arrival)?;
    *way = Way { network, arrival: 0 };
    Some(way)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn exhaust(limit: &NetworkLimit, offender: IpAddr, now: Duration) {
        (0..300).for_each(|_| limit.charge(offender, now));
        assert!(limit.is_exhausted(offender, now));
    }

    #[test]
    fn two_hundred_failures_exhaust_a_network_and_time_frees_it() {
        let limit = NetworkLimit::new(NetworkLimitConfig::default());
        let offender = address("192.0.2.7");
        (0..199).for_each(|_| limit.charge(offender, NOW));
        assert!(!limit.is_exhausted(offender, NOW));
        limit.charge(offender, NOW);
        assert!(limit.is_exhausted(offender, NOW));
        assert!(!limit.is_exhausted(address("192.0.2.8"), NOW), "its neighbour is not meant");
        assert!(!limit.is_exhausted(offender, NOW + Duration::from_millis(20)));
    }

    #[test]
    fn a_network_is_an_ipv4_address_or_an_ipv6_64() {
        let same = [("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::ffff:0:0:2")];
        for (one, other) in same {
            let limit = NetworkLimit::new(NetworkLimitConfig::default());
            exhaust(&limit, address(one), NOW);
            assert!(limit.is_exhausted(address(other), NOW), "{one} and {other}");
        }
        let limit = NetworkLimit::new(NetworkLimitConfig::default());
        exhaust(&limit, address("2001:db8::1"), NOW);
        assert!(!limit.is_exhausted(address("2001:db8:0:1::1"), NOW));
    }

    #[test]
    fn a_lifted_network_is_never_refused() {
        let lifted = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let limit = NetworkLimit::new(NetworkLimitConfig { lifted, ..Default::default() });
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8:5::1"] {
            (0..300).for_each(|_| limit.charge(address(text), NOW));
            assert!(!limit.is_exhausted(address(text), NOW), "{text}");
        }
        exhaust(&limit, address("11.0.0.1"), NOW);
    }

    #[test]
    fn a_flood_of_strangers_neither_frees_an_offender_nor_refuses_the_honest() {
        let limit = NetworkLimit::new(NetworkLimitConfig::default());
        let offender = address("192.0.2.7");
        exhaust(&limit, offender, NOW);
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..400_000 {
            limit.charge(IpAddr::V6(Ipv6Addr::from_bits(random.u128(..))), NOW);
        }
        assert!(limit.is_exhausted(offender, NOW), "six strangers a way did not push it out");
        for host in 0..10_000 {
            let honest = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + host));
            assert!(!limit.is_exhausted(honest, NOW));
        }
        assert_eq!(limit.sets.len() * WAYS, 65_536, "no larger than before");
    }
}
