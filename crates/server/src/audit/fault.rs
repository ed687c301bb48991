//! What can be wrong with an audit log, in words for whoever has to find out what happened.

use super::{AuditKey, NoteError};
use crate::store::RowFault;

/// What is wrong, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A row that is none of ours.
    #[error("entry {seq} cannot be read ({fault}): its row was edited or is damaged")]
    Unreadable {
        /// The first number that was not read.
        seq: i64,
        /// What is wrong with the row.
        fault: RowFault,
    },
    /// Numbers are missing.
    #[error("entries {from} to {to} are missing: they were deleted, or renumbered")]
    Gap {
        /// The first missing one.
        from: i64,
        /// The last missing one.
        to: i64,
    },
    /// A number that no entry ever had.
    #[error("entry {seq} was put in: the log has given numbers from 1 to {last} only")]
    Foreign {
        /// Its number.
        seq: i64,
        /// The last number given.
        last: i64,
    },
    /// An entry without a hash.
    #[error("entry {seq} has lost its hash: its row was edited")]
    NoHash {
        /// Its number.
        seq: i64,
    },
    /// An entry whose hash is another's.
    #[error(
        "entry {seq} was edited, or the one before it together with its hash: its hash does not follow from \
         the two"
    )]
    Edited {
        /// Its number.
        seq: i64,
    },
    /// The end is gone.
    #[error("the log ends with entry {found}, and {last} were written: its end was cut off")]
    CutOff {
        /// The last entry there is.
        found: i64,
        /// The last number given.
        last: i64,
    },
    /// Rows that no order reaches.
    #[error("{rows} rows of the log have no number: they were put in")]
    Unnumbered {
        /// How many.
        rows: i64,
    },
    /// The database's own audit key is of no use.
    #[error("the audit key in the database cannot be used ({fault}): its row was edited")]
    KeyUnreadable {
        /// What is wrong with the row.
        fault: RowFault,
    },
    /// The database's own audit key is another than the one given.
    #[error(
        "the audit key in the database is {found}, not {expected}: it was replaced, or this is another \
         installation's database"
    )]
    KeyReplaced {
        /// The one given.
        expected: AuditKey,
        /// The database's.
        found: AuditKey,
    },
    /// There are checkpoints, and nothing to verify them with.
    #[error(
        "the database has no audit key, and there are checkpoints: an older backup was put back, or the \
         key was deleted; verify with --key"
    )]
    KeyMissing,
    /// Something else stands among the checkpoints.
    #[error("line {line} of the checkpoints: {fault}; if a crash tore it, take it out of the file")]
    NotACheckpoint {
        /// Its line in the file.
        line: usize,
        /// What is wrong with it.
        fault: NoteError,
    },
    /// Another log's checkpoint.
    #[error(
        "line {line} of the checkpoints: this one is of installation {found}, and the database is of \
         {expected}: one of the two was swapped"
    )]
    OtherInstallation {
        /// Its line in the file.
        line: usize,
        /// The database's.
        expected: String,
        /// The checkpoint's.
        found: String,
    },
    /// A signature that does not verify.
    #[error(
        "line {line} of the checkpoints: this one is not signed by audit key {key}: it was edited or forged, \
         or the key was replaced"
    )]
    NotSigned {
        /// Its line in the file.
        line: usize,
        /// The key.
        key: AuditKey,
    },
    /// A checkpoint of an entry that is gone.
    #[error(
        "line {line} of the checkpoints: entry {seq} was there at Unix time {at}, and the log ends with \
         entry {last}: its end was cut off, or an older backup was put back"
    )]
    Lost {
        /// Its line in the file.
        line: usize,
        /// The entry.
        seq: i64,
        /// When the checkpoint was made.
        at: i64,
        /// The last entry there is.
        last: i64,
    },
    /// A checkpoint of an entry that was another.
    #[error(
        "line {line} of the checkpoints: at Unix time {at} the log up to entry {seq} was another: it was \
         written anew since, with other content"
    )]
    Rewritten {
        /// Its line in the file.
        line: usize,
        /// The entry.
        seq: i64,
        /// When the checkpoint was made.
        at: i64,
    },
}

impl Fault {
    /// A name for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::Gap { .. } => "gap",
            Self::Foreign { .. } => "foreign",
            Self::NoHash { .. } => "no_hash",
            Self::Edited { .. } => "edited",
            Self::CutOff { .. } => "cut_off",
            Self::Unnumbered { .. } => "unnumbered",
            Self::KeyUnreadable { .. } => "key_unreadable",
            Self::KeyReplaced { .. } => "key_replaced",
            Self::KeyMissing => "key_missing",
            Self::NotACheckpoint { .. } => "not_a_checkpoint",
            Self::OtherInstallation { .. } => "other_installation",
            Self::NotSigned { .. } => "not_signed",
            Self::Lost { .. } => "lost",
            Self::Rewritten { .. } => "rewritten",
        }
    }

    /// The entry it is about, if it is about one.
    #[must_use]
    pub const fn seq(&self) -> Option<i64> {
        match self {
            Self::Unreadable { seq, .. }
            | Self::Gap { from: seq, .. }
            | Self::Foreign { seq, .. }
            | Self::NoHash { seq }
            | Self::Edited { seq }
            | Self::Lost { seq, .. }
            | Self::Rewritten { seq, .. } => Some(*seq),
            Self::CutOff { found, .. } => Some(*found),
            _ => None,
        }
    }
}
