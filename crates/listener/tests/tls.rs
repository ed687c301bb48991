//! TLS: both protocols, and certificates that change under way.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tonegate_listener::{ListenError, Listener, ListenerConfig, TlsFiles};

use super::support::{PATIENCE, Running, config, eventually, read_answer, read_to_end, start};

/// A private authority and the files of the server it certifies.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Self { issuer, directory: tempfile::tempdir().unwrap() };
        authority.issue();
        authority
    }

    /// Writes a new certificate and key over the old ones.
    fn issue(&self) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let files = self.files();
        std::fs::write(files.key, key.serialize_pem()).unwrap();
        std::fs::write(files.certificate, certificate.pem()).unwrap();
        certificate.der().to_vec()
    }

    fn files(&self) -> TlsFiles {
        let path = |name: &str| -> PathBuf { self.directory.path().join(name) };
        TlsFiles { certificate: path("certificate.pem"), key: path("key.pem") }
    }

    pub(crate) fn config(&self) -> ListenerConfig {
        ListenerConfig { tls: Some(self.files()), ..config() }
    }

    pub(crate) async fn connect(&self, running: &Running, alpn: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
        connector.connect(name, running.connect().await).await.unwrap()
    }

    /// Waits until new connections see `certificate`.
    async fn is_seen(&self, running: &Running, certificate: &[u8]) {
        let seen = async {
            while self.certificate_seen(running).await != certificate {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.expect("the certificate was taken up");
    }

    async fn certificate_seen(&self, running: &Running) -> Vec<u8> {
        let stream = self.connect(running, &[]).await;
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }
}

#[tokio::test]
async fn http_1_1_over_tls_with_and_without_alpn() {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    for alpn in [&["http/1.1"][..], &[]] {
        let mut stream = authority.connect(&running, alpn).await;
        stream.write_all(b"GET /?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        assert!(read_answer(&mut stream).await.ends_with("127.0.0.1 true GET /?a=1 body:0\n"));
    }
}

/// Also that what closes the connection is TLS's own goodbye: a bare close reads as an attack to
/// careful clients.
#[tokio::test]
async fn a_close_over_tls_says_goodbye() {
    use tokio::io::AsyncReadExt;
    let authority = Authority::new();
    let running = start(authority.config()).await;
    let mut stream = authority.connect(&running, &[]).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.expect("close_notify came");
}

type Http2 = hyper::client::conn::http2::SendRequest<Empty<bytes::Bytes>>;

async fn http_2(authority: &Authority, running: &Running) -> Http2 {
    let stream = authority.connect(running, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn get(sender: &mut Http2, target: &str) -> (u16, String) {
    let uri = format!("https://localhost{target}");
    let request = http::Request::get(uri).body(Empty::new()).unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn http_2_over_tls() {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    let mut sender = http_2(&authority, &running).await;
    for _ in 0..3 {
        let (status, body) = get(&mut sender, "/?a=1").await;
        assert_eq!(status, 200);
        assert_eq!(body, "127.0.0.1 true GET https://localhost/?a=1 body:0\n");
    }
    assert_eq!(get(&mut sender, &format!("/?{}", "a".repeat(5000))).await.0, 414);
    assert_eq!(get(&mut sender, "/").await.0, 200, "the connection goes on");
}

#[tokio::test]
async fn http_2_drains() {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    let mut sender = http_2(&authority, &running).await;
    let mut idle = http_2(&authority, &running).await;
    get(&mut idle, "/").await;
    let (holding, release) = (Arc::clone(&running.holding), Arc::clone(&running.release));
    let drain = running.drain.clone();
    let (answer, ()) = tokio::join!(get(&mut sender, "/hold"), async {
        holding.acquire().await.unwrap().forget();
        drain.begin();
        release.add_permits(1);
    });
    assert_eq!(answer.0, 200);
    running.stopped().await;
}

#[tokio::test]
async fn plain_http_to_a_tls_port_is_counted_and_closed() {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    running.talk(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    eventually(1, || running.stats.tls_failed.get()).await;
}

#[tokio::test]
async fn changed_files_are_taken_up_and_open_connections_go_on() {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    let mut open = authority.connect(&running, &[]).await;
    let old = authority.certificate_seen(&running).await;

    let new = authority.issue();
    assert_ne!(old, new);
    authority.is_seen(&running, &new).await;
    open.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut open).await.contains("200 OK"));
}

#[tokio::test]
async fn a_bad_new_file_keeps_the_old_one() {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    let old = authority.certificate_seen(&running).await;

    std::fs::write(authority.files().certificate, "no certificate").unwrap();
    // Longer than the second between two looks: it was seen, and refused.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(authority.certificate_seen(&running).await, old);

    let new = authority.issue();
    authority.is_seen(&running, &new).await;
}

async fn refusal(files: TlsFiles) -> ListenError {
    let refused = Listener::bind(ListenerConfig { tls: Some(files), ..config() }).await;
    refused.err().expect("refused")
}

#[tokio::test]
async fn unusable_files_are_named_at_the_start() {
    let (authority, other) = (Authority::new(), Authority::new());
    let files = authority.files();

    let missing = TlsFiles { key: PathBuf::from("/nonexistent/key.pem"), ..files.clone() };
    let error = refusal(missing).await;
    assert!(matches!(error, ListenError::TlsFile { what: "key", .. }), "{error}");
    assert!(error.to_string().contains("/nonexistent/key.pem"), "{error}");

    let swapped = TlsFiles { certificate: files.key.clone(), key: files.certificate.clone() };
    let error = refusal(swapped).await;
    assert!(matches!(error, ListenError::TlsPem { what: "certificate", .. }), "{error}");

    let mixed = TlsFiles { key: other.files().key, ..files };
    let error = refusal(mixed).await;
    assert!(matches!(error, ListenError::TlsPair { .. }), "{error}");
}
