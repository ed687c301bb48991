//! Sign-ins that failed, and how long the next one waits: of the same name from the same network, and
//! of the same name from anywhere.
//!
//! Invariants: names that nobody has are counted as others are, so that a wait tells nobody whether a
//! name is anybody's; what strangers do elsewhere keeps nobody out, it slows sign-in by that name down
//! to one a second at most; the memory is bounded, and whoever failed least makes room.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tonegate_server::model::TokenHash;

use crate::limits::{FAILED_SIGN_INS_MAX, FAILURE_KEPT_SECS, NAME_FAILURES_FREE};
use crate::problem::{Code, Problem};

#[derive(Debug, Default)]
pub(crate) struct FailedSignIns(Mutex<HashMap<Key, Failures>>);

/// Somebody who tries to sign in: a name, and where from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    name: TokenHash,
    network: IpAddr,
}

/// The name's hash, since names may be long; `None`: from everywhere together.
type Key = (TokenHash, Option<IpAddr>);

#[derive(Debug, Default)]
struct Failures {
    /// Unix seconds, the oldest first; none older than [`FAILURE_KEPT_SECS`] counts.
    at: VecDeque<i64>,
    /// Unix seconds until which nothing more is judged.
    locked_until: i64,
}

impl Claim {
    /// The same for names that differ in case alone: there are no two such users.
    pub(crate) fn new(name: &str, address: Option<IpAddr>) -> Self {
        let network = network_of(address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        Self { name: TokenHash::of(&name.to_lowercase()), network }
    }

    fn here(&self) -> Key {
        (self.name, Some(self.network))
    }

    fn everywhere(&self) -> Key {
        (self.name, None)
    }
}

impl FailedSignIns {
    /// `Err(Locked)`: too many failed here.
    pub(crate) fn check(&self, claim: &Claim, now: i64) -> Result<(), Problem> {
        check(self.table().get(&claim.here()), now)
    }

    /// Lets one attempt be judged. `Err(Locked)`: too many failed here, or in all and another one is
    /// judged in this second.
    pub(crate) fn admit(&self, claim: &Claim, now: i64) -> Result<(), Problem> {
        let mut table = self.table();
        check(table.get(&claim.here()), now)?;
        let Some(all) = table.get_mut(&claim.everywhere()) else { return Ok(()) };
        check(Some(all), now)?;
        all.forget_old(now);
        if all.at.len() >= NAME_FAILURES_FREE {
            all.locked_until = now.saturating_add(1);
        }
        Ok(())
    }

    /// Counts a failure.
    pub(crate) fn count(&self, claim: &Claim, now: i64) {
        let mut table = self.table();
        entry(&mut table, claim.everywhere(), now).count(now);
        let here = entry(&mut table, claim.here(), now);
        here.count(now);
        here.locked_until = now.saturating_add(lock_secs(here.at.len()));
    }

    /// Somebody signed in from there.
    pub(crate) fn forget(&self, claim: &Claim) {
        self.table().remove(&claim.here());
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn count(&mut self, now: i64) {
        self.forget_old(now);
        // More would change nothing.
        if self.at.len() >= NAME_FAILURES_FREE {
            self.at.pop_front();
        }
        self.at.push_back(now);
    }

    fn forget_old(&mut self, now: i64) {
        self.at.retain(|at| now.saturating_sub(*at) < FAILURE_KEPT_SECS);
    }
}

/// For how long nothing is judged after so many failures, in seconds: nothing for four, then 1, 2, 4 …
/// up to 15 minutes. Never for good.
fn lock_secs(failures: usize) -> i64 {
    match failures.checked_sub(5) {
        None => 0,
        Some(more @ 0..10) => 1_i64 << more,
        Some(_) => FAILURE_KEPT_SECS,
    }
}

fn check(failures: Option<&Failures>, now: i64) -> Result<(), Problem> {
    let Some(until) = failures.map(|it| it.locked_until).filter(|until| *until > now) else {
        return Ok(());
    };
    let detail = "too many sign-ins by this name failed; wait, then try again: each further failure \
                  makes the wait longer, up to 15 minutes";
    Err(Problem::new(Code::Locked, detail).retry_after(until.saturating_sub(now).unsigned_abs()))
}

fn entry(table: &mut HashMap<Key, Failures>, key: Key, now: i64) -> &mut Failures {
    if table.len() >= FAILED_SIGN_INS_MAX && !table.contains_key(&key) {
        make_room(table, now);
    }
    table.entry(key).or_default()
}

fn make_room(table: &mut HashMap<Key, Failures>, now: i64) {
    table
        .retain(|_, it| it.at.back().is_some_and(|at| now.saturating_sub(*at) < FAILURE_KEPT_SECS));
    if table.len() < FAILED_SIGN_INS_MAX {
        return;
    }
    let least = table.iter().min_by_key(|(_, it)| (it.at.len(), it.at.back().copied()));
    let least = least.map(|(key, _)| *key);
    least.map(|key| table.remove(&key));
}

/// What one party has at least: IPv4 /24, IPv6 /48.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(name: &str, address: &str) -> Claim {
        Claim::new(name, Some(address.parse().unwrap()))
    }

    /// Tries and fails; whether it was judged.
    fn fails(failed: &FailedSignIns, claim: &Claim, now: i64) -> bool {
        let judged = failed.admit(claim, now).is_ok();
        if judged {
            failed.count(claim, now);
        }
        judged
    }

    #[test]
    fn a_network_locks_itself_out_and_nobody_else() {
        let (failed, now) = (FailedSignIns::default(), 1_000);
        let stranger = from("anna", "192.0.2.1");
        let judged = (0..20).filter(|_| fails(&failed, &stranger, now)).count();
        assert_eq!(judged, 5);
        for same in [from("ANNA", "192.0.2.200"), from("anna", "::ffff:192.0.2.7")] {
            assert!(failed.check(&same, now).is_err());
        }
        for other in [from("anna", "192.0.3.1"), from("ben", "192.0.2.1"), from("anna", "::1")] {
            assert!(failed.admit(&other, now).is_ok());
        }
        failed.forget(&stranger);
        assert!(failed.admit(&stranger, now).is_ok());
    }

    #[test]
    fn failures_are_forgotten_after_a_quarter_of_an_hour() {
        let failed = FailedSignIns::default();
        let anna = from("anna", "192.0.2.1");
        for second in 0..4 {
            assert!(fails(&failed, &anna, second));
        }
        assert!(fails(&failed, &anna, 902) && failed.check(&anna, 902).is_ok());
        let secs: Vec<_> = [0, 4, 5, 6, 7, 14, 15, usize::MAX].map(lock_secs).into();
        assert_eq!(secs, [0, 0, 1, 2, 4, 512, 900, 900]);
    }

    #[test]
    fn many_networks_together_get_one_attempt_a_second() {
        let (failed, now) = (FailedSignIns::default(), 1_000);
        let judged = |now| {
            let networks = (0..=255).map(|network| from("anna", &format!("10.0.{network}.1")));
            networks.filter(|claim| fails(&failed, claim, now)).count()
        };
        assert_eq!(judged(now), NAME_FAILURES_FREE + 1);
        assert_eq!([judged(now), judged(now + 1)], [0, 1]);
        assert_eq!(judged(now + 2 * FAILURE_KEPT_SECS), NAME_FAILURES_FREE + 1);
        assert!(failed.admit(&from("ben", "10.0.0.1"), now).is_ok());
    }

    #[test]
    fn a_flood_of_names_frees_nobody_who_fails_on() {
        let (failed, now) = (FailedSignIns::default(), 1_000);
        let anna = from("anna", "192.0.2.1");
        (0..6).for_each(|_| failed.count(&anna, now));
        for number in 0..FAILED_SIGN_INS_MAX / 2 + 100 {
            failed.count(&from(&number.to_string(), "192.0.2.1"), now);
        }
        assert!(failed.check(&anna, now).is_err());
        assert_eq!(failed.table().len(), FAILED_SIGN_INS_MAX);
        failed.count(&from("later", "192.0.2.1"), now + FAILURE_KEPT_SECS);
        assert_eq!(failed.table().len(), 2);
    }
}
