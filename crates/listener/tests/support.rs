//! A listener that says what it saw, and raw clients to talk with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonegate_listener::{
    Drain, Fast, FastPath, FastRequest, Limits, Listener, ListenerConfig, Peer, Request,
    RequestBody, Response, Stats,
};

/// Longer than anything here may take; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stats: Arc<Stats>,
    pub(crate) drain: Drain,
    /// Requests to `/hold` have begun: one permit each.
    pub(crate) holding: Arc<Semaphore>,
    /// Lets one request to `/hold` go on per permit.
    pub(crate) release: Arc<Semaphore>,
    pub(crate) task: JoinHandle<()>,
}

/// A default configuration on a free loopback port.
pub(crate) fn config() -> ListenerConfig {
    ListenerConfig::new(([127, 0, 0, 1], 0).into())
}

pub(crate) fn config_with(limits: Limits) -> ListenerConfig {
    ListenerConfig { limits, ..config() }
}

pub(crate) async fn start(config: ListenerConfig) -> Running {
    let listener = Listener::bind(config).await.unwrap();
    let (address, stats, drain) = (listener.local_addr(), listener.stats(), Drain::new());
    let holding = Arc::new(Semaphore::new(0));
    let release = Arc::new(Semaphore::new(0));
    let gates = (Arc::clone(&holding), Arc::clone(&release));
    let handler =
        move |request: Request<RequestBody>, peer: Peer| tell(request, peer, gates.clone());
    let task = match super::FAST {
        true => {
            tokio::spawn(listener.serve_with_fast_path(handler, Arc::new(Teller), 2, drain.clone()))
        }
        false => tokio::spawn(listener.serve(handler, drain.clone())),
    };
    Running { address, stats, drain, holding, release, task }
}

/// Answers `<client> <secure> <method> <target> <body>`.
async fn tell(
    request: Request<RequestBody>,
    peer: Peer,
    (holding, release): (Arc<Semaphore>, Arc<Semaphore>),
) -> Response<http_body_util::Full<bytes::Bytes>> {
    if request.uri().path() == "/hold" {
        holding.add_permits(1);
        release.acquire().await.unwrap().forget();
    }
    let (head, body) = request.into_parts();
    let body = match body.read().await {
        Ok(bytes) => format!("body:{}", bytes.len()),
        Err(error) => format!("error:{error}"),
    };
    let Peer { address, secure, .. } = peer;
    Response::new(format!("{address} {secure} {} {} {body}\n", head.method, head.uri).into())
}

/// Tells the same on the fast path.
struct Teller;

impl FastPath for Teller {
    /// The answers to requests for `/later…`, once they are settled.
    type Turn = (Vec<String>, bool);

    fn answer(
        &self,
        turn: &mut Self::Turn,
        request: &FastRequest<'_>,
        answers: &mut Vec<u8>,
    ) -> Fast {
        assert_ne!(request.target, "/panic", "on purpose");
        let Peer { address, secure, .. } = request.peer;
        let body = format!("{address} {secure} GET {} body:0\n", request.target);
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        match request.target {
            "/hyper" | "/hold" => return Fast::NotMine,
            later if later.starts_with("/later") => {
                turn.0.push(answer);
                return Fast::Later;
            }
            "/large" => {
                let body = "x".repeat(LARGE);
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n");
                answers.extend_from_slice((head + &body).as_bytes());
            }
            _ => answers.extend_from_slice(answer.as_bytes()),
        }
        Fast::Answered
    }

    fn settle(&self, turn: &mut Self::Turn) {
        turn.1 = true;
    }

    fn finish(&self, turn: &mut Self::Turn, number: usize, answers: &mut Vec<u8>) {
        assert!(turn.1, "settled first");
        answers.extend_from_slice(turn.0[number].as_bytes());
    }

    fn commit(&self, turn: &mut Self::Turn) {
        *turn = Default::default();
    }
}

/// More than two sockets hold between them.
pub(crate) const LARGE: usize = 32 << 20;

impl Running {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` on a new connection and reads to its end.
    pub(crate) async fn talk(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may close before it took all of it.
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }

    pub(crate) async fn stopped(self) {
        timeout(PATIENCE, self.task).await.expect("serve returned").unwrap();
    }
}

/// All that comes until the connection is closed; a reset counts as closed.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("the connection was closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer of an open connection: head and, by its Content-Length, body.
pub(crate) async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if length.is_none_or(|length| body.len() >= length.parse().unwrap()) {
                return String::from_utf8(bytes).unwrap();
            }
        }
        let byte = timeout(PATIENCE, stream.read_u8()).await.expect("an answer").expect("no close");
        bytes.push(byte);
    }
}

/// Waits until `count()` is `wanted`.
pub(crate) async fn eventually(wanted: u64, count: impl Fn() -> u64) {
    let reached = async {
        while count() != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = timeout(PATIENCE, reached).await;
    assert!(waited.is_ok(), "wanted {wanted}, got {}", count());
}
