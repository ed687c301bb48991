//! HTTPS, with an authority of our own.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tonegate_client::{FetchError, Upstream};
use tonegate_listener::{Drain, Listener, ListenerConfig, Response, TlsFiles};

use crate::support::client;

/// The files of a private authority and of a server that it certifies for `localhost`.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let files = Self(tempfile::tempdir().unwrap());
        for (name, text) in [
            ("authority.pem", authority.pem()),
            ("certificate.pem", certificate.pem()),
            ("key.pem", key.serialize_pem()),
        ] {
            std::fs::write(files.path(name), text).unwrap();
        }
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A TLS server with a licence; gives its port.
    async fn serve(&self) -> u16 {
        let mut config = ListenerConfig::new(([127, 0, 0, 1], 0).into());
        config.tls =
            Some(TlsFiles { certificate: self.path("certificate.pem"), key: self.path("key.pem") });
        let listener = Listener::bind(config).await.unwrap();
        let port = listener.local_addr().port();
        let answer = |_, _| async {
            let body = r#"{"Code":0,"Message":"Success.","RequestId":"1","Data":{"License":"a"}}"#;
            Response::new(body.into())
        };
        tokio::spawn(listener.serve(answer, Drain::new()));
        port
    }
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_given() {
    let files = Files::new();
    let endpoint = format!("https://localhost:{}", files.serve().await);
    let client = client(Upstream::builder(&endpoint).ca_file(files.path("authority.pem")));
    assert_eq!(client.fetch().await.unwrap().license, "a");
}

#[tokio::test]
async fn a_stranger_is_not_trusted() {
    let (files, others) = (Files::new(), Files::new());
    let endpoint = format!("https://localhost:{}", files.serve().await);
    let client = client(Upstream::builder(&endpoint).ca_file(others.path("authority.pem")));
    let error = client.fetch().await.unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    let said = error.to_string();
    assert!(
        said.contains("invalid peer certificate") && said.contains("private authority"),
        "{said}"
    );
}

#[tokio::test]
async fn another_name_is_not_trusted() {
    let files = Files::new();
    let endpoint = format!("https://127.0.0.1:{}", files.serve().await);
    let client = client(Upstream::builder(&endpoint).ca_file(files.path("authority.pem")));
    let said = client.fetch().await.unwrap_err().to_string();
    assert!(said.contains("not valid for name"), "{said}");
}

#[test]
fn an_unusable_authority_file_is_named() {
    let files = Files::new();
    for name in ["missing.pem", "key.pem"] {
        let path = files.path(name);
        let error = Upstream::builder("https://localhost").ca_file(&path).build().unwrap_err();
        assert!(matches!(&error, FetchError::NoTrust { file: Some(file), .. } if *file == path));
        assert!(error.to_string().contains(name), "{error}");
    }
}
