//! A scripted issuer: the next answer for each connection, and what was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonegate_client::{AppId, LicenseClient, ServerSecret, Upstream, UpstreamBuilder};
use tonegate_clock::Clock;
use tonegate_protocol::PublicParameters;

pub(crate) const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";
/// 2025-11-22 19:06:40 GMT.
pub(crate) const NOW: i64 = 1_763_838_400;

pub(crate) struct Issuer {
    pub(crate) endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// Serves `answers`, one a connection, each closed behind it; then nothing more.
    pub(crate) async fn start<T: AsRef<[u8]> + Send + 'static>(answers: Vec<T>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let asked_here = Arc::clone(&asked);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let head = read_head(&mut stream).await;
                asked_here.lock().unwrap().push(head);
                let _ = stream.write_all(answer.as_ref()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { endpoint, asked }
    }

    pub(crate) fn client(&self) -> LicenseClient {
        client(Upstream::builder(&self.endpoint))
    }

    /// The head of each request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// (nonce, timestamp) of each request so far, each rightly signed.
    pub(crate) fn signed(&self) -> Vec<(String, i64)> {
        let secret = ServerSecret::new(SECRET).unwrap();
        let read = |head: String| {
            let query = head.strip_prefix("GET /?").unwrap().split(' ').next().unwrap().to_owned();
            let parameters = PublicParameters::parse(&query).unwrap();
            assert!(parameters.is_signed_with(&secret));
            (parameters.nonce.to_string(), parameters.timestamp)
        };
        self.asked().into_iter().map(read).collect()
    }
}

/// The app's client for an upstream.
pub(crate) fn client(upstream: UpstreamBuilder) -> LicenseClient {
    let secret = ServerSecret::new(SECRET).unwrap();
    LicenseClient::new(upstream.build().unwrap(), AppId(12345), secret)
}

/// Stands at `now`, Unix seconds.
pub(crate) fn standing_at(now: i64) -> Clock {
    Clock::manual(now).0
}

/// An answer with status 200.
pub(crate) fn ok(headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

pub(crate) fn granted() -> String {
    let body = r#"{"Code":0,"Message":"Success.","RequestId":"1234","Data":{"License":"a.b.c"}}"#;
    ok("", body)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
