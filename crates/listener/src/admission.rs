//! How many connections may be open, in all and per network.
//!
//! Invariant: a [`Permit`] is counted exactly while it lives, and the table holds only networks
//! with a connection open, so its size is bounded by the cap on all connections.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;

use crate::{Limits, Stats};

/// The counts behind the caps.
pub(crate) struct Admission {
    most: usize,
    most_per_network: usize,
    lifted: Vec<IpNet>,
    stats: Arc<Stats>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

impl Admission {
    pub(crate) fn new(limits: &Limits, lifted: Vec<IpNet>, stats: Arc<Stats>) -> Self {
        Self {
            most: limits.connections,
            most_per_network: limits.connections_per_network,
            lifted,
            stats,
            open: Mutex::default(),
        }
    }

    /// A place among all connections, or `None` (counted) when there is none left.
    pub(crate) fn admit(self: &Arc<Self>) -> Option<Permit> {
        let mut open = self.open();
        if open.all >= self.most {
            self.stats.refused_total_cap.up();
            return None;
        }
        open.all += 1;
        self.stats.open.up();
        Some(Permit { admission: Arc::clone(self), network: None })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Counting cannot panic half-way, so a poisoned lock still guards a true count.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection. Dropping it gives its places back.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    network: Option<IpAddr>,
}

impl Permit {
    /// Takes a place of `address`'s network too; `false` (counted) when there is none left.
    pub(crate) fn charge(&mut self, address: IpAddr) -> bool {
        if self.admission.lifted.iter().any(|lifted| lifted.contains(&address)) {
            return true;
        }
        let network = network(address);
        let mut open = self.admission.open();
        let count = open.by_network.entry(network).or_default();
        if *count >= self.admission.most_per_network {
            self.admission.stats.refused_address_cap.up();
            return false;
        }
        *count += 1;
        drop(open);
        self.network = Some(network);
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.admission.open();
        open.all -= 1;
        self.admission.stats.open.down();
        let Some(network) = self.network else { return };
        if let Some(count) = open.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                open.by_network.remove(&network);
            }
        }
    }
}

/// What one party can hold cheaply: an IPv4 address, or a whole IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(most: usize, most_per_network: usize) -> Arc<Admission> {
        let limits = Limits {
            connections: most,
            connections_per_network: most_per_network,
            ..Limits::default()
        };
        Arc::new(Admission::new(&limits, vec!["10.0.0.0/8".parse().unwrap()], Arc::default()))
    }

    #[test]
    fn a_dropped_permit_gives_both_places_back() {
        let admission = admission(1, 1);
        for _ in 0..3 {
            let mut permit = admission.admit().unwrap();
            assert!(permit.charge("192.0.2.1".parse().unwrap()));
            assert!(admission.admit().is_none());
        }
        assert!(admission.open().by_network.is_empty(), "no trace of networks that left");
        assert_eq!(admission.stats.open.get(), 0);
    }

    #[test]
    fn a_v6_network_is_one_party() {
        let admission = admission(9, 1);
        let (mut first, mut second, mut third) =
            (admission.admit().unwrap(), admission.admit().unwrap(), admission.admit().unwrap());
        assert!(first.charge("2001:db8::1".parse().unwrap()));
        assert!(!second.charge("2001:db8::2".parse().unwrap()));
        assert!(third.charge("2001:db8:0:1::1".parse().unwrap()));
    }
}
