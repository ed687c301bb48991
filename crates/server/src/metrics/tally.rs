//! Counts of answers, by return code: written by many threads, read by one now and then.
//!
//! Threads that count for the first time take the stripes in turn, so event loops hardly ever write the
//! same cache line; where two do, the count is right all the same.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tonegate_protocol::ReturnCode;

const STRIPES: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Tally([Stripe; STRIPES]);

/// Two cache lines apart, since processors fetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe([AtomicU64; ReturnCode::ALL.len()]);

impl Default for Stripe {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; ReturnCode::ALL.len()])
    }
}

thread_local! {
    /// The stripe that this thread counts in.
    static STRIPE: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES
    };
}

impl Tally {
    pub(super) fn count(&self, code: ReturnCode) {
        let stripe = STRIPE.with(|stripe| *stripe);
        self.0[stripe].0[code.place()].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn of(&self, code: ReturnCode) -> u64 {
        self.0.iter().map(|stripe| stripe.0[code.place()].load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_is_counted() {
        let tally = Tally::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| ReturnCode::ALL.iter().for_each(|code| tally.count(*code)));
            }
        });
        assert!(ReturnCode::ALL.iter().all(|code| tally.of(*code) == 2 * STRIPES as u64));
    }
}
