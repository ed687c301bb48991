//! When a key set is fetched again: hourly, at most once a minute when a token names a key that the
//! set has not, and after a failure in 10 s, then later and later, up to 5 min.

use crate::auth::limits::{
    KEYS_FETCH_ASKED_SECS, KEYS_FETCH_SECS, KEYS_RETRY_MAX_SECS, KEYS_RETRY_MIN_SECS,
};

/// Pure bookkeeping; times are Unix seconds.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// `None`: never tried.
    last: Option<Attempt>,
}

#[derive(Debug)]
struct Attempt {
    at: i64,
    /// Failures in a row; 0: it succeeded.
    failures: u32,
}

impl Schedule {
    pub(super) fn fetched(&mut self, now: i64) {
        self.last = Some(Attempt { at: now, failures: 0 });
    }

    pub(super) fn failed(&mut self, now: i64) {
        let before = self.last.as_ref().map_or(0, |last| last.failures);
        self.last = Some(Attempt { at: now, failures: before.saturating_add(1) });
    }

    /// Whether to fetch now; `asked`: a token named an unknown key.
    pub(super) fn is_due(&self, asked: bool, now: i64) -> bool {
        let Some(Attempt { at, failures }) = self.last else {
            return true;
        };
        let pause = match failures {
            0 if asked => KEYS_FETCH_ASKED_SECS,
            0 => KEYS_FETCH_SECS,
            // Whoever sends made-up keys must not shorten the pause after a failure.
            _ => retry(failures),
        };
        // A clock that was set back must not put the next fetch off.
        now < at || now.saturating_sub(at) >= pause
    }
}

fn retry(failures: u32) -> i64 {
    let doubled = KEYS_RETRY_MIN_SECS.checked_shl(failures.saturating_sub(1).min(16));
    doubled.unwrap_or(KEYS_RETRY_MAX_SECS).min(KEYS_RETRY_MAX_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds after `from` at which it becomes due.
    fn due_after(schedule: &Schedule, asked: bool, from: i64) -> i64 {
        (0..).find(|seconds| schedule.is_due(asked, from + seconds)).unwrap()
    }

    #[test]
    fn at_once_then_hourly_or_a_minute_after_an_unknown_key() {
        let mut schedule = Schedule::default();
        assert!(schedule.is_due(false, 0));
        schedule.fetched(1_000);
        assert_eq!(due_after(&schedule, false, 1_000), 3_600);
        assert_eq!(due_after(&schedule, true, 1_000), 60);
    }

    #[test]
    fn after_failures_later_and_later_whoever_asks() {
        let mut schedule = Schedule::default();
        for expected in [10, 20, 40, 80, 160, 300, 300] {
            schedule.failed(1_000);
            assert_eq!(due_after(&schedule, false, 1_000), expected);
            assert_eq!(due_after(&schedule, true, 1_000), expected);
        }
        for _ in 0..100 {
            schedule.failed(1_000);
        }
        assert_eq!(due_after(&schedule, false, 1_000), 300);
        schedule.fetched(2_000);
        schedule.failed(3_000);
        assert_eq!(due_after(&schedule, false, 3_000), 10, "a success starts it over");
    }

    #[test]
    fn a_clock_set_back_makes_it_due() {
        let mut schedule = Schedule::default();
        schedule.fetched(1_000_000);
        assert!(schedule.is_due(false, 1_000));
    }
}
