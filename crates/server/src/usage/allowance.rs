//! How many single answers of a second are kept; the rest are only counted.
//!
//! Shared by all threads: written as often as it allows something, and only read from there on, so that
//! a flood does not make event loops wait for each other's cache lines.

use std::sync::atomic::{AtomicU64, Ordering};

/// Low bits: how many were let in. Above: in which second.
const USED_BITS: u32 = 16;
const USED: u64 = (1 << USED_BITS) - 1;

/// `max` a second.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Allowance {
    state: AtomicU64,
    max: u64,
}

impl Allowance {
    pub(super) fn new(max: u16) -> Self {
        Self { state: AtomicU64::new(0), max: max.into() }
    }

    /// Is there room for another in the second `now`?
    pub(super) fn take(&self, now: i64) -> bool {
        let second = now.unsigned_abs() << USED_BITS;
        let state = self.state.load(Ordering::Relaxed);
        if state & !USED != second {
            let first = self.state.compare_exchange(
                state,
                second | 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if first.is_ok() {
                return true;
            }
        } else if state & USED >= self.max {
            return false;
        }
        self.state.fetch_add(1, Ordering::Relaxed) & USED < self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own() {
        let allowance = Allowance::new(500);
        for now in [7, 8, 6] {
            let let_in = (0..2_000).filter(|_| allowance.take(now)).count();
            assert_eq!(let_in, 500, "second {now}");
        }
    }

    #[test]
    fn threads_share_it() {
        let allowance = Allowance::new(500);
        let let_in: usize = std::thread::scope(|scope| {
            let take = || (0..1_000).filter(|_| allowance.take(9)).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(let_in, 500);
    }
}
