//! What the threads that answer collect, each in its stripe, until somebody drains it.
//!
//! Invariant: a stripe has one row per app, code and minute, however many answers there are, and as many
//! single answers as the [`Allowance`](super::allowance) let in; both sides of it keep their memory, so
//! that nothing is allocated once it is warm.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use tonegate_protocol::{AppId, ReturnCode};

use crate::store::{AnswerRecord, UsageCount};
use crate::stripe::STRIPES;

const MINUTE_SECS: u64 = 60;
const MINUTE_BITS: u32 = 27;
const CODE_BITS: u32 = 5;
const _: () = assert!(ReturnCode::ALL.len() <= 1 << CODE_BITS, "a code's place fits its bits");

/// Whose answers, with which code, in which minute: 32, 5 and 27 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CountKey(u64);

impl CountKey {
    /// `now`: Unix seconds, up to the year 2225.
    pub(super) fn new(app_id: AppId, code: ReturnCode, now: i64) -> Self {
        Self::of_place(app_id, code.place(), now)
    }

    /// `place`: the code's.
    pub(super) fn of_place(AppId(app_id): AppId, place: usize, now: i64) -> Self {
        let minute = (now.unsigned_abs() / MINUTE_SECS) & ((1 << MINUTE_BITS) - 1);
        let place = u64::try_from(place).unwrap_or(0);
        Self(u64::from(app_id) << (CODE_BITS + MINUTE_BITS) | place << MINUTE_BITS | minute)
    }

    /// Of the same app and code, at another time or of another app.
    pub(super) fn at(self, now: i64) -> Self {
        let UsageCount { app_id, code, .. } = self.count(0);
        Self::new(app_id, code, now)
    }

    pub(super) fn of_nobody(self) -> Self {
        let UsageCount { code, at, .. } = self.count(0);
        Self::new(AppId(0), code, at)
    }

    /// The row that it stands for.
    pub(super) fn count(self, count: u64) -> UsageCount {
        let place = self.0 >> MINUTE_BITS & ((1 << CODE_BITS) - 1);
        let code = usize::try_from(place).ok().and_then(|place| ReturnCode::ALL.get(place));
        let minute = self.0 & ((1 << MINUTE_BITS) - 1);
        UsageCount {
            app_id: AppId(u32::try_from(self.0 >> (CODE_BITS + MINUTE_BITS)).unwrap_or(0)),
            code: code.copied().unwrap_or(ReturnCode::GatewayInternal),
            at: (minute * MINUTE_SECS).cast_signed(),
            count,
        }
    }

    fn hash(self) -> u64 {
        let mixed = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    }
}

impl From<&UsageCount> for CountKey {
    fn from(row: &UsageCount) -> Self {
        Self::new(row.app_id, row.code, row.at)
    }
}

/// A licence that was minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mint {
    pub(super) app_id: AppId,
    pub(super) rev: u32,
    pub(super) serial: u32,
    pub(super) hour: i64,
}

/// One side of a stripe.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) counts: HashTable<(CountKey, u64)>,
    pub(super) answers: Vec<AnswerRecord>,
    pub(super) mints: Vec<Mint>,
    /// Single answers for which the second had no room.
    pub(super) not_kept: u64,
}

impl Collected {
    pub(super) fn count(&mut self, key: CountKey) {
        let hash = key.hash();
        match self.counts.find_mut(hash, |row| row.0 == key) {
            Some(row) => row.1 += 1,
            None => _ = self.counts.insert_unique(hash, (key, 1), |row| row.0.hash()),
        }
    }
}

/// All stripes.
#[derive(Debug, Default)]
pub(super) struct Stripes([Stripe; STRIPES]);

#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    /// Locked by the threads of this stripe, and for a moment by whoever drains it.
    filling: Mutex<Collected>,
    /// Locked by whoever drains it.
    emptied: Mutex<Collected>,
}

impl Stripes {
    /// For the thread whose stripe it is.
    pub(super) fn of(&self, stripe: usize) -> MutexGuard<'_, Collected> {
        lock(&self.0[stripe].filling)
    }

    /// Hands over what each stripe has collected; the callee leaves it empty.
    pub(super) fn drain(&self, mut take: impl FnMut(&mut Collected)) {
        for stripe in &self.0 {
            let mut emptied = lock(&stripe.emptied);
            std::mem::swap(&mut *lock(&stripe.filling), &mut *emptied);
            take(&mut emptied);
        }
    }
}

fn lock(side: &Mutex<Collected>) -> MutexGuard<'_, Collected> {
    side.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_was_made_of() {
        let now = 1_763_840_059;
        for app_id in [0, 1, 12345, u32::MAX].map(AppId) {
            for code in ReturnCode::ALL.iter().copied() {
                let key = CountKey::new(app_id, code, now);
                let row = UsageCount { app_id, code, at: now - now % 60, count: 3 };
                assert_eq!(key.count(3), row);
                assert_eq!(CountKey::from(&row), key);
                assert_eq!(key.at(now - 600).count(1).at, now - 600 - now % 60);
                assert_eq!(key.of_nobody().count(1).app_id, AppId(0));
            }
        }
    }
}
