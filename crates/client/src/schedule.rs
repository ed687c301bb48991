//! When a licence is fetched anew: pure functions of what is held and how it went.
//!
//! A refresh is cheap, and what counts when an outage begins is how old the cached licence is. So a
//! licence is refreshed every 2 h ± 30 min, spread so that no two apps keep step, and sooner where it
//! has not much time left. After a failure, the wait is drawn anew each time between nothing and a
//! bound that doubles from 1 s to 5 min ("full jitter"): a fleet that failed together does not come
//! back together.

use std::time::Duration;

use crate::limits::{
    BACKOFF, BACKOFF_ENDS_SOON, ENDS_SOON_SECS, REFRESH_SECS, REFRESH_SECS_MIN, REFRESH_SPREAD_SECS,
};

/// How long after a successful fetch the next one is due; `left`: seconds that the licence is good.
pub(crate) fn after_success(left: i64) -> Duration {
    let spread = fastrand::i64(-REFRESH_SPREAD_SECS..=REFRESH_SPREAD_SECS);
    // While it may still be handed out without a warning, and early enough to try again.
    let while_good = left.saturating_sub(ENDS_SOON_SECS) / 2;
    let seconds = (REFRESH_SECS + spread).min(while_good).max(REFRESH_SECS_MIN);
    Duration::from_secs(seconds.unsigned_abs())
}

/// How long to wait after so many failures in a row (at least 1). In the last hour before a licence
/// ends, and the hour after, every minute counts; `left`: seconds until then.
pub(crate) fn after_failure(failures: u32, left: i64) -> Duration {
    let [first, mut last] = BACKOFF;
    if (-ENDS_SOON_SECS..ENDS_SOON_SECS).contains(&left) {
        last = BACKOFF_ENDS_SOON;
    }
    growing([first, last], failures.saturating_sub(1)).mul_f64(fastrand::f64())
}

/// A wait that many have in common, spread so that they do not end it together.
pub(crate) fn spread(wait: Duration) -> Duration {
    wait.mul_f64(1.0 + fastrand::f64() / 2.0)
}

/// The first duration, doubled so many times, but not above the last.
pub(crate) fn growing([first, last]: [Duration; 2], times: u32) -> Duration {
    first.saturating_mul(1 << times.min(16)).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: i64 = 7 * 24 * 3600;

    #[test]
    fn a_refresh_is_due_after_two_hours_more_or_less() {
        let drawn: Vec<u64> = (0..500).map(|_| after_success(WEEK).as_secs()).collect();
        assert!(drawn.iter().all(|seconds| (5_400..=9_000).contains(seconds)));
        let spread = drawn.iter().max().unwrap() - drawn.iter().min().unwrap();
        assert!(spread > 3_000, "{spread}");
    }

    #[test]
    fn a_short_licence_is_refreshed_while_it_has_more_than_an_hour() {
        assert!(after_success(7_200).as_secs() <= 1_800);
        assert_eq!(after_success(3_700).as_secs(), 60);
        assert_eq!(after_success(-5).as_secs(), 60);
    }

    #[test]
    fn failures_wait_anything_up_to_a_growing_bound() {
        for (failures, bound) in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (u32::MAX, 300)] {
            let draw = |_| after_failure(failures, WEEK).as_secs_f64();
            let drawn: Vec<_> = (0..300).map(draw).collect();
            let bound = f64::from(bound);
            assert!(drawn.iter().all(|wait| (0.0..=bound).contains(wait)));
            assert!(drawn.iter().any(|wait| *wait < bound * 0.2));
            assert!(drawn.iter().any(|wait| *wait > bound * 0.8));
        }
        let near_the_end = (0..300).map(|_| after_failure(20, 1_800));
        assert!(near_the_end.max().unwrap() <= BACKOFF_ENDS_SOON);
    }
}
