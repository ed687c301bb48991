//! Why there is no configuration.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::Configuration;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file is larger than any configuration.
    #[error("the configuration {path} is larger than {kib} KiB; is it the right file?")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How large it may be.
        kib: u64,
    },
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("{origin}: {fault}; `{command} --print-config` lists every key")]
    Invalid {
        /// The file, variable or flag.
        origin: String,
        /// What is wrong, and where.
        fault: String,
        /// The command that is configured.
        command: &'static str,
    },
}

impl ConfigError {
    /// A key, file, variable or flag (`origin`) of `C` that cannot be used.
    pub fn invalid<C: Configuration>(origin: &str, fault: impl fmt::Display) -> Self {
        let fault = fault.to_string().trim().replace('\n', " ");
        Self::Invalid { origin: origin.to_owned(), fault, command: C::COMMAND }
    }
}
