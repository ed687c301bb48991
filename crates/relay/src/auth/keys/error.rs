//! Why a file of API keys was not read or not changed. No text holds a key.

use std::io;
use std::path::PathBuf;

use crate::auth::watched_file::FileError;

/// Why a file of API keys was not read or not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read, or others may.
    #[error(transparent)]
    File(#[from] FileError),
    /// It does not hold what a keys file holds.
    #[error("{path}: is no file of API keys: {why}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// The new file could not be written; the old one is as it was.
    #[error("{path}: cannot be written, nothing was changed: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It would be longer than a relay reads.
    #[error("{path}: is full, no key was added; revoke some first")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The new key's name or apps cannot be.
    #[error("no key was added: {why}")]
    Refused {
        /// What is wrong with them.
        why: &'static str,
    },
    /// No key has this id.
    #[error("there is no API key {id}; `tonegate relay key list` shows those there are")]
    NoSuchKey {
        /// The id.
        id: String,
    },
    /// The system gave no randomness.
    #[error("the system gave no random bytes; no key was added")]
    NoRandomness,
}
