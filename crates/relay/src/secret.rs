//! Where an app's ServerSecret comes from. Never the command line, which every user can read.
//!
//! Invariant: no error holds what was read.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tonegate_client::ServerSecret;
use zeroize::Zeroizing;

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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        why: String,
    },
    /// Others can read the file.
    #[error(
        "others can read the secret in {path} (mode {mode:03o}); make it its owner's alone: chmod 600 {path}, and change the secret"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
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
                read(&Path::new(&directory).join(name))
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

/// Reads a file that only its owner may read.
///
/// # Errors
/// [`SecretError::File`], [`SecretError::Exposed`].
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let metadata = fs::metadata(path).map_err(|error| failed(path, &error))?;
    let mode = metadata.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => read(path),
        _ => Err(SecretError::Exposed { path: path.to_owned(), mode }),
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    fs::read_to_string(path).map(Zeroizing::new).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> SecretError {
    SecretError::File { path: path.to_owned(), why: error.to_string() }
}
