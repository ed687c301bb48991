//! The small files beside the journal: key, last run, what is forgotten, lock.
//!
//! Invariant: each is replaced as a whole (written aside, synced, renamed), so a crash leaves the old
//! or the new one. The directory is its owner's alone (0700, files 0600), and one process's at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::GuardError;
use super::fingerprint::FingerprintKey;
use super::forgotten::Forgotten;

const KEY: &str = "key";
const LAST_RUN: &str = "last-run";
const FORGOTTEN: &str = "forgotten";
const LOCK: &str = "lock";

/// The directory, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct Files {
    dir: PathBuf,
    _lock: File,
}

/// How the directory was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LastRun {
    /// Everything was on disk.
    Closed,
    /// Not closed; the system's boot in which it ran, if it has a name.
    Open { boot_id: Option<String> },
}

impl LastRun {
    /// A run whose journal misses records: no boot is ever equal to it.
    pub(super) const LOSSY: Self = Self::Open { boot_id: None };

    /// Whether records may be missing: what a process wrote survives its end, but not the system's.
    pub(super) fn may_have_lost(&self, boot_id: Option<&str>) -> bool {
        match self {
            Self::Closed => false,
            Self::Open { boot_id: None } => true,
            Self::Open { boot_id: then } => then.as_deref() != boot_id,
        }
    }
}

impl Files {
    pub(super) fn open(dir: &Path) -> Result<Self, GuardError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(failed("create", dir))?;
        let private = fs::set_permissions(dir, Permissions::from_mode(0o700));
        private.map_err(failed("restrict access to", dir))?;
        let path = dir.join(LOCK);
        let lock = private_file(&path, false).map_err(failed("create", &path))?;
        match try_lock(&lock) {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(GuardError::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
        }
    }

    /// The directory's key; a new one when there is none or it is damaged, and then the journal's
    /// segments show that they are another's.
    pub(super) fn key(&self) -> Result<FingerprintKey, GuardError> {
        if let Some(key) = self.read(KEY)?.and_then(|bytes| FingerprintKey::from_bytes(&bytes)) {
            return Ok(key);
        }
        let key = FingerprintKey::random()?;
        self.replace(KEY, key.as_bytes())?;
        Ok(key)
    }

    /// What is forgotten, and whether that may be incomplete.
    pub(super) fn forgotten(&self) -> Result<(Forgotten, bool), GuardError> {
        let bytes = self.read(FORGOTTEN)?.unwrap_or_default();
        Ok(Forgotten::from_text(&String::from_utf8_lossy(&bytes)))
    }

    pub(super) fn write_forgotten(&self, forgotten: &Forgotten) -> Result<(), GuardError> {
        self.replace(FORGOTTEN, forgotten.to_text().as_bytes())
    }

    /// A missing or damaged file counts as a run that crashed.
    pub(super) fn last_run(&self) -> Result<LastRun, GuardError> {
        let bytes = self.read(LAST_RUN)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let boot_id = text.strip_prefix("open ").and_then(|rest| rest.strip_suffix('\n'));
        Ok(match text.as_ref() {
            "closed\n" => LastRun::Closed,
            _ => LastRun::Open { boot_id: boot_id.map(str::to_owned) },
        })
    }

    pub(super) fn write_last_run(&self, run: &LastRun) -> Result<(), GuardError> {
        let text = match run {
            LastRun::Closed => "closed\n".to_owned(),
            LastRun::Open { boot_id: Some(id) } => format!("open {id}\n"),
            LastRun::Open { boot_id: None } => "open\n".to_owned(),
        };
        self.replace(LAST_RUN, text.as_bytes())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, GuardError> {
        let path = self.dir.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed("read", &path)(source)),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), GuardError> {
        let (aside, path) = (self.dir.join(format!("{name}.new")), self.dir.join(name));
        let write = || {
            let mut file = private_file(&aside, true)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&aside, &path)?;
            sync_dir(&self.dir)
        };
        write().map_err(failed("write", &path))
    }
}

/// Tries for a second: a run that has just ended may have left the lock for a moment to a process
/// that it was forking, or to a sync that it had begun.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..50 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            result => return result,
        }
    }
    file.try_lock()
}

/// Opens a file that only its owner may read, made if need be.
pub(super) fn private_file(path: &Path, truncate: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(truncate).mode(0o600).open(path)
}

/// Makes new and renamed names in the directory survive a system crash.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// An error with its facts.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> GuardError {
    let path = path.to_owned();
    move |source| GuardError::Io { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_key_stays_and_nobody_else_may_read_it() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data/guard");
        let key = Files::open(&dir).unwrap().key().unwrap();
        assert_eq!(Files::open(&dir).unwrap().key().unwrap(), key);
        assert_eq!((mode(&dir), mode(&dir.join(KEY))), (0o700, 0o600));
        fs::write(dir.join(KEY), b"short").unwrap();
        assert_ne!(Files::open(&dir).unwrap().key().unwrap(), key);
    }

    #[test]
    fn one_process_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let first = Files::open(home.path()).unwrap();
        assert!(matches!(Files::open(home.path()), Err(GuardError::InUse { .. })));
        drop(first);
        assert!(Files::open(home.path()).is_ok());
    }

    #[test]
    fn only_a_closed_run_or_the_same_boot_lost_nothing() {
        let home = tempfile::tempdir().unwrap();
        let files = Files::open(home.path()).unwrap();
        assert!(files.last_run().unwrap().may_have_lost(Some("a")), "nothing is known");
        for (run, boot_id, lost) in [
            (LastRun::Closed, Some("b"), false),
            (LastRun::Open { boot_id: Some("a".into()) }, Some("a"), false),
            (LastRun::Open { boot_id: Some("a".into()) }, Some("b"), true),
            (LastRun::Open { boot_id: Some("a".into()) }, None, true),
            (LastRun::Open { boot_id: None }, None, true),
        ] {
            files.write_last_run(&run).unwrap();
            assert_eq!(files.last_run().unwrap(), run);
            assert_eq!(run.may_have_lost(boot_id), lost, "{run:?} {boot_id:?}");
        }
    }
}
