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
use tokio::task::JoinSet;

use crate::admission::Admission;
use crate::client_address::TrustedProxies;
use crate::connection::{self, Shared};
use crate::service::{self, Peer, ResponseBody};
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

    /// Serves until `drain` begins, then until requests in flight are done, at most
    /// [`Limits::drain`].
    pub async fn serve<H, F>(self, handler: H, drain: Drain)
    where
        H: Fn(Request<RequestBody>, Peer) -> F + Send + Sync + 'static,
        F: Future<Output = Response<ResponseBody>> + Send + 'static,
    {
        let Self { socket, tls, config, stats, .. } = self;
        let admission = Admission::new(&config.limits, config.lifted, Arc::clone(&stats));
        let shared = Arc::new(Shared {
            limits: Arc::new(config.limits),
            trusted: Arc::new(TrustedProxies(config.trusted_proxies)),
            proxy_protocol: config.proxy_protocol,
            admission: Arc::new(admission),
            tls,
            stats,
            handler: service::handler(handler),
            drain,
        });
        let mut connections = JoinSet::new();
        tokio::select! {
            () = accept_all(&socket, &shared, &mut connections) => {}
            () = keep_tls_fresh(&shared) => {}
            () = shared.drain.begun() => {}
        }
        drop(socket);
        finish(&shared, connections).await;
    }
}

/// Takes connections for ever.
async fn accept_all(socket: &TcpListener, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, peer)) => admit(shared, stream, peer, connections),
                Err(error) => rest_after(&error).await,
            },
            Some(ended) = connections.join_next() => report(ended),
        }
    }
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
async fn finish(shared: &Shared, mut connections: JoinSet<()>) {
    let all_done = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    tokio::select! {
        () = all_done => {}
        () = shared.drain.begun_hard() => {}
        () = tokio::time::sleep(shared.limits.drain) => {}
    }
    if !connections.is_empty() {
        tracing::warn!(connections = connections.len(), "stopped with requests in flight");
    }
    connections.shutdown().await;
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a handler panicked; its connection was closed");
    }
}
