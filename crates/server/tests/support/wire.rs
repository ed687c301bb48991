//! Exact bytes to a socket, and the answers to them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonegate_license::{License, Token};

use super::PATIENCE;

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
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
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await.unwrap().unwrap();
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The server may answer and close before it took all of it.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// No more bytes will come from this side.
    pub(crate) async fn end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The next answer, with the body that it announces.
    pub(crate) async fn answer(&mut self) -> Answer {
        let (head, length) = self.head().await;
        self.fill(length).await;
        Answer::new(head, self.read.drain(..length).collect())
    }

    /// The next answer's head alone, as after HEAD.
    pub(crate) async fn answer_to_head(&mut self) -> Answer {
        let (head, _) = self.head().await;
        Answer::new(head, Vec::new())
    }

    /// All that still comes, until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = std::mem::take(&mut self.read);
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await;
        // A reset counts as closed.
        let _ = read.expect("the connection was closed");
        String::from_utf8_lossy(&bytes).into_owned()
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
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: String::from_utf8(body).unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The return code.
    pub(crate) fn code(&self) -> i64 {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["Code"].as_i64().unwrap()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["Message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn license(&self) -> String {
        assert_eq!(self.code(), 0, "{self:?}");
        self.json()["Data"]["License"].as_str().unwrap().to_owned()
    }

    /// What the licence says, unverified: every licence was verified before it left.
    pub(crate) fn claims(&self) -> License {
        Token::parse(&self.license()).unwrap().unverified().unwrap()
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
