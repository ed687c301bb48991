//! TLS from a certificate and a key file, read again when they change.
//!
//! Invariant: there is always a working configuration. A bad new file changes nothing but the log.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::TlsAcceptor;

use crate::ListenError;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The PEM files of a TLS listener.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, then its chain.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, SEC1 or PKCS#1.
    pub key: PathBuf,
}

pub(crate) struct Tls {
    files: TlsFiles,
    loaded: Stamp,
    current: ArcSwap<ServerConfig>,
}

/// What tells one state of the files from the next: modification time and length of each.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Tls {
    /// Reads both files.
    pub(crate) async fn load(files: TlsFiles) -> Result<Self, ListenError> {
        let loaded = stamp(&files).await;
        let current = ArcSwap::from_pointee(load(&files).await?);
        Ok(Self { files, loaded, current })
    }

    /// What the next connection shakes hands with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current.load_full().into()
    }

    /// Looks for changed files until dropped.
    pub(crate) async fn keep_fresh(&self) -> Infallible {
        let mut seen = self.loaded;
        loop {
            tokio::time::sleep(LOOK).await;
            let now = stamp(&self.files).await;
            // A file that is away is being replaced: wait for what comes.
            if now == seen || now.contains(&None) {
                continue;
            }
            seen = now;
            self.reload().await;
        }
    }

    async fn reload(&self) {
        match load(&self.files).await {
            Ok(config) => {
                self.current.store(Arc::new(config));
                tracing::info!(certificate = %self.files.certificate.display(), "TLS files reloaded");
            }
            Err(error) => {
                tracing::warn!(%error, "TLS files changed but cannot be used; the old ones stay")
            }
        }
    }
}

async fn stamp(files: &TlsFiles) -> Stamp {
    [stamp_of(&files.certificate).await, stamp_of(&files.key).await]
}

async fn stamp_of(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

async fn load(files: &TlsFiles) -> Result<ServerConfig, ListenError> {
    let certificate = read("certificate", &files.certificate).await?;
    let key = read("key", &files.key).await?;
    let chain = CertificateDer::pem_slice_iter(&certificate)
        .collect::<Result<Vec<_>, pem::Error>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| ListenError::TlsPem {
            what: "certificate",
            path: files.certificate.clone(),
        })?;
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|_| ListenError::TlsPem { what: "private key", path: files.key.clone() })?;
    server_config(chain, key).map_err(|source| ListenError::TlsPair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    })
}

async fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, ListenError> {
    let file_error =
        |source: io::Error| ListenError::TlsFile { what, path: path.to_owned(), source };
    tokio::fs::read(path).await.map_err(file_error)
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
