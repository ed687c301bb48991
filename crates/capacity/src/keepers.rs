//! Relays that keep apps' licences fresh: what they ask of the issuer, and what it must mint for them.
//!
//! Invariant: a node mints an app's licence of an hour at most once.

use std::collections::HashSet;

use crate::assumptions::Assumptions;
use crate::rules::{BACKOFF_MOST, REFRESH, REFRESH_SPREAD, backoff};

const HOUR: u32 = 3_600;
const HOURS: u32 = 14 * 24;
/// More make the result no better.
const APPS_MOST: u32 = 200;

/// Two weeks of relays, and an hour without the issuer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Keepers {
    /// Requests for an app in an hour.
    pub(crate) fetches: f64,
    /// Licences that all nodes together mint for an app in an hour.
    pub(crate) mints: f64,
    /// The busiest second after the issuer's return, as a share of all relays' keepers.
    pub(crate) returning: f64,
}

impl Keepers {
    /// Simulates some apps, each with its relays.
    pub(crate) fn of(assumptions: &Assumptions) -> Self {
        let mut random = fastrand::Rng::with_seed(assumptions.seed);
        let (mut fetches, mut mints) = (0, HashSet::new());
        for app in 0..APPS_MOST {
            for _ in 0..assumptions.relays_per_app {
                let mut at = random.u32(0..REFRESH);
                while at < HOURS * HOUR {
                    fetches += 1;
                    mints.insert((app, at / HOUR, random.u32(0..assumptions.nodes.max(1))));
                    at += random.u32(REFRESH - REFRESH_SPREAD..=REFRESH + REFRESH_SPREAD);
                }
            }
        }
        let minted = u32::try_from(mints.len()).unwrap_or(u32::MAX);
        let app_hours = f64::from(APPS_MOST * HOURS);
        Self {
            fetches: f64::from(fetches) / app_hours,
            mints: f64::from(minted) / app_hours,
            returning: returning(&mut random, assumptions.outage),
        }
    }
}

/// Keepers whose refresh fell into the outage try until it is over: the share of all that come in one second.
fn returning(random: &mut fastrand::Rng, outage: u32) -> f64 {
    const KEEPERS: u32 = 50_000;
    let mut seconds = vec![0_u32; usize::try_from(BACKOFF_MOST + 1).unwrap_or_default()];
    for _ in 0..KEEPERS {
        let mut at = random.u32(0..REFRESH) * 1_000;
        let mut failures = 0;
        while at < outage * 1_000 {
            failures += 1;
            at += backoff(random, failures);
        }
        let since = at / 1_000 - outage;
        let second = usize::try_from(since).ok().and_then(|since| seconds.get_mut(since));
        second.into_iter().for_each(|count| *count += 1);
    }
    f64::from(seconds.into_iter().max().unwrap_or_default()) / f64::from(KEEPERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays_ask_every_two_hours_and_each_request_mints_once_at_most() {
        let keepers = Keepers::of(&Assumptions::default());
        assert!((0.99..1.02).contains(&keepers.fetches), "2 relays, every 2 h: {keepers:?}");
        assert!(keepers.mints <= keepers.fetches && keepers.mints > 0.7, "{keepers:?}");
        let one = Assumptions { nodes: 1, ..Assumptions::default() };
        assert!(Keepers::of(&one).mints < keepers.mints, "nodes mint each for itself");
        assert!(keepers.returning < 0.02, "{keepers:?}");
    }
}
