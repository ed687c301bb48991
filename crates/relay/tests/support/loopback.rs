//! A tiny HTTP server on loopback: an identity provider's key set, a receiver of webhooks.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server that is told what to answer, and remembers what it was asked.
pub(crate) struct Loopback {
    port: u16,
    known: Arc<Mutex<Known>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Known {
    requests: Vec<Received>,
    status: u16,
    body: String,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
    /// What was answered.
    pub(crate) status: u16,
}

impl Loopback {
    /// Answers everything with this status and body.
    pub(crate) async fn start(status: u16, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let known = Arc::new(Mutex::new(Known::default()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&known)));
        let loopback = Self { port, known, serving };
        loopback.set(status, body);
        loopback
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/here", self.port)
    }

    /// What is answered from now on; status 0: the connection is closed; 1: it is left waiting.
    pub(crate) fn set(&self, status: u16, body: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (known.status, known.body) = (status, body.to_owned());
    }

    /// What was asked, in order.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        let field = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = field.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.next().unwrap_or_else(|| panic!("no {name}: {self:?}")).1
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn serve(listener: TcpListener, known: Arc<Mutex<Known>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let known = Arc::clone(&known);
        tokio::spawn(async move { answer(stream, &known).await });
    }
}

async fn answer(mut stream: TcpStream, known: &Mutex<Known>) -> Option<()> {
    let mut read = Vec::new();
    let (head, body) = loop {
        if let Some(request) = whole(&read) {
            break request;
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let (status, text) = {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let status = known.status;
        known.requests.push(Received { head, body, status });
        (status, known.body.clone())
    };
    if status == 1 {
        return stream.read_buf(&mut read).await.ok().map(drop);
    }
    if status != 0 {
        let length = text.len();
        let answer = format!("HTTP/1.1 {status} \r\nContent-Length: {length}\r\n\r\n{text}");
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
    stream.shutdown().await.ok()
}

/// Head and body, once both are there.
fn whole(read: &[u8]) -> Option<(String, String)> {
    let text = str::from_utf8(read).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().map_or(0, |(_, length)| length.parse().unwrap());
    (body.len() >= length).then(|| (head.to_owned(), body.to_owned()))
}
