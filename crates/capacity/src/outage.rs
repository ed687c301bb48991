//! Relays are lost at the busiest hour, and come back: how those who waited arrive.
//!
//! Invariant: a device is served once, or its session ends, or it still waits when the look ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::assumptions::{Assumptions, SESSION_SECS};
use crate::rules::backoff;

/// How long is looked after the return, seconds.
const AFTER: u32 = 1_800;
/// More make the result no better.
const SAMPLE_MOST: f64 = 100_000.0;

/// What the return was like. Counts are of the sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Return {
    /// How many devices each one that was simulated stands for.
    pub(crate) weight: f64,
    /// Devices that wanted a licence, from the loss to the end of the look.
    pub(crate) wanted: u32,
    /// Those who got one.
    pub(crate) served: u32,
    /// Those whose session ended first; they ask in their next one, and use what they have.
    pub(crate) ended: u32,
    /// Those who wait at the end of the look.
    pub(crate) waiting: u32,
    /// Requests in each second after the return.
    pub(crate) arrivals: Vec<u32>,
    /// Of these, those that were over what the relays can do.
    pub(crate) refused: u32,
}

struct Device {
    ends_ms: u32,
    failures: u32,
}

impl Return {
    /// `per_second`: how many begin to want one in a second; `can`: how many the relays serve in one.
    pub(crate) fn of(per_second: f64, can: f64, assumptions: &Assumptions) -> Self {
        let span = assumptions.outage + AFTER;
        let all = (per_second * f64::from(span)).max(1.0);
        let weight = (all / SAMPLE_MOST).max(1.0);
        let wanted = whole(all / weight);
        let mut random = fastrand::Rng::with_seed(assumptions.seed);
        let mut devices = Vec::new();
        let mut queue = BinaryHeap::new();
        for index in 0.. {
            if index >= wanted {
                break;
            }
            let begins = random.u32(0..span * 1_000);
            devices
                .push(Device { ends_ms: begins + random.u32(SESSION_SECS) * 1_000, failures: 0 });
            queue.push(Reverse((begins, index)));
        }
        let mut result = Self {
            weight,
            wanted,
            served: 0,
            ended: 0,
            waiting: 0,
            arrivals: vec![0; usize::try_from(AFTER).unwrap_or_default()],
            refused: 0,
        };
        result.run(
            &mut random,
            &mut devices,
            queue,
            (assumptions.outage, whole(can / weight).max(1)),
        );
        result
    }

    /// The most requests of the whole fleet in a second after the return.
    pub(crate) fn peak(&self) -> f64 {
        f64::from(self.arrivals.iter().copied().max().unwrap_or_default()) * self.weight
    }

    /// The share of all those requests that came in their busiest second.
    #[cfg(test)]
    fn busiest_share(&self) -> f64 {
        f64::from(self.arrivals.iter().copied().max().unwrap())
            / f64::from(self.arrivals.iter().sum::<u32>())
    }

    /// Seconds from the return to the first minute that is within a tenth of the usual.
    pub(crate) fn calm_after(&self) -> u32 {
        let minutes: Vec<u32> =
            self.arrivals.chunks(60).map(|minute| minute.iter().sum()).collect();
        let usual = minutes.last().copied().unwrap_or_default();
        let calm = minutes.iter().zip(0..).find(|(minute, _)| **minute <= usual + usual / 10 + 1);
        calm.map_or(AFTER, |(_, minute)| minute * 60)
    }

    fn run(
        &mut self,
        random: &mut fastrand::Rng,
        devices: &mut [Device],
        mut queue: BinaryHeap<Reverse<(u32, u32)>>,
        (outage, can): (u32, u32),
    ) {
        while let Some(Reverse((at, index))) = queue.pop() {
            let Some(device) = usize::try_from(index).ok().and_then(|index| devices.get_mut(index))
            else {
                continue;
            };
            if at >= (outage + AFTER) * 1_000 {
                self.waiting += 1;
                continue;
            }
            if at >= device.ends_ms {
                self.ended += 1;
                continue;
            }
            if self.is_served(at / 1_000, outage, can) {
                self.served += 1;
                continue;
            }
            device.failures += 1;
            queue.push(Reverse((at + backoff(random, device.failures), index)));
        }
    }

    fn is_served(&mut self, second: u32, outage: u32, can: u32) -> bool {
        let since = second.checked_sub(outage).and_then(|since| usize::try_from(since).ok());
        let Some(count) = since.and_then(|since| self.arrivals.get_mut(since)) else {
            return false;
        };
        *count += 1;
        self.refused += u32::from(*count > can);
        *count <= can
    }
}

/// A count from a computed number.
fn whole(number: f64) -> u32 {
    format!("{number:.0}").parse().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_lost() {
        for can in [1.0, 3.0, 1e9] {
            let back = Return::of(2.0, can, &Assumptions::default());
            assert_eq!(back.served + back.ended + back.waiting, back.wanted);
            assert_eq!(back.served + back.refused, back.arrivals.iter().sum::<u32>());
        }
    }

    #[test]
    fn a_fleet_does_not_come_back_in_one_second() {
        let back = Return::of(10.0, 1e9, &Assumptions::default());
        assert!(back.peak() > 20.0, "it is seen: {}", back.peak());
        assert!(back.peak() < 200.0, "twenty times the usual at most: {}", back.peak());
        assert!(back.busiest_share() < 0.01, "{}", back.busiest_share());
        assert!(back.calm_after() < 600, "{}", back.calm_after());
    }

    #[test]
    fn relays_that_can_only_just_do_it_take_longer_and_serve_all_the_same() {
        let assumptions = Assumptions::default();
        let [ample, tight] = [1e9, 20.0].map(|can| Return::of(10.0, can, &assumptions));
        assert!(tight.refused > 0 && ample.refused == 0);
        assert!(tight.calm_after() > ample.calm_after());
        let served = [tight.served, ample.served];
        assert!(f64::from(tight.served) > f64::from(ample.served) * 0.9, "{served:?}");
    }
}
