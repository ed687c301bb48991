//! Whom the client trusts over TLS: the system's authorities, and a private one when given.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::FetchError;

/// The TLS configuration; `authority` is a PEM file with one or more certificates. Without TLS on
/// the way (`used` is false), the system's store is not read, and may be empty.
pub(crate) fn client_config(
    used: bool,
    authority: Option<&Path>,
) -> Result<ClientConfig, FetchError> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = authority {
        add_file(&mut roots, file)?;
    }
    if used {
        // What cannot be read of the system's store is not trusted, and that is all.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if used && roots.is_empty() {
        return Err(FetchError::NoTrust {
            file: None,
            why: "this system's store is empty".to_owned(),
            cure: "install the package ca-certificates, or give the issuer's authority as a file",
        });
    }
    Ok(with_roots(roots))
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> Result<(), FetchError> {
    let no_trust = |why: String| FetchError::NoTrust {
        file: Some(file.to_owned()),
        why,
        cure: "give a PEM file with the certificate of the issuer's authority",
    };
    let pem = std::fs::read(file).map_err(|error| no_trust(error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| no_trust("it is not readable PEM".to_owned()))?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 { Err(no_trust("it holds no certificate".to_owned())) } else { Ok(()) }
}

fn with_roots(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    #[expect(clippy::expect_used, reason = "aws-lc-rs has suites for both TLS versions")]
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("suites for the default versions");
    builder.with_root_certificates(roots).with_no_client_auth()
}
