//! Backup and restore: everything of an installation in one file, and back.
//!
//! A backup is made while servers run: it is one moment of the database. Restoring one is a rollback, since
//! whatever was done after that moment is undone by it, so it says first what that would be
//! ([`Plan`]), held against the database that it replaces and the newest checkpoint of the audit log that
//! was kept outside; it ends all sessions; and it happens in one transaction or not at all.
//! `archive` is the file, `key` what opens it, `write` and `restore` the two ways.

mod archive;
mod key;
mod restore;
#[cfg(test)]
mod tests;
mod write;

use std::io;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use archive::Head;
pub use key::{ArchiveKey, Sealing};
pub use restore::{Contents, Plan, Undone, read, restore};
pub use write::back_up;

use crate::audit::CheckpointError;
use crate::model::Environment;
use crate::seal::SealError;
use crate::store::{AuditHash, StoreError};

/// A key-encryption key as 64 hex characters, wiped and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyText(Zeroizing<String>);

impl KeyText {
    /// Of the key's bytes.
    #[must_use]
    pub fn of(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(HEXLOWER.encode(key)))
    }

    fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText(…)")
    }
}

/// What a backup is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The program that wrote it.
    pub release: String,
    /// The schema of its rows.
    pub schema: i64,
    /// 32 hex characters.
    pub installation_id: String,
    /// The issuer's name.
    pub issuer: String,
    /// The world it answers for.
    pub environment: Environment,
    /// The revision it shows.
    pub revision: i64,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// Which key-encryption key its secrets are sealed with.
    pub kek_fingerprint: String,
    /// That key, 64 hex characters, where the whole archive is under a passphrase.
    pub key_encryption_key: Option<KeyText>,
    /// The newest entry of the audit log, and its hash.
    pub audit_seq: i64,
    /// See `audit_seq`.
    pub audit_hash: AuditHash,
    /// The same as a signed note, so that a backup is a checkpoint too.
    pub checkpoint: String,
}

/// Why a backup was not made, read or restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Some other file.
    #[error("this is no backup of tonegate; check the path")]
    NoBackup,
    /// A newer program wrote it.
    #[error("the backup has format {found}, and this program reads {known}; use a newer program")]
    FormatNewer {
        /// The file's format.
        found: u64,
        /// The newest that this program knows.
        known: u32,
    },
    /// A newer program's database.
    #[error(
        "the backup has schema {found}, and this program knows schemas up to {known}; use a newer \
         program"
    )]
    SchemaNewer {
        /// The rows' schema.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// It does not open.
    #[error(
        "the backup does not open: the key or passphrase is another one's, or the file was changed \
         or cut"
    )]
    Closed,
    /// It opens, and makes no sense.
    #[error("the backup is damaged: {0}; use another one")]
    Damaged(&'static str),
    /// A passphrase that can be guessed.
    #[error("the passphrase needs at least {least} characters")]
    PassphraseShort {
        /// So many.
        least: usize,
    },
    /// The target is another installation.
    #[error(
        "the backup is of installation {backup}, and the target holds {found}; choose an empty \
         data directory or database"
    )]
    OtherInstallation {
        /// The backup's.
        backup: String,
        /// The target's.
        found: String,
    },
    /// The audit log of the target, or a checkpoint, does not continue the backup's.
    #[error(
        "audit entry {seq} has hash {backup} in the backup and {found} in {place}: they are not of one \
         history; nothing was changed"
    )]
    OtherHistory {
        /// The entry.
        seq: i64,
        /// In the backup.
        backup: String,
        /// There.
        found: String,
        /// Where.
        place: &'static str,
    },
    /// The target moved on since the plan was made.
    #[error("the target was changed since the plan was shown; look again")]
    PlanOutdated,
    /// The file.
    #[error("backup file: {0}")]
    File(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The checkpoint in it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
}
