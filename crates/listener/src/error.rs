//! Why a listener did not start. Each message says what failed, on what, and what to do next.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A listener could not be bound. Nothing is listening when this comes back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Another program holds the address.
    #[error("{address} is taken by another program; stop that program or choose another address")]
    AddressInUse {
        /// What was asked for.
        address: SocketAddr,
    },
    /// The system refused the address.
    #[error("cannot listen on {address}: {source}; {cure}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What to do next.
        cure: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A TLS file is not there or not readable.
    #[error("cannot read the TLS {what} {path}: {source}; check the path and that this user may read it", path = path.display())]
    TlsFile {
        /// `certificate` or `key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A TLS file holds no such thing in PEM.
    #[error("{path} holds no readable {what}; it must be PEM text", path = path.display())]
    TlsPem {
        /// `certificate` or `private key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key cannot be used, or do not belong together.
    #[error("the TLS certificate {certificate} and key {key} cannot be used: {source}; renew both from the same issue", certificate = certificate.display(), key = key.display())]
    TlsPair {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
}

impl ListenError {
    /// Sorts what `bind(2)` said into something that can be acted on.
    pub(crate) fn from_bind(address: SocketAddr, source: io::Error) -> Self {
        let cure = match source.kind() {
            io::ErrorKind::AddrInUse => return Self::AddressInUse { address },
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need the CAP_NET_BIND_SERVICE capability: grant it or take a higher port"
            }
            io::ErrorKind::AddrNotAvailable => {
                "no interface of this machine has that address: take one it has"
            }
            _ => "choose another address",
        };
        Self::Bind { address, cure, source }
    }
}
