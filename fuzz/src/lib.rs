//! What the fuzz targets do with their input, one function and one file a target.
//!
//! The fuzzer calls these, and so does `tests/replay.rs` with every input kept in `corpus/`. Each
//! panics when its input breaks a promise; most promise more than not to panic.
//!
//! A new target is a function here, a file in `fuzz_targets/`, a `[[bin]]`, and a corpus.

#![forbid(unsafe_code)]

mod config;
mod journal;
mod key_certificate;
mod keys;
mod license;
mod query;

pub use config::config;
pub use journal::journal;
pub use key_certificate::key_certificate;
pub use license::license;
pub use query::query;

/// A target's body.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus, in alphabetical order.
pub const TARGETS: &[(&str, Target)] = &[
    ("config", config),
    ("journal", journal),
    ("key_certificate", key_certificate),
    ("license", license),
    ("query", query),
];
