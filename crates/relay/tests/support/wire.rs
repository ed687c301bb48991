//! Exact bytes to a socket, and the answers to them.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{PATIENCE, tls};

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr, tls: Option<&TlsConnector>) -> Self {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await.unwrap().unwrap();
        let stream: Box<dyn Stream> = match tls {
            Some(connector) => Box::new(tls::connect(connector, stream).await),
            None => Box::new(stream),
        };
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The server may answer and close before it took all of it.
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// The next answer, with the body that it announces.
    pub(crate) async fn answer(&mut self) -> Answer {
        let (head, length) = self.head().await;
        let length = if has_no_body(&head) { 0 } else { length };
        self.fill(length).await;
        Answer::new(head, self.read.drain(..length).collect())
    }

    /// The next answer's head alone, as after HEAD.
    pub(crate) async fn answer_to_head(&mut self) -> Answer {
        let (head, _) = self.head().await;
        Answer::new(head, Vec::new())
    }

    /// Whether the other side closes it without a further byte.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_u8()).await;
        read.expect("the connection was closed").is_err()
    }

    async fn head(&mut self) -> (String, usize) {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill(self.read.len() + 1).await;
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        (head, length)
    }

    async fn fill(&mut self, length: usize) {
        while self.read.len() < length {
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
            let read = read.expect("an answer in time").expect("no reset");
            assert_ne!(
                read,
                0,
                "closed within an answer: {:?}",
                String::from_utf8_lossy(&self.read)
            );
        }
    }
}

impl Answer {
    fn new(head: String, body: Vec<u8>) -> Self {
        let status = status_of(&head);
        Self { status, head, body: String::from_utf8(body).unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The text of a member of the JSON document.
    pub(crate) fn text(&self, member: &str) -> String {
        let json = self.json();
        json[member].as_str().unwrap_or_else(|| panic!("no text {member}: {self:?}")).to_owned()
    }

    /// The number in a member of the JSON document.
    pub(crate) fn number(&self, member: &str) -> i64 {
        let json = self.json();
        json[member].as_i64().unwrap_or_else(|| panic!("no number {member}: {self:?}"))
    }

    /// The licence that was handed out.
    pub(crate) fn license(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.text("License")
    }

    /// Whose licence it is.
    pub(crate) fn app_id(&self) -> u32 {
        assert_eq!(self.status, 200, "{self:?}");
        self.number("AppId").try_into().unwrap()
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }

    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.header("retry-after").map(|seconds| seconds.parse().unwrap())
    }

    /// A problem of RFC 9457 with this status and code, and nothing left out.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, &*self.text("code")), (status, code), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.number("status"), i64::from(status));
        assert_eq!(self.text("type"), format!("urn:tonegate:problem:{code}"));
        assert!(!self.text("title").is_empty() && !self.text("detail").is_empty(), "{self:?}");
        let challenge = self.header("www-authenticate");
        assert_eq!(challenge.is_some_and(|it| it.starts_with("Bearer ")), status == 401);
        let waits = status == 429 || status == 503;
        assert_eq!(self.retry_after().is_some_and(|seconds| seconds > 0), waits, "{self:?}");
    }
}

fn status_of(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

fn has_no_body(head: &str) -> bool {
    matches!(status_of(head), 204 | 304)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
