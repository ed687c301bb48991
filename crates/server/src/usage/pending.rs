//! What was collected and is not in the store yet.
//!
//! Invariant: what is here is not in the store, and what was handed out as a batch is here no more, so
//! nothing is counted twice. Bounded for a store that stays away: counts of minutes
//! first become those of hours, then those of nobody, so totals stay right; single answers are lost,
//! and counted.

use std::collections::{BTreeMap, HashMap};

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_protocol::AppId;

use super::collected::{Collected, CountKey, Mint};
use crate::limits::{
    ANSWERS_PENDING_MAX, ANSWERS_WRITTEN_AT_ONCE, COUNTS_PENDING_MAX, COUNTS_WRITTEN_AT_ONCE,
};
use crate::store::{AnswerRecord, IssuedLicenses, UsageBatch};

/// Whose licences: app, revision, serial.
type IssuedKey = (AppId, u32, u32);

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Sorted, so that a batch is of neighbours in the store.
    counts: BTreeMap<CountKey, u64>,
    answers: Vec<AnswerRecord>,
    issued: HashMap<IssuedKey, IssuedLicenses>,
}

impl Pending {
    /// Takes everything out of `collected`. How many single answers found no room.
    pub(super) fn absorb(&mut self, collected: &mut Collected) -> u64 {
        for (key, count) in collected.counts.drain() {
            *self.counts.entry(key).or_default() += count;
        }
        for mint in collected.mints.drain(..) {
            self.add_issued(issued_by(mint));
        }
        self.answers.append(&mut collected.answers);
        self.shrink()
    }

    /// Some of it, to be written in one transaction, oldest answers first. `None`: there is nothing.
    pub(super) fn take(&mut self) -> Option<UsageBatch> {
        let first = std::iter::from_fn(|| self.counts.pop_first()).take(COUNTS_WRITTEN_AT_ONCE);
        let counts = first.map(|(key, count)| key.count(count)).collect();
        let oldest = self.answers.len().min(ANSWERS_WRITTEN_AT_ONCE);
        let answers = self.answers.drain(..oldest).collect();
        let keys: Vec<_> = self.issued.keys().copied().take(COUNTS_WRITTEN_AT_ONCE).collect();
        let issued = keys.iter().filter_map(|key| self.issued.remove(key)).collect();
        let batch = UsageBatch { counts, answers, issued };
        (!batch.is_empty()).then_some(batch)
    }

    fn add_issued(&mut self, new: IssuedLicenses) {
        let key = (new.app_id, new.rev, new.serial);
        if let Some(known) = self.issued.get_mut(&key) {
            known.add(&new);
        } else if self.issued.len() < COUNTS_PENDING_MAX {
            self.issued.insert(key, new);
        }
    }

    fn shrink(&mut self) -> u64 {
        if self.counts.len() > COUNTS_PENDING_MAX {
            self.rename(|key| key.at(key.count(0).at.div_euclid(HOUR_SECS) * HOUR_SECS));
        }
        if self.counts.len() > COUNTS_PENDING_MAX {
            self.rename(CountKey::of_nobody);
        }
        let lost = self.answers.len().saturating_sub(ANSWERS_PENDING_MAX);
        self.answers.truncate(ANSWERS_PENDING_MAX);
        u64::try_from(lost).unwrap_or(0)
    }

    /// Gives the counts other keys; where two become one, they are added.
    fn rename(&mut self, new: impl Fn(CountKey) -> CountKey) {
        for (key, count) in std::mem::take(&mut self.counts) {
            *self.counts.entry(new(key)).or_default() += count;
        }
    }
}

fn issued_by(Mint { app_id, rev, serial, hour }: Mint) -> IssuedLicenses {
    IssuedLicenses { app_id, rev, serial, first_hour: hour, last_hour: hour, licenses: 1 }
}

#[cfg(test)]
mod tests {
    use tonegate_protocol::ReturnCode;

    use super::*;

    const NOW: i64 = 1_763_840_000;

    fn total(pending: &Pending) -> u64 {
        pending.counts.values().sum()
    }

    fn collected(apps: u32, now: i64) -> Collected {
        let mut collected = Collected::default();
        for app in 1..=apps {
            collected.count(CountKey::new(AppId(app), ReturnCode::Success, now));
        }
        collected
    }

    #[test]
    fn what_was_handed_out_is_not_handed_out_again() {
        let mut pending = Pending::default();
        pending.absorb(&mut collected(10, NOW));
        let batch = pending.take().unwrap();
        assert_eq!((batch.counts.len(), pending.take()), (10, None));
        pending.absorb(&mut collected(10, NOW));
        let batch = pending.take().unwrap();
        assert!(batch.counts.iter().all(|row| row.count == 1));
    }

    #[test]
    fn a_store_that_stays_away_costs_detail_and_no_answer() {
        let mut pending = Pending::default();
        let apps = 30_000;
        let mut seen = 0;
        let minutes = 1 + i64::try_from(COUNTS_PENDING_MAX).unwrap() / i64::from(apps);
        for minute in 0..minutes {
            pending.absorb(&mut collected(apps, NOW + 60 * minute));
            seen += u64::from(apps);
            assert!(pending.counts.len() <= COUNTS_PENDING_MAX);
            assert_eq!(total(&pending), seen);
        }
        assert!(pending.counts.keys().all(|key| key.count(0).app_id != AppId(0)), "still by app");
        for hour in 1..8 {
            pending.absorb(&mut collected(apps, NOW + 3_600 * hour));
        }
        assert!(pending.counts.len() <= COUNTS_PENDING_MAX);
        assert_eq!(total(&pending), seen + 7 * u64::from(apps));
    }

    #[test]
    fn a_licence_minted_again_in_its_hour_is_the_same_licence() {
        let mut pending = Pending::default();
        let mint = |hour| Mint { app_id: AppId(1), rev: 2, serial: 3, hour };
        let mints = [0, 0, 3_600, 3_600, 10_800, 0].map(mint).to_vec();
        pending.absorb(&mut Collected { mints, ..Collected::default() });
        let issued = pending.take().unwrap().issued;
        assert_eq!(issued.len(), 1);
        let IssuedLicenses { first_hour, last_hour, licenses, .. } = issued[0];
        assert_eq!((first_hour, last_hour, licenses), (0, 10_800, 3));
    }
}
