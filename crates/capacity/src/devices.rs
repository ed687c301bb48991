//! Devices through two weeks and one that counts: when each asks a relay for a licence.
//!
//! Invariant: each request is in exactly one hour, and was asked in a session of its device.

use crate::assumptions::{Assumptions, HOURS, REGIONS, SESSION_SECS};
use crate::rules::{LIFE, REFRESH, REFRESH_SPREAD, SHARE};

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
/// Until the devices' first licences, which all began at a random age, are forgotten.
const WARM_DAYS: u32 = 14;
const DAYS: u32 = WARM_DAYS + 7;
/// More make the result no better.
const SAMPLE_MOST: u32 = 40_000;

/// What a week brought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Week {
    /// How many devices of the fleet each one that was simulated stands for.
    pub(crate) weight: f64,
    /// Requests in each hour of the day (UTC), all seven days together.
    pub(crate) hours: [u32; 24],
    /// Requests of devices without a licence.
    pub(crate) without: u32,
    /// Requests.
    pub(crate) all: u32,
}

impl Week {
    /// Simulates a fleet, or a sample of it.
    pub(crate) fn of(devices: u32, assumptions: &Assumptions) -> Self {
        let sample = devices.clamp(1, SAMPLE_MOST);
        let weight = f64::from(devices) / f64::from(sample);
        let mut week = Self { weight, hours: [0; 24], without: 0, all: 0 };
        let mut random = fastrand::Rng::with_seed(assumptions.seed);
        for _ in 0..sample {
            week.add(&mut random, assumptions);
        }
        week
    }

    /// Requests of the whole fleet in a second, on average.
    pub(crate) fn mean(&self) -> f64 {
        f64::from(self.all) * self.weight / f64::from(7 * DAY)
    }

    /// The same in the busiest hour of the day.
    pub(crate) fn peak(&self) -> f64 {
        let most = self.hours.iter().copied().max().unwrap_or_default();
        f64::from(most) * self.weight / f64::from(7 * HOUR)
    }

    fn add(&mut self, random: &mut fastrand::Rng, assumptions: &Assumptions) {
        let ahead = region(random.u32(0..100));
        let share = random.u32(SHARE);
        let mut due = random.u32(0..LIFE / 100 * share);
        let mut free = 0;
        for day in 0..DAYS {
            for start in sessions(random, assumptions.sessions_most) {
                // A day begins earlier where the sun does; the first is a day late, so that none is before time.
                let start = ((day + 1) * DAY + start - ahead * HOUR).max(free);
                let end = start + random.u32(SESSION_SECS);
                free = end;
                let is_fresh = random.u32(0..10_000) < assumptions.fresh_sessions;
                let asks = if is_fresh { start } else { start.max(due) };
                if asks <= end {
                    // What a relay hands out is as old as its last refresh.
                    let age = random.u32(0..REFRESH + REFRESH_SPREAD);
                    due = asks - age + LIFE / 100 * share;
                    self.count(asks, is_fresh);
                }
            }
        }
    }

    fn count(&mut self, at: u32, is_fresh: bool) {
        if !(WARM_DAYS * DAY..DAYS * DAY).contains(&at) {
            return;
        }
        self.all += 1;
        self.without += u32::from(is_fresh);
        let hours = self.hours.iter_mut().zip(0..);
        hours.for_each(|(count, hour)| *count += u32::from(at % DAY / HOUR == hour));
    }
}

/// How many hours a device's day begins before UTC's; `percent`: which device.
fn region(mut percent: u32) -> u32 {
    for (share, ahead) in REGIONS {
        if percent < share {
            return ahead;
        }
        percent -= share;
    }
    0
}

/// When a day's sessions begin, in their order.
fn sessions(random: &mut fastrand::Rng, most: u32) -> Vec<u32> {
    let count = random.u32(0..=most);
    let mut starts: Vec<u32> =
        (0..count).map(|_| hour(random) * HOUR + random.u32(0..HOUR)).collect();
    starts.sort_unstable();
    starts
}

fn hour(random: &mut fastrand::Rng) -> u32 {
    let mut drawn = random.u32(0..1_000);
    for (share, hour) in HOURS.iter().zip(0..) {
        if drawn < *share {
            return hour;
        }
        drawn -= share;
    }
    23
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_counted_once() {
        let assumptions = Assumptions::default();
        let week = Week::of(20_000, &assumptions);
        assert_eq!(week.hours.iter().sum::<u32>(), week.all);
        assert!(week.without < week.all && week.peak() > week.mean());
        assert_eq!(week, Week::of(20_000, &assumptions), "the seed decides");
    }

    #[test]
    fn a_device_asks_as_often_as_its_verifier_says() {
        let none = Assumptions { fresh_sessions: 0, ..Assumptions::default() };
        let asked = f64::from(Week::of(20_000, &none).all) / 20_000.0;
        // At 50–70 % of 7 days: 1.4 to 2 a week; a little less, because it waits for a session.
        assert!((1.3..1.7).contains(&asked), "{asked}");
        let many = Assumptions { fresh_sessions: 1_000, ..Assumptions::default() };
        assert!(Week::of(20_000, &many).without > 20_000);
    }

    #[test]
    fn a_larger_fleet_is_a_larger_weight() {
        let assumptions = Assumptions::default();
        let ratio = Week::of(400_000, &assumptions).mean() / Week::of(40_000, &assumptions).mean();
        assert!((ratio - 10.0).abs() < 1e-9, "{ratio}");
    }
}
