//! The replay guard: no signature is answered twice (docs/PROTOCOL.md §5, Repeated signatures).
//!
//! Invariant: once [`ReplayGuard::admit`] has said [`Admission::Accepted`], it never says so again
//! for that signature in this process; and from [`ReplayGuard::write`] on, which comes before the
//! answer, in none that follows it after kill -9 either. The signatures of a
//! Timestamp's minute lie in one table; a table is given up only long after its minute has left the
//! window, and its Timestamps are refused from then on, whatever the clock does.
//!
//! A record that cannot be written (a full disk) is kept in memory, counted and logged, and issuing
//! goes on: what a replay gains is a copy of a licence, and a stop would cost every app. Such records
//! are lost when the process ends, so the next one refuses Timestamps from before its start, as it does
//! after a crash of the system (unless the disk would not take even that note). Without a journal
//! directory, all records are lost.
//!
//! Left to others: the window, the signature itself, the rate (passed in as `charge`), the time, and
//! calling [`expire`](ReplayGuard::expire) and [`sync`](ReplayGuard::sync) off the request's way.

mod files;
mod fingerprint;
mod forgotten;
mod journal;
mod segment;
pub mod shared;
mod table;
#[cfg(test)]
mod tests;
mod wheel;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tonegate_protocol::limits::WINDOW_SECS;

use files::{Files, LastRun};
use fingerprint::FingerprintKey;
use forgotten::Forgotten;
use journal::Journal;
pub use journal::Unwritten;
pub use segment::{ReadReport, Record, read_segment};
pub use wheel::Minute;
use wheel::Wheel;

use crate::limits::HOLD_SECS;

/// How much to remember, and where.
#[derive(Clone, Debug)]
pub struct GuardConfig {
    /// Signatures kept at once, at 11 to 21 bytes each.
    pub max_entries: usize,
    /// The journal's own directory, made if need be; `None`: nothing survives the process.
    pub journal_dir: Option<PathBuf>,
}

impl Default for GuardConfig {
    /// 16 million signatures, no journal.
    fn default() -> Self {
        Self { max_entries: 16_000_000, journal_dir: None }
    }
}

/// What an app does with a repeated signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayMode {
    /// Refuse it.
    Once,
    /// Answer it again, and charge it.
    Repeatable,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// New, charged, and consumed from now on.
    Accepted,
    /// Seen before, charged; only with [`ReplayMode::Repeatable`].
    AcceptedAgain,
    /// Seen before; only with [`ReplayMode::Once`]. Code 100000005.
    Repeated,
    /// Over the rate; the signature is not consumed. Code 7.
    RateLimited,
    /// No room for a new one; neither consumed nor charged. Code 1.
    Full,
    /// Its Timestamp's table is gone (or no table was ever for it). Code 100000004.
    Forgotten,
}

/// What a look at a signature finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Not seen, and there is room for it.
    New,
    /// Not seen, and there is no room.
    Full,
    /// Seen before.
    Seen,
    /// Its Timestamp's table is gone.
    Forgotten,
}

/// Why the guard could not open its directory.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// A file or directory could not be made, read or written.
    #[error("replay guard cannot {action} {path}: {source}")]
    Io {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Another process has the directory open.
    #[error("{path} is in use: another server runs on this data directory")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The system gave no random bytes for the key.
    #[error("no random bytes for the replay guard's key")]
    NoRandomness,
}

/// All signatures of the window, in memory and in the journal.
#[derive(Debug)]
pub struct ReplayGuard {
    key: FingerprintKey,
    wheel: Wheel,
    max_entries: usize,
    /// `None`: memory only. Dropped without [`close`](Self::close), it is as after kill -9.
    disk: Option<Disk>,
    /// What `expire` and `sync` know; held by `expire` throughout, so that it runs once at a time.
    maintenance: Mutex<Maintenance>,
}

#[derive(Debug, Default)]
struct Maintenance {
    /// Something was forgotten that is not on disk.
    unpersisted: bool,
    /// The disk knows that records are missing from it.
    noted: bool,
}

#[derive(Debug)]
struct Disk {
    files: Files,
    journal: Journal,
}

impl ReplayGuard {
    /// Makes the directory of an installation that has accepted nothing yet, as a run in good order
    /// leaves it: to [`open`](Self::open), a directory that is missing is one that was lost.
    pub fn create(dir: &Path) -> Result<(), GuardError> {
        let files = Files::open(dir)?;
        files.key()?;
        files.write_last_run(&LastRun::Closed)
    }

    /// Reads back what the last run left, at gateway time `now` (Unix seconds). `boot_id` names the
    /// system's boot (see [`boot_id`]): if it changed since a run that was not closed, or if anything
    /// on disk is damaged or gone, records may be missing, and Timestamps from the 1,260 s before `now` are
    /// refused. Blocks on disk.
    pub fn open(config: GuardConfig, now: i64, boot_id: Option<&str>) -> Result<Self, GuardError> {
        match config.journal_dir {
            None => Ok(Self {
                key: FingerprintKey::random()?,
                wheel: Wheel::new(config.max_entries, Forgotten::default()),
                max_entries: config.max_entries,
                disk: None,
                maintenance: Mutex::default(),
            }),
            Some(dir) => Self::recover(&dir, config.max_entries, now, boot_id),
        }
    }

    fn recover(
        dir: &Path,
        max_entries: usize,
        now: i64,
        boot_id: Option<&str>,
    ) -> Result<Self, GuardError> {
        let files = Files::open(dir)?;
        let key = files.key()?;
        let (mut forgotten, forgotten_damaged) = files.forgotten()?;
        let wheel = Wheel::new(max_entries, Forgotten::default());
        let replay = |record: Record| wheel.restore(record);
        let (journal, read) = Journal::open(dir, key.id(), now, replay)?;
        let crashed = files.last_run()?.may_have_lost(boot_id);
        if crashed || forgotten_damaged || read.lost {
            tracing::warn!(refuse_before = now, "replay guard may miss records of the last run");
            forgotten.forget(now - HOLD_SECS, now);
            files.write_forgotten(&forgotten)?;
        }
        files.write_last_run(&LastRun::Open { boot_id: boot_id.map(str::to_owned) })?;
        journal.start(now)?;
        wheel.set_forgotten(forgotten);
        tracing::info!(entries = wheel.len(), segments = read.segments, "replay guard opened");
        let disk = Some(Disk { files, journal });
        Ok(Self { key, wheel, max_entries, disk, maintenance: Mutex::default() })
    }

    /// Looks the signature up, charges the rate and remembers the signature, in one step. `charge`
    /// is called at most once, with a shard of the guard locked: it must be quick. What is accepted is
    /// added to `unwritten`: no answer may leave before that was [written](Self::write).
    #[inline]
    pub fn admit(
        &self,
        app_id: u32,
        signature: &[u8; 16],
        timestamp: i64,
        unwritten: &mut Unwritten,
        mode: ReplayMode,
        charge: impl FnOnce() -> bool,
    ) -> Admission {
        let Some(minute) = Minute::of(timestamp) else { return Admission::Forgotten };
        let record = Record { fingerprint: self.key.fingerprint(app_id, signature), minute };
        let admission = self.wheel.admit(record, timestamp, mode, charge);
        if admission == Admission::Accepted && self.disk.is_some() {
            unwritten.push(record);
        }
        admission
    }

    /// What [`admit`](Self::admit) would begin with. Changes nothing, and may be out of date at once.
    pub fn look(&self, app_id: u32, signature: &[u8; 16], timestamp: i64) -> Look {
        let Some(minute) = Minute::of(timestamp) else { return Look::Forgotten };
        let fingerprint = self.key.fingerprint(app_id, signature);
        self.wheel.look(Record { fingerprint, minute }, timestamp)
    }

    /// Was the signature used? A look that changes nothing; the answer may be out of date at once.
    pub fn has_seen(&self, app_id: u32, signature: &[u8; 16], timestamp: i64) -> bool {
        let Some(minute) = Minute::of(timestamp) else { return false };
        self.wheel.holds(Record { fingerprint: self.key.fingerprint(app_id, signature), minute })
    }

    /// Writes to the journal what was accepted since the last time, with one call of the system.
    pub fn write(&self, unwritten: &mut Unwritten, now: i64) {
        if let Some(disk) = &self.disk {
            disk.journal.append(unwritten, now);
        }
    }

    /// Gives up the tables whose minute left the window 1,260 s ago, and the journal's segments that
    /// hold nothing else. To be called at every tick of the clock, except while
    /// `GatewayTime::holds_tables`. Blocks on disk.
    pub fn expire(&self, now: i64) {
        let mut maintenance = self.maintenance();
        let due = self.wheel.due(now.saturating_sub(WINDOW_SECS + HOLD_SECS));
        let forgotten = self.wheel.forget(&due);
        maintenance.unpersisted |= !due.is_empty();
        if let (Some(disk), true) = (&self.disk, maintenance.unpersisted) {
            // On disk before the records go; if it fails, the segments stay and say the same.
            maintenance.unpersisted = !disk.persist(&forgotten, now);
        }
        self.wheel.drop_tables(&due);
        if let (Some(disk), false) = (&self.disk, maintenance.unpersisted) {
            disk.journal.delete_before(self.wheel.oldest());
        }
    }

    /// Forces the journal to disk and begins a new segment when it is time; to be called every
    /// 200 ms. Blocks on disk.
    pub fn sync(&self, now: i64) {
        let Some(disk) = &self.disk else { return };
        disk.journal.sync(now);
        disk.journal.rotate_if_due(now);
        let mut maintenance = self.maintenance();
        if disk.journal.errors() > 0 && !maintenance.noted {
            maintenance.noted = disk.files.write_last_run(&LastRun::LOSSY).is_ok();
        }
    }

    /// Ends a run in good order: the next one need not fear a system crash. To be called once nothing
    /// is admitted any more. Blocks on disk.
    pub fn close(&self, now: i64) -> Result<(), GuardError> {
        let Some(disk) = &self.disk else { return Ok(()) };
        disk.journal.sync(now);
        let complete = disk.journal.errors() == 0;
        disk.files.write_last_run(if complete { &LastRun::Closed } else { &LastRun::LOSSY })
    }

    fn maintenance(&self) -> MutexGuard<'_, Maintenance> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signatures held now; a metric warns at 80 % of [`capacity`](Self::capacity).
    pub fn len(&self) -> usize {
        self.wheel.len()
    }

    /// Whether no signature is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Signatures that can be held: `max_entries`.
    pub fn capacity(&self) -> usize {
        self.max_entries
    }

    /// Whether a write or sync failed in the five minutes before `now`.
    pub fn journal_is_failing(&self, now: i64) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.journal.is_failing(now))
    }

    /// Writes and syncs that failed since the start; a metric.
    pub fn journal_errors(&self) -> u64 {
        self.disk.as_ref().map_or(0, |disk| disk.journal.errors())
    }
}

impl Disk {
    /// Writes what is forgotten; `false`: it failed, to be tried again.
    fn persist(&self, forgotten: &Forgotten, now: i64) -> bool {
        let written = self.files.write_forgotten(forgotten);
        if let Err(error) = &written {
            self.journal.count(error, 1, now);
        }
        written.is_ok()
    }
}

/// Keeps servers off a guard's directory for as long as it lives.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "it holds the lock")] Files);

impl Held {
    /// `Err(InUse)`: a server runs on it.
    pub fn of(dir: &Path) -> Result<Self, GuardError> {
        Files::open(dir).map(Self)
    }
}

/// The running system's boot, as Linux names it; `None` elsewhere, and then each run that was not
/// closed counts as one that crashed with the system.
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}
