//! How often an app may ask: GCRA on one atomic (docs/PROTOCOL.md §5, Rate).
//!
//! Invariant: over any time t at most `burst + per_second · t` requests pass. The decision is a pure
//! function of (theoretical arrival time, now), which the network limit shares; when to charge is
//! left to the caller: only after the signature verified.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many requests may pass. A zero in either field lets nothing pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests per second in the long run.
    pub per_second: u32,
    /// Requests that may come at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// The published default of an app: 20 per second.
    pub const APP: Self = Self { per_second: 20, burst: 20 };

    /// Decides on one request at `now`, where `arrival` is the theoretical arrival time so far, both
    /// in nanoseconds of one monotonic clock. `Ok`: it passes; `Err`: it does not. Either carries the
    /// theoretical arrival time to keep.
    pub(crate) fn decide(self, arrival: u64, now: u64) -> Result<u64, u64> {
        self.decide_part(1, arrival, now)
    }

    /// The same at a `parts`th of the rate, whose burst is given as it is.
    fn decide_part(self, parts: u32, arrival: u64, now: u64) -> Result<u64, u64> {
        let interval = (NANOS * u64::from(parts)).checked_div(u64::from(self.per_second));
        let Some(interval) = interval else { return Err(arrival) };
        // A debt of over a full burst is left from a slower rate: it is cut, not waited for.
        let full = now.saturating_add(interval.saturating_mul(u64::from(self.burst)));
        let next = arrival.max(now).saturating_add(interval);
        if next <= full { Ok(next) } else { Err(arrival.min(full)) }
    }
}

const NANOS: u64 = 1_000_000_000;

/// What one app has used of its rate. Starts unused.
#[derive(Debug, Default)]
pub struct Gcra {
    /// Theoretical arrival time of the next request, in nanoseconds of monotonic time.
    arrival: AtomicU64,
}

impl Gcra {
    /// Charges one request at monotonic time `now`. `false`: over the rate (code 7), nothing charged.
    /// `rate` may differ from call to call; a change takes effect within a second.
    #[inline]
    pub fn admit(&self, rate: Rate, now: Duration) -> bool {
        self.admit_part(rate, 1, now)
    }

    /// The same where so many limit one rate between them, of which this one has a `parts`th; at least one
    /// request may come at once. Their number may differ from call to call.
    pub fn admit_part(&self, rate: Rate, parts: u32, now: Duration) -> bool {
        let parts = parts.max(1);
        let rate = Rate { burst: (rate.burst / parts).max(rate.burst.min(1)), ..rate };
        let now = nanos(now);
        let mut arrival = self.arrival.load(Ordering::Relaxed);
        loop {
            let (passes, keep) = match rate.decide_part(parts, arrival, now) {
                Ok(next) => (true, next),
                Err(keep) if keep == arrival => return false,
                Err(cut) => (false, cut),
            };
            // Relaxed: the one number is all there is to order.
            match self.arrival.compare_exchange_weak(
                arrival,
                keep,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return passes,
                Err(seen) => arrival = seen,
            }
        }
    }

    /// Starts where another one stands.
    pub fn go_on_from(&self, before: &Self) {
        self.arrival.store(before.arrival.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Saturates after 584 years of running.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Asks every millisecond of the half-open interval; gives how many passed.
    fn saturate(gcra: &Gcra, milliseconds: std::ops::Range<u64>) -> usize {
        milliseconds.filter(|&ms| gcra.admit(Rate::APP, at(ms))).count()
    }

    /// Spends the burst first, as a client that sends everything at once.
    fn saturate_at_once(gcra: &Gcra, milliseconds: std::ops::Range<u64>) -> usize {
        let start = at(milliseconds.start);
        let burst = (0..50).filter(|_| gcra.admit(Rate::APP, start)).count();
        burst + saturate(gcra, milliseconds.start + 1..milliseconds.end)
    }

    #[test]
    fn thirty_nine_pass_in_the_first_second() {
        assert_eq!(saturate_at_once(&Gcra::default(), 5_000..6_000), 39);
    }

    #[test]
    fn any_saturated_minute_passes_1195_to_1220() {
        assert_eq!(saturate_at_once(&Gcra::default(), 7_000..67_000), 1_219);
        let gcra = Gcra::default();
        let passed: Vec<u64> = (0..180_000).filter(|&ms| gcra.admit(Rate::APP, at(ms))).collect();
        for start in (0..120_000).step_by(7) {
            let first = passed.partition_point(|&ms| ms < start);
            let end = passed.partition_point(|&ms| ms < start + 60_000);
            assert!((1_195..=1_220).contains(&(end - first)), "{} from {start} ms", end - first);
        }
    }

    #[test]
    fn threads_share_one_burst() {
        let gcra = Gcra::default();
        let ask = || (0..1_000).filter(|_| gcra.admit(Rate::APP, at(9_000))).count();
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 20);
    }

    #[test]
    fn a_raised_rate_does_not_wait_for_the_old_debt() {
        let gcra = Gcra::default();
        let slow = Rate { per_second: 1, burst: 100 };
        assert_eq!((0..200).filter(|_| gcra.admit(slow, at(0))).count(), 100);
        let fast = Rate { per_second: 100, burst: 10 };
        assert!(!gcra.admit(fast, at(1)));
        assert!(gcra.admit(fast, at(11)));
    }

    #[test]
    fn a_third_of_a_rate_passes_a_third_and_a_change_of_parts_costs_no_more_than_a_moment() {
        let gcra = Gcra::default();
        let third = |ms: &u64| gcra.admit_part(Rate::APP, 3, at(*ms));
        let passed = (1_000_000..1_060_000).filter(third).count();
        assert!((399..=406).contains(&passed), "{passed}");
        // From one clock: whoever limited alone until now goes on at a third, and back.
        let gcra = Gcra::default();
        assert!(gcra.admit(Rate::APP, at(1_000_000)));
        assert!(gcra.admit_part(Rate::APP, 3, at(1_000_001)));
        assert!(gcra.admit_part(Rate::APP, 1, at(1_000_002)));
        let rare = Rate { per_second: 1, burst: 1 };
        let gcra = Gcra::default();
        let passed = (0..60_000).filter(|ms| gcra.admit_part(rare, 3, at(*ms))).count();
        assert_eq!(passed, 20, "one in three seconds");
    }

    #[test]
    fn zero_lets_nothing_pass() {
        for rate in [Rate { per_second: 0, burst: 9 }, Rate { per_second: 9, burst: 0 }] {
            assert!(!Gcra::default().admit(rate, at(1_000)));
        }
    }

    proptest! {
        #[test]
        fn never_more_than_burst_plus_rate(
            per_second in 1u32..200,
            burst in 1u32..200,
            gaps in prop::collection::vec(0u64..40, 1..400),
        ) {
            let (gcra, rate) = (Gcra::default(), Rate { per_second, burst });
            let mut now = 0;
            let passed: Vec<u64> = gaps
                .iter()
                .filter_map(|gap| {
                    now += gap;
                    gcra.admit(rate, at(now)).then_some(now)
                })
                .collect();
            for (index, start) in passed.iter().enumerate() {
                for (count, end) in (1u64..).zip(&passed[index..]) {
                    // One interval is a whole number of nanoseconds, so allow for its rounding.
                    let most = u64::from(burst) * 1_000 + u64::from(per_second) * (end - start) + 1;
                    prop_assert!(count * 1_000 <= most);
                }
            }
        }
    }
}
