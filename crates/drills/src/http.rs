//! HTTP/1.1, as little as a drill needs: a connection that is kept, one exchange after the other, and
//! where it failed if it did.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clock;

/// Longer than any answer takes that a backend would wait for.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection is there within this, or not at all.
const CONNECTING: Duration = Duration::from_secs(2);
/// More than any answer has.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    head: String,
    /// The body, to its announced end, or to the end of the connection.
    pub(crate) body: String,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Broken {
    /// No connection came about.
    Unreachable,
    /// The connection ended before the answer did.
    Closed,
    /// No answer in time.
    Late,
    /// Something that is no answer.
    Strange,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    reusable: bool,
    /// When the last request was with the system, all of it.
    pub(crate) written: Duration,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Broken> {
        match timeout(CONNECTING, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // It saves time and nothing else.
                let _ = stream.set_nodelay(true);
                Ok(Self { stream, reusable: true, written: Duration::MAX })
            }
            _ => Err(Broken::Unreachable),
        }
    }

    /// May another request be sent? Not if the server has closed it, which a client can see.
    pub(crate) fn is_open(&self) -> bool {
        let waiting = self.stream.try_read(&mut [0]);
        self.reusable && waiting.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends a request and reads the answer to it.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer, Broken> {
        self.reusable = false;
        let answer = timeout(PATIENCE, self.try_exchange(request)).await;
        answer.map_err(|_| Broken::Late)?
    }

    async fn try_exchange(&mut self, request: &[u8]) -> Result<Answer, Broken> {
        // A server may answer and close before it has read; what it says counts.
        let _ = self.stream.write_all(request).await;
        self.written = clock::monotonic();
        let mut bytes = Vec::with_capacity(2_048);
        let head = loop {
            if let Some(end) = find(&bytes, b"\r\n\r\n") {
                break end;
            }
            self.read_some(&mut bytes).await?;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut answer =
            Answer { status: status.ok_or(Broken::Strange)?, head: text, body: String::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let end = length.map(|length: usize| head + 4 + length);
        loop {
            match end {
                Some(end) if bytes.len() >= end => break,
                None if self.read_some(&mut bytes).await.is_err() => break,
                Some(_) => self.read_some(&mut bytes).await?,
                None => {}
            }
        }
        let kept = answer.header("connection").is_none_or(|value| value != "close");
        self.reusable = end.is_some() && kept && answer.head.starts_with("HTTP/1.1");
        answer.body = String::from_utf8_lossy(&bytes[head + 4..]).into_owned();
        Ok(answer)
    }

    async fn read_some(&mut self, bytes: &mut Vec<u8>) -> Result<(), Broken> {
        match self.stream.read_buf(bytes).await {
            Ok(0) | Err(_) => Err(Broken::Closed),
            Ok(_) if bytes.len() > ANSWER_BYTES_MAX => Err(Broken::Strange),
            Ok(_) => Ok(()),
        }
    }
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One GET on a connection of its own.
pub(crate) async fn get(address: SocketAddr, target: &str) -> Result<Answer, Broken> {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    Connection::open(address).await?.exchange(request.as_bytes()).await
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
