//! The signatures in memory: a wheel of one-minute tables, in shards.
//!
//! Invariant: looking up, charging and inserting happen under one shard's lock, so of any number of
//! equal requests exactly one is new. The table is chosen by the request's own Timestamp, which a
//! repeat must carry too. Nothing is evicted: a minute goes as a whole, after it was forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::forgotten::Forgotten;
use super::segment::Record;
use super::table::Table;
use super::{Admission, Look, ReplayMode};

/// More shards make the pause shorter in which a table doubles.
const SHARDS: u64 = 64;
/// A table uses the low bits of a fingerprint; the shard uses six high ones.
const SHARD_SHIFT: u32 = 48;

/// Minutes since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(pub u32);

impl Minute {
    /// The minute of a Unix time in seconds; `None` before 1970 and beyond the year 10,000.
    pub fn of(timestamp: i64) -> Option<Self> {
        u32::try_from(timestamp.div_euclid(60)).ok().map(Self)
    }

    fn first_second(self) -> i64 {
        i64::from(self.0) * 60
    }

    fn last_second(self) -> i64 {
        self.first_second() + 59
    }
}

/// One shard's fingerprints, by minute. No table is ever empty.
type Shard = BTreeMap<Minute, Table>;

#[derive(Debug)]
pub(super) struct Wheel {
    shards: Box<[Mutex<Shard>]>,
    /// Entries of all shards, those about to be inserted included.
    len: AtomicUsize,
    max_entries: usize,
    /// Read and written with any shard locked or none, never the other way round.
    forgotten: RwLock<Forgotten>,
    /// The last second that `forgotten` covers; in steady running no request is as old.
    forgotten_newest: AtomicI64,
}

impl Wheel {
    pub(super) fn new(max_entries: usize, forgotten: Forgotten) -> Self {
        let wheel = Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            len: AtomicUsize::new(0),
            max_entries,
            forgotten: RwLock::default(),
            forgotten_newest: AtomicI64::new(i64::MIN),
        };
        wheel.set_forgotten(forgotten);
        wheel
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    pub(super) fn admit(
        &self,
        record: Record,
        timestamp: i64,
        mode: ReplayMode,
        charge: impl FnOnce() -> bool,
    ) -> Admission {
        let mut shard = self.shard(record.fingerprint);
        // Under the lock: a table is dropped under it, and forgotten before.
        if self.is_forgotten(timestamp) {
            return Admission::Forgotten;
        }
        let table = shard.entry(record.minute).or_default();
        let admission = match (table.free_place(record.fingerprint), mode) {
            (None, ReplayMode::Once) => Admission::Repeated,
            (None, ReplayMode::Repeatable) => match charge() {
                true => Admission::AcceptedAgain,
                false => Admission::RateLimited,
            },
            (Some(_), _) if !self.reserve() => Admission::Full,
            (Some(free), _) => {
                if charge() {
                    table.take(free);
                    Admission::Accepted
                } else {
                    self.len.fetch_sub(1, Ordering::Relaxed);
                    Admission::RateLimited
                }
            }
        };
        if table.is_empty() {
            shard.remove(&record.minute);
        }
        admission
    }

    /// What an admission would begin with.
    pub(super) fn look(&self, record: Record, timestamp: i64) -> Look {
        if self.is_forgotten(timestamp) {
            Look::Forgotten
        } else if self.holds(record) {
            Look::Seen
        } else if self.len() >= self.max_entries {
            Look::Full
        } else {
            Look::New
        }
    }

    /// Is it held? Changes nothing.
    pub(super) fn holds(&self, record: Record) -> bool {
        let shard = self.shard(record.fingerprint);
        let table = shard.get(&record.minute);
        table.is_some_and(|table| table.free_place(record.fingerprint).is_none())
    }

    /// Takes a record of an earlier run, over the limit too: what was accepted is never lost.
    pub(super) fn restore(&self, record: Record) {
        if insert(&mut self.shard(record.fingerprint), record) {
            self.len.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The minutes with entries that ended before `timestamp`.
    pub(super) fn due(&self, timestamp: i64) -> BTreeSet<Minute> {
        let ended = |minute: &&Minute| minute.last_second() < timestamp;
        self.minutes(|shard| shard.keys().take_while(ended).copied().collect())
    }

    /// The oldest minute with entries.
    pub(super) fn oldest(&self) -> Option<Minute> {
        self.minutes(|shard| shard.keys().next().copied().into_iter().collect()).pop_first()
    }

    /// Refuses these minutes from now on; gives all that is forgotten.
    pub(super) fn forget(&self, minutes: &BTreeSet<Minute>) -> Forgotten {
        let mut forgotten = self.forgotten.read().unwrap_or_else(PoisonError::into_inner).clone();
        for minute in minutes {
            forgotten.forget(minute.first_second(), minute.last_second());
        }
        if !minutes.is_empty() {
            self.set_forgotten(forgotten.clone());
        }
        forgotten
    }

    pub(super) fn set_forgotten(&self, forgotten: Forgotten) {
        let newest = forgotten.newest().unwrap_or(i64::MIN);
        *self.forgotten.write().unwrap_or_else(PoisonError::into_inner) = forgotten;
        self.forgotten_newest.store(newest, Ordering::Release);
    }

    /// Frees the tables of minutes that were forgotten before.
    pub(super) fn drop_tables(&self, minutes: &BTreeSet<Minute>) {
        for shard in &self.shards {
            for minute in minutes {
                // Freed after the lock is released.
                let table = lock(shard).remove(minute);
                let entries = table.map_or(0, |table| table.len());
                self.len.fetch_sub(entries, Ordering::Relaxed);
            }
        }
    }

    fn minutes(&self, of: impl Fn(&Shard) -> Vec<Minute>) -> BTreeSet<Minute> {
        self.shards.iter().flat_map(|shard| of(&lock(shard))).collect()
    }

    fn is_forgotten(&self, timestamp: i64) -> bool {
        timestamp <= self.forgotten_newest.load(Ordering::Acquire)
            && self.forgotten.read().unwrap_or_else(PoisonError::into_inner).covers(timestamp)
    }

    fn reserve(&self) -> bool {
        let room = |len| (len < self.max_entries).then_some(len + 1);
        self.len.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }

    fn shard(&self, fingerprint: u64) -> MutexGuard<'_, Shard> {
        lock(&self.shards[((fingerprint >> SHARD_SHIFT) % SHARDS) as usize])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether it was new.
fn insert(shard: &mut Shard, record: Record) -> bool {
    let table = shard.entry(record.minute).or_default();
    let free = table.free_place(record.fingerprint);
    free.map(|free| table.take(free)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fingerprint: u64, timestamp: i64) -> Record {
        Record { fingerprint, minute: Minute::of(timestamp).unwrap() }
    }

    fn admit(wheel: &Wheel, fingerprint: u64, timestamp: i64) -> Admission {
        wheel.admit(record(fingerprint, timestamp), timestamp, ReplayMode::Once, || true)
    }

    #[test]
    fn a_dropped_minute_is_forgotten_and_its_room_is_free() {
        let wheel = Wheel::new(3, Forgotten::default());
        for (fingerprint, timestamp) in [(1, 600), (u64::MAX, 659), (1, 6_000)] {
            assert_eq!(admit(&wheel, fingerprint, timestamp), Admission::Accepted);
        }
        assert_eq!(admit(&wheel, 9, 6_000), Admission::Full);
        assert_eq!(wheel.due(659), BTreeSet::new());
        let due = wheel.due(660);
        assert_eq!(due, BTreeSet::from([Minute(10)]));
        wheel.forget(&due);
        wheel.drop_tables(&due);
        assert_eq!((wheel.len(), wheel.oldest()), (1, Some(Minute(100))));
        assert_eq!(admit(&wheel, 9, 659), Admission::Forgotten);
        assert_eq!(admit(&wheel, 9, 6_000), Admission::Accepted);
        assert_eq!(admit(&wheel, 1, 6_000), Admission::Repeated);
    }

    #[test]
    fn restoring_never_loses_a_record_to_the_limit() {
        let wheel = Wheel::new(1, Forgotten::default());
        (1..6).for_each(|fingerprint| wheel.restore(record(fingerprint, 600)));
        wheel.restore(record(4, 600));
        assert_eq!(wheel.len(), 5);
        assert_eq!(admit(&wheel, 4, 600), Admission::Repeated);
        assert_eq!(admit(&wheel, 6, 600), Admission::Full);
    }

    #[test]
    fn minutes_have_bounds() {
        let last = i64::from(u32::MAX) * 60 + 59;
        assert_eq!(Minute::of(last), Some(Minute(u32::MAX)));
        assert_eq!([-1, last + 1, i64::MIN, i64::MAX].map(Minute::of), [None; 4]);
    }

    #[test]
    fn an_entry_takes_at_most_24_bytes() {
        for count in [1_000u64, 100_000, 1_000_000] {
            let wheel = Wheel::new(usize::MAX, Forgotten::default());
            let mut random = fastrand::Rng::with_seed(count);
            (0..count).for_each(|_| wheel.restore(record(random.u64(..), 600)));
            let bytes: usize = wheel
                .shards
                .iter()
                .flat_map(|shard| lock(shard).values().map(Table::bytes).collect::<Vec<_>>())
                .sum();
            assert!(bytes as u64 <= 24 * count, "{bytes} bytes for {count}");
        }
    }
}
