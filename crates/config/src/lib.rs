//! Where a server's configuration comes from: embedded defaults, file, environment and flags, in that
//! order.
//!
//! Each server writes its keys, defaults and explanations once, in a `config.default.toml`, and gives
//! them types ([`Configuration`]); an unknown key is an error wherever it comes from.

mod checks;
mod error;
mod log;
mod share;
mod sources;

use serde::de::DeserializeOwned;

pub use checks::{check_nonzero, check_origins, check_tls_pair, check_url};
pub use error::ConfigError;
pub use log::{Log, LogFormat, LogLevel};
pub use share::Share;
pub use sources::Sources;

/// A server's whole configuration.
pub trait Configuration: DeserializeOwned {
    /// Every key with its default and what it is for, as TOML.
    const DEFAULT: &str;
    /// Prefix of environment variables; `__` stands for the dot.
    const ENVIRONMENT_PREFIX: &str;
    /// The command that is configured, for messages.
    const COMMAND: &str;
    /// Largest configuration file, bytes.
    const BYTES_MAX: u64 = 64 << 10;

    /// Refuses values that read well and can only be mistakes.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], best made with [`ConfigError::invalid`].
    fn checked(self) -> Result<Self, ConfigError>;
}
