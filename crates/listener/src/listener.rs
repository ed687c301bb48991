//! The accept loop.
//!
//! Invariant: `serve` owns every connection it took; when it returns, or is dropped, none is left.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::admission::Admission;
use crate::client_address::TrustedProxies;
use crate::connection::{self, Shared};
use crate::fast::{FastPath, HandedOver, Workers};
use crate::service::{self, Handler, Peer, ResponseBody};
use crate::tls::Tls;
use crate::{Drain, Limits, ListenError, RequestBody, Stats, TlsFiles};

/// Where and how to listen.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// Bounds and timeouts.
    pub limits: Limits,
    /// Whose word about the client's address is taken (PROXY header, `X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
    /// Whether trusted proxies begin each connection with a PROXY header of version 2. They then
    /// must; one without is closed. From anyone else such a header is a malformed request.
    pub proxy_protocol: bool,
    /// Networks without a cap of their own on connections.
    pub lifted: Vec<IpNet>,
    /// TLS, when wanted.
    pub tls: Option<TlsFiles>,
}

impl ListenerConfig {
    /// Plain HTTP on `address`, default limits, no proxy trusted.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            limits: Limits::default(),
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            lifted: Vec::new(),
            tls: None,
        }
    }
}

/// A bound socket, ready to serve. Connections queue in the system until [`serve`](Self::serve)
/// runs.
pub struct Listener {
    socket: TcpListener,
    local: SocketAddr,
    tls: Option<Tls>,
    config: ListenerConfig,
    stats: Arc<Stats>,
}

impl Listener {
    /// Reads the TLS files and takes the address.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub async fn bind(config: ListenerConfig) -> Result<Self, ListenError> {
        let tls = match config.tls.clone() {
            Some(files) => Some(Tls::load(files).await?),
            None => None,
        };
        let refused = |source| ListenError::from_bind(config.address, source);
        let socket = TcpListener::bind(config.address).await.map_err(refused)?;
        let local = socket.local_addr().map_err(refused)?;
        Ok(Self { socket, local, tls, config, stats: Arc::default() })
    }

    /// The address taken; with the port, when the configured one was 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The counters, to be read while serving.
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.stats)
    }

    /// Serves until `drain` begins, says [farewell](Limits::farewell), and answers requests in flight; all of
    /// that takes at most [`Limits::drain`].
    pub async fn serve<H, F>(self, handler: H, drain: Drain)
    where
        H: Fn(Request<RequestBody>, Peer) -> F + Send + Sync + 'static,
        F: Future<Output = Response<ResponseBody>> + Send + 'static,
    {
        let (socket, shared) = self.shared(service::handler(handler, drain.clone()), drain);
        serve_all(socket, shared, None).await;
    }

    /// As [`serve`](Self::serve), with `workers` event loops (0: one a core) that give plain HTTP/1.1
    /// requests to `fast` first. If they cannot be started, that is logged, and `handler` has them all.
    pub async fn serve_with_fast_path<H, F, P>(
        self,
        handler: H,
        fast: Arc<P>,
        workers: usize,
        drain: Drain,
    ) where
        H: Fn(Request<RequestBody>, Peer) -> F + Send + Sync + 'static,
        F: Future<Output = Response<ResponseBody>> + Send + 'static,
        P: FastPath,
    {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = if workers == 0 { cores() } else { workers };
        let (socket, mut shared) = self.shared(service::handler(handler, drain.clone()), drain);
        let started = Workers::start(workers, &fast, &shared);
        let handed_over = started.map(|(workers, handed_over)| {
            shared.fast = Some(workers);
            handed_over
        });
        if let Err(error) = &handed_over {
            tracing::error!(%error, "no event loop can be started: the fast path is off");
        }
        serve_all(socket, shared, handed_over.ok()).await;
    }

    fn shared(self, handler: Handler, drain: Drain) -> (TcpListener, Shared) {
        let Self { socket, tls, config, stats, .. } = self;
        let admission = Admission::new(&config.limits, config.lifted, Arc::clone(&stats));
        let shared = Shared {
            limits: Arc::new(config.limits),
            trusted: Arc::new(TrustedProxies(config.trusted_proxies)),
            proxy_protocol: config.proxy_protocol,
            admission: Arc::new(admission),
            tls,
            stats,
            handler,
            fast: None,
            drain,
            closing: Drain::new(),
        };
        (socket, shared)
    }
}

/// How often it is looked whether all connections have gone.
const FAREWELL_LOOK: Duration = Duration::from_millis(20);
/// For so long nobody must have been connected. Who was told that his connection ends comes with a new one, until
/// he has seen that this server leaves; one that came in the moment in which the socket closes would be lost.
const FAREWELL_QUIET: Duration = Duration::from_millis(500);

/// Where connections come from that the fast path does not take; `None`: there is none (any more).
type HandedOvers = Option<UnboundedReceiver<HandedOver>>;

async fn serve_all(socket: TcpListener, shared: Shared, mut handed_over: HandedOvers) {
    let shared = Arc::new(shared);
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept_all(&socket, &shared, &mut handed_over, &mut connections) => {}
        () = keep_tls_fresh(&shared) => {}
        () = shared.drain.begun() => {}
    }
    let end = Instant::now() + shared.limits.drain;
    if !shared.limits.farewell.is_zero() {
        tokio::select! {
            () = accept_all(&socket, &shared, &mut handed_over, &mut connections) => {}
            () = say_farewell(&shared) => {}
        }
    }
    drop(socket);
    shared.closing.begin();
    if let Some(fast) = &shared.fast {
        fast.drain();
    }
    finish(&shared, handed_over, connections, end).await;
}

/// Gives who keeps connections the time to hear with an answer that they end.
async fn say_farewell(shared: &Shared) {
    if let Some(fast) = &shared.fast {
        fast.say_farewell();
    }
    let all_gone = async {
        let (mut accepted, mut since) = (shared.stats.accepted.get(), Instant::now());
        while since.elapsed() < FAREWELL_QUIET {
            tokio::time::sleep(FAREWELL_LOOK).await;
            let come = shared.stats.accepted.get();
            if come != accepted || shared.stats.open.get() > 0 {
                (accepted, since) = (come, Instant::now());
            }
        }
    };
    tokio::select! {
        () = all_gone => {}
        () = shared.drain.begun_hard() => {}
        () = tokio::time::sleep(shared.limits.farewell) => {}
    }
}

/// Takes connections for ever.
async fn accept_all(
    socket: &TcpListener,
    shared: &Arc<Shared>,
    handed_over: &mut HandedOvers,
    connections: &mut JoinSet<()>,
) {
    loop {
        tokio::select! {
            Some(handed_over) = next(handed_over) => {
                connections.spawn(connection::take_over(Arc::clone(shared), handed_over));
            }
            accepted = socket.accept() => match accepted {
                Ok((stream, peer)) => admit(shared, stream, peer, connections),
                Err(error) => rest_after(&error).await,
            },
            Some(ended) = connections.join_next() => report(ended),
        }
    }
}

/// The next connection that is handed over; `None`: the event loops have ended.
async fn next(handed_over: &mut HandedOvers) -> Option<HandedOver> {
    let next = handed_over.as_mut()?.recv().await;
    if next.is_none() {
        *handed_over = None;
    }
    next
}

/// Over the cap, the connection is closed by dropping it here.
fn admit(shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
    shared.stats.accepted.up();
    if let Some(permit) = shared.admission.admit() {
        connections.spawn(connection::run(Arc::clone(shared), stream, peer, permit));
    }
}

/// A connection that broke while queued is nobody's fault; anything else (no descriptors, no
/// memory) passes only with time, and trying at once again would spin.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections; is the limit of open files too low?");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn keep_tls_fresh(shared: &Shared) {
    match &shared.tls {
        Some(tls) => match tls.keep_fresh().await {},
        None => std::future::pending().await,
    }
}

/// Waits for what is in flight; cuts what is left at the end of the time or at a hard stop.
async fn finish(
    shared: &Arc<Shared>,
    mut handed_over: HandedOvers,
    mut connections: JoinSet<()>,
    end: Instant,
) {
    let all_done = async {
        while let Some(handed_over) = next(&mut handed_over).await {
            connections.spawn(connection::take_over(Arc::clone(shared), handed_over));
        }
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    tokio::select! {
        () = all_done => {}
        () = shared.drain.begun_hard() => {}
        () = tokio::time::sleep_until(end) => {}
    }
    let open = shared.stats.open.get();
    if open > 0 {
        tracing::warn!(connections = open, "stopped with requests in flight");
    }
    if let Some(fast) = &shared.fast {
        fast.stop();
    }
    connections.shutdown().await;
    while next(&mut handed_over).await.is_some() {}
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a handler panicked; its connection was closed");
    }
}
