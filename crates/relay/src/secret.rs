//! Where an app's ServerSecret comes from. Never the command line, which every user can read.
//!
//! Invariant: no error holds what was read.

use std::path::{Path, PathBuf};

use tonegate_client::ServerSecret;
use zeroize::Zeroizing;

use crate::auth::FileError;
use crate::auth::watched_file::{Guarded, read_guarded};
use crate::limits::SECRET_BYTES_MAX;

/// Systemd says here where a service's credentials lie.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where a ServerSecret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that only its owner may read.
    File(PathBuf),
    /// A systemd credential.
    Credential(String),
    /// An environment variable.
    Variable(String),
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read, or others may read it.
    #[error("cannot read the secret in {0}")]
    File(#[from] FileError),
    /// The file is no text.
    #[error("the secret in {path} is no text")]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// There are no credentials.
    #[error(
        "there is no credential {name}: the variable CREDENTIALS_DIRECTORY is not set; start the relay as a systemd service with LoadCredential={name}:…"
    )]
    NoCredentials {
        /// The credential.
        name: String,
    },
    /// The variable is not set.
    #[error("the environment variable {name} is not set")]
    NoVariable {
        /// The variable.
        name: String,
    },
    /// It is no secret.
    #[error("what {place} holds is no ServerSecret: {why}")]
    NotASecret {
        /// Where it came from.
        place: String,
        /// What is wrong with it.
        why: String,
    },
}

impl SecretSource {
    /// The secret as it is now.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn read(&self) -> Result<ServerSecret, SecretError> {
        let not_a_secret = |why: tonegate_client::ServerSecretError| SecretError::NotASecret {
            place: self.place(),
            why: why.to_string(),
        };
        ServerSecret::new(self.text()?.trim_end_matches(['\r', '\n'])).map_err(not_a_secret)
    }

    /// Is it where other processes of this user can read it?
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        matches!(self, Self::Variable(_))
    }

    fn text(&self) -> Result<Zeroizing<String>, SecretError> {
        match self {
            Self::File(path) => read_private(path),
            Self::Credential(name) => {
                let none = || SecretError::NoCredentials { name: name.clone() };
                let directory = std::env::var_os(CREDENTIALS).ok_or_else(none)?;
                // Systemd lets nobody else read it, whatever its mode.
                read(&Path::new(&directory).join(name), Guarded::Unforgeable)
            }
            Self::Variable(name) => {
                let none = |_| SecretError::NoVariable { name: name.clone() };
                std::env::var(name).map(Zeroizing::new).map_err(none)
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Credential(name) => format!("the credential {name}"),
            Self::Variable(name) => format!("the variable {name}"),
        }
    }
}

/// Reads a file that only its owner may read. Blocks.
///
/// # Errors
/// [`SecretError::File`], [`SecretError::NotText`].
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    read(path, Guarded::Private)
}

fn read(path: &Path, guarded: Guarded) -> Result<Zeroizing<String>, SecretError> {
    let bytes = read_guarded(path, SECRET_BYTES_MAX, guarded)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        SecretError::NotText { path: path.to_owned() }
    });
    text.map(Zeroizing::new)
}
