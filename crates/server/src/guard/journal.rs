//! The journal: accepted signatures on disk, in segments.
//!
//! Invariant: when [`Journal::append`] returns, the records are in the system's page cache, where the
//! process's end cannot reach them; [`Journal::sync`] makes them survive the system's. Each run writes
//! segments of its own and only reads those of earlier ones, so a torn tail is never written over.
//! A record's place is taken by counting, so a failed write leaves a hole and nothing moves.
//! Errors are counted and logged once a minute; none stops a request. When to delete is the guard's
//! to say.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::files::{failed, private_file, sync_dir};
use super::segment::{RECORD_LEN, ReadReport, Record, read_segment, write_header, write_record};
use super::{GuardError, Minute};

/// A segment ends after so many seconds,
const SEGMENT_AGE: u64 = 300;
/// or so many bytes: a million records, which reading back takes at a time.
const SEGMENT_LEN: u64 = 16 * 1024 * 1024;
/// The end of a segment's name; before it stands its number.
const EXTENSION: &str = "journal";
/// An error is news for so many seconds.
const ERROR_NEWS: u64 = 300;

#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    key_id: u32,
    /// `None` until [`start`](Self::start). Writers hold it shared, rotation alone.
    current: RwLock<Option<Arc<Segment>>>,
    /// Owned by the guard's maintenance.
    closed: Mutex<Vec<ClosedSegment>>,
    errors: AtomicU64,
    /// Gateway time of the last error that was logged.
    logged: AtomicI64,
}

/// A segment being written.
#[derive(Debug)]
struct Segment {
    number: u64,
    path: PathBuf,
    file: File,
    opened: i64,
    /// Bytes taken.
    len: AtomicU64,
    newest: AtomicU32,
    unsynced: AtomicBool,
}

/// Records that were accepted and are not in the journal yet, as they will stand there.
#[derive(Debug, Default)]
pub struct Unwritten {
    blocks: Vec<u8>,
    newest: u32,
}

impl Unwritten {
    /// Is there nothing to write?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    #[inline]
    pub(super) fn push(&mut self, record: Record) {
        self.blocks.extend_from_slice(&write_record(record));
        self.newest = self.newest.max(record.minute.0);
    }
}

#[derive(Debug)]
struct ClosedSegment {
    number: u64,
    path: PathBuf,
    newest: Minute,
}

/// What was found at the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recovery {
    pub(super) segments: usize,
    /// A record may be missing that was accepted.
    pub(super) lost: bool,
}

impl Journal {
    /// Reads all segments, oldest first, and hands each record to `restore`. Damage is logged, and
    /// never an error. `now` stands for the newest record of a segment that has none.
    pub(super) fn open(
        dir: &Path,
        key_id: u32,
        now: i64,
        mut restore: impl FnMut(Record),
    ) -> Result<(Self, Recovery), GuardError> {
        let mut recovery = Recovery::default();
        let mut closed = Vec::new();
        for (number, path) in list(dir).map_err(failed("list", dir))? {
            let (records, lost) = read_back(&path, key_id);
            let newest = records.iter().map(|record| record.minute).max();
            records.into_iter().for_each(&mut restore);
            let newest = newest.or(Minute::of(now)).unwrap_or(Minute(0));
            closed.push(ClosedSegment { number, path, newest });
            recovery.segments += 1;
            recovery.lost |= lost;
        }
        let journal = Self {
            dir: dir.to_owned(),
            key_id,
            current: RwLock::default(),
            closed: Mutex::new(closed),
            errors: AtomicU64::new(0),
            logged: AtomicI64::new(i64::MIN),
        };
        Ok((journal, recovery))
    }

    /// Begins this run's first segment.
    pub(super) fn start(&self, now: i64) -> Result<(), GuardError> {
        self.begin_segment(now).map_err(failed("create a segment in", &self.dir))
    }

    pub(super) fn append(&self, unwritten: &mut Unwritten, now: i64) {
        if unwritten.is_empty() {
            return;
        }
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(segment) = current.as_ref()
            && let Err(error) = segment.append(unwritten)
        {
            self.count(&error, unwritten.blocks.len() / RECORD_LEN, now);
        }
        unwritten.blocks.clear();
        unwritten.newest = 0;
    }

    /// Forces what was appended to disk.
    pub(super) fn sync(&self, now: i64) {
        // Without the lock: a sync may take long, and writers must not wait for it.
        if let Some(segment) = self.current() {
            self.sync_segment(&segment, now);
        }
    }

    /// Begins a new segment when the current one is old or long enough and not empty. If that
    /// fails, the current one goes on.
    pub(super) fn rotate_if_due(&self, now: i64) {
        let Some(segment) = self.current() else { return };
        let len = segment.len.load(Ordering::Relaxed);
        let old = now.abs_diff(segment.opened) >= SEGMENT_AGE && len > RECORD_LEN as u64;
        if !old && len < SEGMENT_LEN {
            return;
        }
        match self.begin_segment(now) {
            Ok(()) => self.sync_segment(&segment, now),
            Err(error) => self.count(&error, 1, now),
        }
    }

    /// Deletes the closed segments that hold only minutes before `oldest` (`None`: none is held).
    pub(super) fn delete_before(&self, oldest: Option<Minute>) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.retain(|segment| {
            let live = oldest.is_some_and(|oldest| segment.newest >= oldest);
            live || !delete(&segment.path)
        });
    }

    /// Counts an error as often as it cost something; logs the first of a minute.
    pub(super) fn count(&self, error: &(dyn Error + 'static), times: usize, now: i64) {
        self.errors.fetch_add(times as u64, Ordering::Relaxed);
        let due = |logged: i64| !(logged..logged.saturating_add(60)).contains(&now);
        let log = |logged| due(logged).then_some(now);
        if self.logged.fetch_update(Ordering::Relaxed, Ordering::Relaxed, log).is_ok() {
            tracing::error!(error, "replay journal cannot be written; issuing goes on");
        }
    }

    /// The last error that was logged is at most a minute older than the last.
    pub(super) fn is_failing(&self, now: i64) -> bool {
        self.logged.load(Ordering::Relaxed).abs_diff(now) < ERROR_NEWS
    }

    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    fn current(&self) -> Option<Arc<Segment>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin_segment(&self, now: i64) -> io::Result<()> {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.current().map(|segment| segment.number);
        let number = last.max(closed.last().map(|segment| segment.number)).map_or(1, |n| n + 1);
        let segment = Arc::new(Segment::create(&self.dir, number, self.key_id, now)?);
        let ended = self.current.write().unwrap_or_else(PoisonError::into_inner).replace(segment);
        closed.extend(ended.map(|segment| segment.close()));
        Ok(())
    }

    /// Never retried: after an error the system may call lost pages clean.
    fn sync_segment(&self, segment: &Segment, now: i64) {
        if let Err(error) = segment.sync() {
            self.count(&error, 1, now);
        }
    }
}

impl Segment {
    fn create(dir: &Path, number: u64, key_id: u32, opened: i64) -> io::Result<Self> {
        let path = dir.join(format!("{number:016}.{EXTENSION}"));
        let file = private_file(&path, true)?;
        file.write_all_at(&write_header(key_id), 0)?;
        file.sync_data()?;
        sync_dir(dir)?;
        Ok(Self {
            number,
            path,
            file,
            opened,
            len: AtomicU64::new(RECORD_LEN as u64),
            newest: AtomicU32::new(0),
            unsynced: AtomicBool::new(false),
        })
    }

    fn append(&self, unwritten: &Unwritten) -> io::Result<()> {
        self.newest.fetch_max(unwritten.newest, Ordering::Relaxed);
        let place = self.len.fetch_add(unwritten.blocks.len() as u64, Ordering::Relaxed);
        let written = self.file.write_all_at(&unwritten.blocks, place);
        self.unsynced.store(true, Ordering::Release);
        written
    }

    fn sync(&self) -> io::Result<()> {
        if self.unsynced.swap(false, Ordering::AcqRel) { self.file.sync_data() } else { Ok(()) }
    }

    fn close(&self) -> ClosedSegment {
        let newest = Minute(self.newest.load(Ordering::Relaxed));
        ClosedSegment { number: self.number, path: self.path.clone(), newest }
    }
}

/// Whether the file is gone.
fn delete(path: &Path) -> bool {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, segment = %path.display(), "journal segment stays");
            false
        }
        _ => true,
    }
}

/// The segments of a directory by number, lowest first.
fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let (Some(number), Some(EXTENSION)) = (number, path.extension().and_then(|e| e.to_str()))
        {
            segments.push((number, path));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// The records of one segment, and whether some may be missing.
fn read_back(path: &Path, key_id: u32) -> (Vec<Record>, bool) {
    let segment = path.display();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(%error, %segment, "journal segment cannot be read");
            return (Vec::new(), true);
        }
    };
    let (records, report) = read_segment(&bytes);
    if report.key_id.is_some_and(|made_by| made_by != key_id) {
        tracing::warn!(%segment, "journal segment was made with another key");
        return (Vec::new(), true);
    }
    let ReadReport { holes, damaged, torn, .. } = report;
    let headless = report.key_id.is_none();
    if headless || damaged > 0 || torn > 0 {
        tracing::warn!(%segment, headless, holes, damaged, torn, "journal segment is damaged");
    }
    // A torn tail is a record whose request was never answered.
    (records, headless && bytes.len() >= RECORD_LEN || damaged > 0)
}

#[cfg(test)]
impl Journal {
    /// Makes each write to the current segment fail, as a full disk does.
    pub(super) fn break_current(&self) {
        let mut current = self.current.write().unwrap();
        let segment = Arc::into_inner(current.take().unwrap()).unwrap();
        let file = File::open(&segment.path).unwrap();
        *current = Some(Arc::new(Segment { file, ..segment }));
    }
}
