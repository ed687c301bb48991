//! A file that is read again when it has changed.
//!
//! Invariant: what a file holds is judged once per change, so a bad one is reported once and costs
//! nothing after that. A file that could not be read is tried again every time.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is none.
    #[error("{path}: there is no such file")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory, a pipe, a device.
    #[error("{path}: is no regular file")]
    NotRegular {
        /// The path.
        path: PathBuf,
    },
    /// Longer than any good one.
    #[error("{path}: is longer than {max} bytes")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The bound.
        max: usize,
    },
    /// Others may do with it what only its owner should.
    #[error("{path}: mode {mode:03o} lets others {verb} it; type: chmod {cure} {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// `read or write`, `write`.
        verb: &'static str,
        /// What to give chmod.
        cure: &'static str,
    },
}

/// Who may touch a file, besides its owner.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guarded {
    /// Nobody: it holds what callers are recognised by.
    Private,
    /// Others may read: public keys, which nobody else may exchange.
    Unforgeable,
}

/// A bounded, guarded file and what was last seen of it.
#[derive(Debug)]
pub(super) struct WatchedFile {
    path: PathBuf,
    bytes_max: usize,
    guarded: Guarded,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Read, and found good or bad.
    judged: Option<Stamp>,
    /// Could not be read, and that was said.
    complained: Option<Stamp>,
}

/// Changes with every write, replacement and chmod (`ctime` covers the last; a chmod may be all that
/// a refused file needs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    Missing,
    Unreadable,
    File { device: u64, inode: u64, len: u64, modified: (i64, i64), changed: (i64, i64) },
}

impl WatchedFile {
    pub(super) fn new(path: &Path, bytes_max: usize, guarded: Guarded) -> Self {
        Self { path: path.to_owned(), bytes_max, guarded, seen: Mutex::default() }
    }

    /// Hands what the file holds now to `judge` if it changed since; `None`: it did not, or the
    /// trouble has been reported.
    pub(super) fn if_changed<T, E: From<FileError>>(
        &self,
        judge: impl FnOnce(Result<Vec<u8>, FileError>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.stamp();
        if seen.judged == Some(stamp) {
            return Ok(None);
        }
        let read = read_guarded(&self.path, self.bytes_max, self.guarded);
        if let Err(error @ FileError::Read { .. }) = read {
            if seen.complained.replace(stamp) == Some(stamp) {
                return Ok(None);
            }
            return Err(error.into());
        }
        *seen = Seen { judged: Some(stamp), complained: None };
        judge(read).map(Some)
    }

    fn stamp(&self) -> Stamp {
        match fs::metadata(&self.path) {
            Ok(found) => Stamp::File {
                device: found.dev(),
                inode: found.ino(),
                len: found.len(),
                modified: (found.mtime(), found.mtime_nsec()),
                changed: (found.ctime(), found.ctime_nsec()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Stamp::Missing,
            Err(_) => Stamp::Unreadable,
        }
    }
}

/// Reads a whole file under its bound, if only those may touch it who should.
pub(crate) fn read_guarded(
    path: &Path,
    bytes_max: usize,
    guarded: Guarded,
) -> Result<Vec<u8>, FileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => FileError::Missing { path: path.to_owned() },
        _ => FileError::Read { path: path.to_owned(), source },
    };
    // Before it is opened: to open a pipe waits for a writer.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(FileError::NotRegular { path: path.to_owned() });
    }
    let file = File::open(path).map_err(failed)?;
    guarded.check(path, file.metadata().map_err(failed)?.permissions().mode())?;
    let mut bytes = Vec::new();
    // One byte more than a good file can have, so that a longer one is seen.
    let bound = u64::try_from(bytes_max).map_or(u64::MAX, |max| max.saturating_add(1));
    file.take(bound).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > bytes_max {
        return Err(FileError::TooLong { path: path.to_owned(), max: bytes_max });
    }
    Ok(bytes)
}

impl Guarded {
    fn check(self, path: &Path, mode: u32) -> Result<(), FileError> {
        let (forbidden, verb, cure) = match self {
            Self::Private => (0o077, "read or write", "600"),
            Self::Unforgeable => (0o002, "write", "o-w"),
        };
        if mode & forbidden == 0 {
            return Ok(());
        }
        Err(FileError::Exposed { path: path.to_owned(), mode: mode & 0o777, verb, cure })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &WatchedFile) -> Result<Option<String>, FileError> {
        file.if_changed(|read| read.map(|bytes| String::from_utf8(bytes).unwrap()))
    }

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn each_change_is_seen_once_also_a_chmod_and_a_removal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let file = WatchedFile::new(&path, 8, Guarded::Private);
        assert!(matches!(text(&file), Err(FileError::Missing { .. })));
        assert_eq!(text(&file).unwrap(), None, "said once");
        write(&path, "one", 0o600);
        assert_eq!(text(&file).unwrap().as_deref(), Some("one"));
        assert_eq!(text(&file).unwrap(), None);
        write(&path, "two!", 0o644);
        assert!(text(&file).unwrap_err().to_string().contains("chmod 600"));
        assert_eq!(text(&file).unwrap(), None, "said once");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(text(&file).unwrap().as_deref(), Some("two!"));
        fs::remove_file(&path).unwrap();
        assert!(matches!(text(&file), Err(FileError::Missing { .. })));
    }

    #[test]
    fn what_is_too_long_or_no_file_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write(&path, "12345678", 0o644);
        assert!(read_guarded(&path, 8, Guarded::Unforgeable).is_ok());
        let long = read_guarded(&path, 7, Guarded::Unforgeable);
        assert!(matches!(long, Err(FileError::TooLong { max: 7, .. })));
        let not = read_guarded(directory.path(), 7, Guarded::Unforgeable);
        assert!(matches!(not, Err(FileError::NotRegular { .. })));
        write(&path, "1", 0o646);
        let open = read_guarded(&path, 8, Guarded::Unforgeable);
        assert!(matches!(open, Err(FileError::Exposed { .. })));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said_once_and_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let parent = directory.path().join("parent");
        fs::write(&parent, "a file, so nothing lies below it").unwrap();
        let file = WatchedFile::new(&parent.join("file"), 8, Guarded::Private);
        assert!(matches!(text(&file), Err(FileError::Read { .. })));
        assert_eq!(text(&file).unwrap(), None);
        fs::remove_file(&parent).unwrap();
        fs::create_dir(&parent).unwrap();
        write(&parent.join("file"), "here", 0o600);
        assert_eq!(text(&file).unwrap().as_deref(), Some("here"));
    }
}
