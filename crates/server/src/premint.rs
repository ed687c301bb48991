//! Licences minted ahead, for the hours in which the hardware token may be lost.
//!
//! Everything in a licence follows from (grant, hour, key) but its signature, so a licence minted ahead
//! is 64 bytes: the rest is made when it is handed out, and read by the verifier as always. Only keys
//! in a token have licences minted ahead: one in software cannot be lost apart from its server.
//! Invariants: none is handed out before its hour; one of an app's earlier revision, or of another key
//! than the one whose turn it is, is of no use and soon forgotten; while the signer is lost, nothing is.
//! Leaves to others: which apps and in which order (`plan`), when (`chore`), the disk (`files`).

mod chore;
mod files;
mod plan;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_protocol::AppId;

use crate::limits::PREMINTED_BYTES_MAX;
use crate::seal::Kek;
use files::Files;

pub(crate) use chore::{mint_ahead, probe_signer};

/// A licence's signature, made ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Presigned {
    pub(crate) app_id: AppId,
    /// Of which revision of the app.
    pub(crate) revision: u32,
    /// The hour that it is of, Unix seconds.
    pub(crate) hour: i64,
    /// Serial of the key that made it.
    pub(crate) serial: u32,
    pub(crate) signature: [u8; 64],
}

/// All that are at hand.
pub(crate) struct Preminted {
    /// Requests look into one at a time, and so does who goes through all.
    shards: Vec<Mutex<Apps>>,
    files: Mutex<Files>,
    /// Apps that a licence was minted for at once: the next ones are to be minted ahead.
    newcomers: Mutex<Vec<AppId>>,
}

#[derive(Default)]
struct Apps {
    by_id: HashMap<AppId, Ahead>,
    signatures: usize,
}

/// Those of one app, and of one revision of it.
struct Ahead {
    revision: u32,
    hours: Vec<Slot>,
}

/// 72 bytes. An app's hours begin at a phase of its own, so the number of the hour is enough.
struct Slot {
    number: u32,
    serial: u32,
    signature: [u8; 64],
}

/// Few apps each, so that nobody waits long for one.
const SHARDS: usize = 64;
/// Newcomers that wait for the next tick.
const NEWCOMERS_MAX: usize = 1_000;
/// What an app takes besides its signatures.
const APP_BYTES: usize = 64;

impl Preminted {
    /// Those that an earlier run left in the directory. What cannot be read is as good as not there.
    pub(crate) fn open(directory: &Path, kek: &Kek) -> Self {
        let shards: Vec<_> = (0..SHARDS).map(|_| Mutex::default()).collect();
        let files = Files::open(directory, kek, |presigned| {
            of_app(&shards, presigned.app_id).map(|mut apps| apps.keep(&presigned));
        });
        Self { shards, files: Mutex::new(files), newcomers: Mutex::default() }
    }

    /// The signature of exactly this licence.
    pub(crate) fn find(
        &self,
        app_id: AppId,
        revision: u32,
        hour: i64,
        serial: u32,
    ) -> Option<[u8; 64]> {
        let apps = of_app(&self.shards, app_id)?;
        let ahead = apps.by_id.get(&app_id).filter(|ahead| ahead.revision == revision)?;
        let slot = ahead.slot(number_of(hour)?)?;
        (slot.serial == serial).then_some(slot.signature)
    }

    /// The app's of the hours up to `hour`, the newest first: for when none can be minted.
    pub(crate) fn past(&self, app_id: AppId, revision: u32, hour: i64) -> Vec<Presigned> {
        let (Some(apps), Some(latest)) = (of_app(&self.shards, app_id), number_of(hour)) else {
            return Vec::new();
        };
        let ahead = apps.by_id.get(&app_id).filter(|ahead| ahead.revision == revision);
        let slots = ahead.into_iter().flat_map(|ahead| &ahead.hours);
        let mut past: Vec<_> = slots
            .filter(|slot| slot.number <= latest)
            .map(|Slot { number, serial, signature }| Presigned {
                app_id,
                revision,
                hour: hour - i64::from(latest - number) * HOUR_SECS,
                serial: *serial,
                signature: *signature,
            })
            .collect();
        past.sort_unstable_by_key(|presigned| std::cmp::Reverse(presigned.hour));
        past
    }

    /// Keeps one. `false`: there is no room.
    pub(crate) fn keep(&self, presigned: Presigned) -> bool {
        let kept = of_app(&self.shards, presigned.app_id);
        let kept = kept.is_some_and(|mut apps| apps.keep(&presigned));
        if kept {
            self.files().push(presigned);
        }
        kept
    }

    /// Forgets one that turned out to be no good.
    pub(crate) fn forget(&self, app_id: AppId, hour: i64) {
        let Some(mut apps) = of_app(&self.shards, app_id) else { return };
        let Some(ahead) = apps.by_id.get_mut(&app_id) else { return };
        let before = ahead.hours.len();
        ahead.hours.retain(|slot| Some(slot.number) != number_of(hour));
        let gone = before - ahead.hours.len();
        apps.signatures -= gone;
    }

    /// Notes an app whose licence was not at hand.
    pub(crate) fn note(&self, app_id: AppId) {
        let mut newcomers = lock(&self.newcomers);
        // Beyond that the next look finds them.
        if newcomers.len() < NEWCOMERS_MAX {
            newcomers.push(app_id);
        }
    }

    /// Those noted since the last call.
    fn take_newcomers(&self) -> Vec<AppId> {
        std::mem::take(&mut *lock(&self.newcomers))
    }

    /// Writes to disk what was kept since the last call.
    pub(crate) fn flush(&self, kek: &Kek) -> io::Result<()> {
        self.files().flush(kek)
    }

    /// Forgets what `is_of_use` says no to (app, revision, hour number, serial), and files of hours that
    /// nobody has any more.
    pub(crate) fn sweep(&self, kek: &Kek, is_of_use: impl Fn(AppId, u32, i64, u32) -> bool) {
        let mut left: HashMap<u32, usize> = HashMap::new();
        for shard in &self.shards {
            let mut apps = lock(shard);
            apps.retain(&is_of_use);
            for slot in apps.by_id.values().flat_map(|ahead| &ahead.hours) {
                *left.entry(slot.number).or_default() += 1;
            }
        }
        let fat = self.files().tidy(&left);
        for number in fat {
            let records: Vec<_> =
                self.shards.iter().flat_map(|shard| lock(shard).of_hour(number)).collect();
            if let Err(error) = self.files().rewrite(kek, number, &records) {
                tracing::warn!(%error, "a file of licences minted ahead was not made smaller");
            }
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).signatures).sum()
    }

    /// Bytes of memory that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).bytes()).sum()
    }

    /// The apps that there are some of.
    pub(crate) fn app_ids(&self) -> Vec<AppId> {
        let ids = |shard: &Mutex<Apps>| lock(shard).by_id.keys().copied().collect::<Vec<_>>();
        self.shards.iter().flat_map(ids).collect()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        lock(&self.files)
    }
}

fn of_app(shards: &[Mutex<Apps>], app_id: AppId) -> Option<MutexGuard<'_, Apps>> {
    // Any mixing will do; AppIds in steps must not share a shard.
    let mixed = app_id.0.wrapping_mul(0x9e37_79b1) >> 16;
    shards.get(usize::try_from(mixed).unwrap_or(0) % SHARDS).map(lock)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Apps {
    fn bytes(&self) -> usize {
        self.signatures * size_of::<Slot>() + self.by_id.len() * APP_BYTES
    }

    fn keep(&mut self, new: &Presigned) -> bool {
        let Some(number) = number_of(new.hour) else { return false };
        if self.bytes() + size_of::<Slot>() + APP_BYTES > PREMINTED_BYTES_MAX / SHARDS {
            return false;
        }
        let empty = || Ahead { revision: new.revision, hours: Vec::new() };
        let ahead = self.by_id.entry(new.app_id).or_insert_with(empty);
        if ahead.revision > new.revision {
            return false;
        }
        if ahead.revision < new.revision {
            self.signatures -= ahead.hours.len();
            *ahead = empty();
        }
        let slot = Slot { number, serial: new.serial, signature: new.signature };
        match ahead.hours.iter_mut().find(|old| old.number == number) {
            Some(old) => *old = slot,
            None => {
                // As many as come, and no more: doubling would waste as much again.
                ahead.hours.reserve_exact(1);
                ahead.hours.push(slot);
                self.signatures += 1;
            }
        }
        true
    }

    fn retain(&mut self, is_of_use: impl Fn(AppId, u32, i64, u32) -> bool) {
        self.by_id.retain(|app_id, Ahead { revision, hours }| {
            let number = |slot: &Slot| i64::from(slot.number);
            hours.retain(|slot| is_of_use(*app_id, *revision, number(slot), slot.serial));
            !hours.is_empty()
        });
        self.signatures = self.by_id.values().map(|ahead| ahead.hours.len()).sum();
    }

    fn of_hour(&self, number: u32) -> Vec<Presigned> {
        let hour = i64::from(number) * HOUR_SECS;
        let apps = self.by_id.iter();
        let found = apps.filter_map(|(app_id, ahead)| Some((app_id, ahead, ahead.slot(number)?)));
        found
            .map(|(app_id, ahead, slot)| Presigned {
                app_id: *app_id,
                revision: ahead.revision,
                hour,
                serial: slot.serial,
                signature: slot.signature,
            })
            .collect()
    }
}

impl Ahead {
    fn slot(&self, number: u32) -> Option<&Slot> {
        self.hours.iter().find(|slot| slot.number == number)
    }
}

/// The number of the hour, which with the app's phase says when it begins.
fn number_of(hour: i64) -> Option<u32> {
    u32::try_from(hour.div_euclid(HOUR_SECS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek() -> Kek {
        Kek::from_bytes(&[7; 32]).unwrap()
    }

    /// Of app 1, with a phase of 17 s.
    fn presigned(revision: u32, number: i64, serial: u32) -> Presigned {
        let hour = number * HOUR_SECS + 17;
        let signature = [u8::try_from(serial).unwrap(); 64];
        Presigned { app_id: AppId(1), revision, hour, serial, signature }
    }

    #[test]
    fn it_is_of_its_hour_revision_and_key() {
        let directory = tempfile::tempdir().unwrap();
        let ahead = Preminted::open(directory.path(), &kek());
        assert!(ahead.keep(presigned(2, 100, 5)));
        let find = |revision, number: i64, serial| {
            ahead.find(AppId(1), revision, number * HOUR_SECS + 17, serial).is_some()
        };
        assert!(find(2, 100, 5));
        assert!(!find(1, 100, 5) && !find(3, 100, 5), "the app was changed");
        assert!(!find(2, 99, 5) && !find(2, 101, 5), "another hour");
        assert!(!find(2, 100, 4), "another key");
        assert!(!ahead.keep(presigned(1, 101, 5)), "of a revision that is over");
        assert!(ahead.keep(presigned(3, 101, 5)));
        assert_eq!((ahead.len(), find(2, 100, 5)), (1, false), "the new revision alone");
    }

    #[test]
    fn what_is_past_is_of_no_later_hour_and_the_newest_comes_first() {
        let directory = tempfile::tempdir().unwrap();
        let ahead = Preminted::open(directory.path(), &kek());
        for (number, serial) in [(100, 4), (104, 5), (102, 5)] {
            ahead.keep(presigned(1, number, serial));
        }
        let past = |number| ahead.past(AppId(1), 1, presigned(1, number, 5).hour);
        assert_eq!(past(99), []);
        assert_eq!(past(103), [presigned(1, 102, 5), presigned(1, 100, 4)]);
        assert_eq!(past(104).len(), 3);
        assert_eq!(ahead.past(AppId(1), 2, presigned(1, 104, 5).hour), [], "the app was changed");
    }

    #[test]
    fn they_survive_a_restart_and_a_torn_write_costs_its_own_part_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("preminted");
        let ahead = Preminted::open(&path, &kek());
        for number in 100..103 {
            ahead.keep(presigned(1, number, 5));
            ahead.flush(&kek()).unwrap();
        }
        ahead.keep(Presigned { app_id: AppId(2), ..presigned(1, 100, 5) });
        ahead.flush(&kek()).unwrap();
        assert_eq!(Preminted::open(&path, &kek()).len(), 4);
        let file = path.join("100");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        let torn = Preminted::open(&path, &kek());
        assert_eq!(torn.len(), 3);
        torn.keep(Presigned { app_id: AppId(3), ..presigned(1, 100, 5) });
        torn.flush(&kek()).unwrap();
        assert_eq!(Preminted::open(&path, &kek()).len(), 4, "what comes after it is read");
        let other = Kek::from_bytes(&[8; 32]).unwrap();
        assert_eq!(Preminted::open(&path, &other).len(), 0);
    }

    #[test]
    fn half_a_block_on_a_full_disk_hides_none_that_come_after_it() {
        let directory = tempfile::tempdir().unwrap();
        let ahead = Preminted::open(directory.path(), &kek());
        ahead.keep(presigned(1, 100, 5));
        ahead.flush(&kek()).unwrap();
        let file = directory.path().join("100");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, [&whole, &whole[..whole.len() / 2]].concat()).unwrap();
        ahead.keep(Presigned { app_id: AppId(2), ..presigned(1, 100, 5) });
        ahead.flush(&kek()).unwrap();
        assert_eq!(Preminted::open(directory.path(), &kek()).len(), 2);
    }

    #[test]
    fn one_that_is_forgotten_makes_room() {
        let directory = tempfile::tempdir().unwrap();
        let ahead = Preminted::open(directory.path(), &kek());
        ahead.keep(presigned(1, 100, 5));
        ahead.keep(presigned(1, 101, 5));
        ahead.forget(AppId(1), presigned(1, 100, 5).hour);
        assert_eq!(ahead.past(AppId(1), 1, presigned(1, 102, 5).hour), [presigned(1, 101, 5)]);
        assert_eq!(ahead.len(), 1);
    }

    #[test]
    fn what_is_of_no_use_leaves_memory_and_disk() {
        let directory = tempfile::tempdir().unwrap();
        let ahead = Preminted::open(directory.path(), &kek());
        for number in 100..103 {
            ahead.keep(presigned(1, number, 5));
        }
        ahead.flush(&kek()).unwrap();
        ahead.sweep(&kek(), |_, _, number, _| number > 100);
        assert_eq!(ahead.len(), 2);
        assert!(!directory.path().join("100").exists());
        assert!(directory.path().join("101").exists());
    }

    /// For the docs: 100,000 apps, a day.
    #[test]
    #[ignore = "a measurement"]
    fn a_hundred_thousand_apps() {
        let directory = tempfile::tempdir().unwrap();
        let clock = tonegate_clock::Clock::system();
        let measured = allocation_counter::measure(|| {
            let ahead = Preminted::open(directory.path(), &kek());
            for number in 100..125 {
                for app in 0..100_000 {
                    ahead.keep(Presigned { app_id: AppId(app), ..presigned(1, number, 5) });
                }
                ahead.flush(&kek()).unwrap();
            }
            println!("counted {} bytes after {:?}", ahead.bytes(), clock.monotonic());
            let swept = clock.monotonic();
            ahead.sweep(&kek(), |_, _, _, _| true);
            println!("swept in {:?}", clock.monotonic() - swept);
            std::mem::forget(ahead);
        });
        println!("kept {} bytes", measured.bytes_current);
        let loaded = clock.monotonic();
        assert_eq!(Preminted::open(directory.path(), &kek()).len(), 2_500_000);
        println!("read in {:?}", clock.monotonic() - loaded);
        let sizes = std::fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().metadata());
        println!("{} bytes on disk", sizes.map(|it| it.unwrap().len()).sum::<u64>());
    }

    #[test]
    fn a_file_does_not_grow_with_what_was_minted_again() {
        let directory = tempfile::tempdir().unwrap();
        let ahead = Preminted::open(directory.path(), &kek());
        for revision in 1..20_000 {
            ahead.keep(presigned(revision, 100, 5));
        }
        ahead.flush(&kek()).unwrap();
        let size = || std::fs::metadata(directory.path().join("100")).unwrap().len();
        assert!(size() > 1_000_000);
        ahead.sweep(&kek(), |_, _, _, _| true);
        assert!(size() < 1_000);
        assert_eq!(Preminted::open(directory.path(), &kek()).len(), 1);
    }
}
