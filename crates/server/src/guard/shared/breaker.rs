//! When Valkey counts as lost: after five failures without a second's peace between them.
//!
//! A plain "in a row" would never be reached in a Cluster of which one part is gone, while the others'
//! answers come in between. Only the keeper says that it is back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures open it.
const FAILURES: u32 = 5;
/// So long without one, and they are forgotten.
const PEACE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Breaker {
    lost: AtomicBool,
    failures: Mutex<(u32, Option<Instant>)>,
}

impl Breaker {
    /// Lost, until the keeper has found it.
    pub(super) fn new() -> Self {
        Self { lost: AtomicBool::new(true), failures: Mutex::default() }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// A trip failed at `now`. Does it count as lost since this one?
    pub(super) fn failed(&self, now: Instant) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let peace = failures.1.is_none_or(|last| now.duration_since(last) > PEACE);
        *failures = (if peace { 1 } else { failures.0 + 1 }, Some(now));
        failures.0 >= FAILURES && !self.lost.swap(true, Ordering::AcqRel)
    }

    pub(super) fn close(&self) {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner) = (0, None);
        self.lost.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_without_peace_between_them_open_it_once() {
        let breaker = Breaker::new();
        breaker.close();
        let start = Instant::now();
        let failed = |ms| breaker.failed(start + Duration::from_millis(ms));
        assert_eq!([0, 900, 1_800, 2_700].map(failed), [false; 4]);
        // Four are forgotten.
        assert_eq!([3_701, 3_702, 3_703, 3_704].map(failed), [false; 4]);
        assert!(!breaker.is_lost());
        assert!(failed(3_705) && breaker.is_lost() && !failed(3_706));
        breaker.close();
        assert!(!breaker.is_lost() && !failed(3_707));
    }
}
