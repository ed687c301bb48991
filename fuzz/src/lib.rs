//! What the fuzz targets do with their input, one function and one file a target.
//!
//! The fuzzer calls these, and so does `tests/replay.rs` with every input kept in `corpus/`. Each
//! panics when its input breaks a promise; most promise more than not to panic.
//!
//! A new target is a function here, a file in `fuzz_targets/`, a `[[bin]]`, and a corpus.

#![deny(unsafe_code)]

mod audit_checkpoint;
mod c_border;
mod config;
mod credential;
mod envelope;
mod journal;
mod key_certificate;
mod key_set;
mod keys;
mod license;
mod query;

pub use audit_checkpoint::audit_checkpoint;
pub use c_border::c_border;
pub use config::config;
pub use credential::credential;
pub use envelope::envelope;
pub use journal::journal;
pub use key_certificate::key_certificate;
pub use key_set::key_set;
pub use license::license;
pub use query::query;

/// A target's body.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus, in alphabetical order.
pub const TARGETS: &[(&str, Target)] = &[
    ("audit_checkpoint", audit_checkpoint),
    ("c_border", c_border),
    ("config", config),
    ("credential", credential),
    ("envelope", envelope),
    ("journal", journal),
    ("key_certificate", key_certificate),
    ("key_set", key_set),
    ("license", license),
    ("query", query),
];
