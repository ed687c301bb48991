//! `[shared_guard]`, checked: where Valkey is and how it is spoken to.
//!
//! Invariant: the password is in memory only, and never shown.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use redis::{ConnectionInfo, IntoConnectionInfo as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use crate::config::{SharedGuard as Section, Topology};

/// The name of the systemd credential that holds the password.
const CREDENTIAL: &str = "tonegate-valkey-password";
/// The environment variable that does.
const VARIABLE: &str = "TONEGATE_VALKEY_PASSWORD";

/// Why the shared guard cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SharedGuardError {
    /// A file cannot be read.
    #[error("shared_guard.{key}: cannot read {path}: {source}")]
    File {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Others may read the password.
    #[error(
        "shared_guard.password_file: {path} has mode {mode:03o}; others must not read it: chmod 600"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The library does not take an address or a certificate.
    #[error("shared_guard.{key}: {fault}")]
    Unusable {
        /// The key.
        key: &'static str,
        /// What is wrong.
        fault: String,
    },
    /// The system gave no thread.
    #[error("the shared guard's threads cannot be started: {0}")]
    Threads(io::Error),
}

/// How Valkey is reached.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) topology: Topology,
    /// The sentinels' name for the primary.
    pub(super) sentinel_master: String,
    /// One server, some of a Cluster, or the sentinels.
    pub(super) servers: Vec<ConnectionInfo>,
    /// For servers that others name: its address is replaced.
    pub(super) template: ConnectionInfo,
    /// Where the servers speak TLS.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// The longest that a request waits.
    pub(super) timeout: Duration,
    pub(super) fail_closed: bool,
}

impl Settings {
    /// Reads password and certificate. `None`: there is no shared guard.
    pub(super) fn read(section: &Section) -> Result<Option<Self>, SharedGuardError> {
        let Some(first) = section.urls.first() else { return Ok(None) };
        let password = password(section)?;
        let authority = certificate(&section.tls_ca)?;
        let with = |url: &str| connection(url, section, password.as_ref());
        let servers = section.urls.iter().map(|url| with(url)).collect::<Result<_, _>>()?;
        Ok(Some(Self {
            topology: section.topology,
            sentinel_master: section.sentinel_master.clone(),
            servers,
            template: with(first)?,
            tls: first.starts_with("rediss://").then(|| tls(authority.as_deref())).transpose()?,
            timeout: Duration::from_millis(section.timeout_ms),
            fail_closed: section.fail_closed,
        }))
    }
}

fn connection(
    url: &str,
    section: &Section,
    password: Option<&Zeroizing<String>>,
) -> Result<ConnectionInfo, SharedGuardError> {
    let unusable = |key| {
        move |error: redis::RedisError| SharedGuardError::Unusable { key, fault: error.to_string() }
    };
    let info = url.into_connection_info().map_err(unusable("urls"))?;
    let mut redis = info.redis_settings().clone().set_skip_set_lib_name();
    if !section.username.is_empty() {
        redis = redis.set_username(&section.username);
    }
    if let Some(password) = password {
        redis = redis.set_password(password.as_str());
    }
    Ok(info.set_redis_settings(redis))
}

/// Trusts the authority, or those that the system trusts.
fn tls(authority: Option<&[u8]>) -> Result<Arc<ClientConfig>, SharedGuardError> {
    let unusable = |fault: String| SharedGuardError::Unusable { key: "tls_ca", fault };
    let mut roots = RootCertStore::empty();
    match authority {
        Some(authority) => {
            for certificate in CertificateDer::pem_slice_iter(authority) {
                let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
                roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
            }
        }
        // One that cannot be read is one that is not trusted.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.map_err(|error| unusable(error.to_string()))?;
    Ok(Arc::new(tls.with_root_certificates(roots).with_no_client_auth()))
}

/// From the file, the systemd credential, or the environment.
fn password(section: &Section) -> Result<Option<Zeroizing<String>>, SharedGuardError> {
    if !section.password_file.as_os_str().is_empty() {
        return read_password(&section.password_file, 0o077).map(Some);
    }
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let credential = credentials.map(|directory| directory.join(CREDENTIAL));
    if let Some(path) = credential.filter(|path| path.exists()) {
        // systemd guards the directory and shows its ACL as group bits.
        return read_password(&path, 0o007).map(Some);
    }
    Ok(std::env::var(VARIABLE).ok().filter(|it| !it.is_empty()).map(Zeroizing::new))
}

fn read_password(path: &Path, forbidden: u32) -> Result<Zeroizing<String>, SharedGuardError> {
    let failed =
        |source| SharedGuardError::File { key: "password_file", path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & forbidden != 0 {
        return Err(SharedGuardError::Exposed { path: path.to_owned(), mode });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn certificate(path: &Path) -> Result<Option<Vec<u8>>, SharedGuardError> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let failed = |source| SharedGuardError::File { key: "tls_ca", path: path.to_owned(), source };
    fs::read(path).map(Some).map_err(failed)
}
