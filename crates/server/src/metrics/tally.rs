//! Counts of answers, by return code: written by many threads, read by one now and then.

use std::sync::atomic::{AtomicU64, Ordering};

use tonegate_protocol::ReturnCode;

use crate::stripe::STRIPES;

/// How many return codes there are.
pub(crate) const CODES: usize = ReturnCode::ALL.len();

/// The counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Tally([Stripe; STRIPES]);

/// Two cache lines apart, since processors fetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe([AtomicU64; CODES]);

impl Default for Stripe {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; CODES])
    }
}

impl Tally {
    /// In the stripe of the thread that counts; `place`: the code's.
    pub(crate) fn count(&self, stripe: usize, place: usize) {
        self.0[stripe].0[place].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, code: ReturnCode) -> u64 {
        self.0.iter().map(|stripe| stripe.0[code.place()].load(Ordering::Relaxed)).sum()
    }

    /// All of them, each in its [`place`](ReturnCode::place).
    pub(crate) fn all(&self) -> [u64; CODES] {
        std::array::from_fn(|place| ReturnCode::ALL.get(place).map_or(0, |code| self.of(*code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stripe;

    #[test]
    fn every_thread_is_counted() {
        let tally = Tally::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| {
                    let stripe = stripe::mine();
                    (0..CODES).for_each(|place| tally.count(stripe, place));
                });
            }
        });
        assert!(ReturnCode::ALL.iter().all(|code| tally.of(*code) == 2 * STRIPES as u64));
    }
}
