//! One connection, from its first byte to its close.
//!
//! PROXY header → TLS → HTTP/2 or HTTP/1, each under the clocks of [`Pulse`]. Invariant: this
//! future always ends: by the peer, by a deadline, or by a drain. The accept loop owns it and may
//! drop it at any time.

use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::admission::{Admission, Permit};
use crate::client_address::TrustedProxies;
use crate::fast::{Accepted, HandedOver, Workers};
use crate::limits::LINGER_BYTES;
use crate::pulse::{Pulse, PulsedStream, Waiting};
use crate::service::{Handler, Peer, Service};
use crate::tls::Tls;
use crate::{Drain, Limits, Stats, proxy};

/// What all connections of a listener share.
pub(crate) struct Shared {
    pub(crate) limits: Arc<Limits>,
    pub(crate) trusted: Arc<TrustedProxies>,
    pub(crate) proxy_protocol: bool,
    pub(crate) admission: Arc<Admission>,
    pub(crate) tls: Option<Tls>,
    pub(crate) stats: Arc<Stats>,
    pub(crate) handler: Handler,
    /// Who takes plain HTTP/1 first, if anybody.
    pub(crate) fast: Option<Workers>,
    pub(crate) drain: Drain,
    /// Begins when the drain's farewell is over.
    pub(crate) closing: Drain,
}

/// Serves one accepted connection to its end.
pub(crate) async fn run(
    shared: Arc<Shared>,
    stream: TcpStream,
    socket: SocketAddr,
    permit: Permit,
) {
    let first = Instant::now() + shared.limits.header;
    // Without it a small answer may wait for the peer's delayed acknowledgement; failing is
    // harmless.
    let _ = stream.set_nodelay(true);
    let opened = tokio::select! {
        opened = timeout_at(first, open(&shared, stream, socket, permit)) => opened,
        () = shared.closing.begun() => return,
    };
    match opened {
        Err(_) => shared.stats.closed_header_timeout.up(),
        Ok(None) => {}
        Ok(Some((Opened::Plain(stream), peer, permit))) => match &shared.fast {
            // A socket that cannot be taken out of the runtime is broken.
            Some(fast) => {
                if let Ok(stream) = stream.into_std() {
                    fast.take(Accepted { stream, peer, permit, first });
                }
            }
            None => serve_http1(&shared, stream, Bytes::new(), peer, first).await,
        },
        Ok(Some((Opened::Tls(stream), peer, _permit))) => {
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                serve_http2(&shared, *stream, peer, first).await;
            } else {
                serve_http1(&shared, *stream, Bytes::new(), peer, first).await;
            }
        }
    }
}

/// Serves what the fast path does not take, from the bytes on that it has read.
pub(crate) async fn take_over(shared: Arc<Shared>, handed_over: HandedOver) {
    let HandedOver { stream, read, peer, permit: _permit, until } = handed_over;
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    // The runtime has not yet heard that the socket takes bytes; hyper answers what it cannot read
    // and closes, all in its first turn, and would not wait for it.
    let writable = timeout_at(until, stream.writable()).await;
    if matches!(writable, Ok(Ok(()))) {
        serve_http1(&shared, stream, read.into(), peer, until).await;
    }
}

enum Opened {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// Everything before HTTP; `None` (counted) when the connection is to be closed.
async fn open(
    shared: &Shared,
    mut stream: TcpStream,
    socket: SocketAddr,
    mut permit: Permit,
) -> Option<(Opened, Peer, Permit)> {
    let address = client_of(shared, &mut stream, socket, &mut permit).await?;
    let Some(tls) = &shared.tls else {
        return Some((Opened::Plain(stream), Peer { address, socket, secure: false }, permit));
    };
    let Ok(stream) = tls.acceptor().accept(stream).await else {
        shared.stats.tls_failed.up();
        return None;
    };
    Some((Opened::Tls(Box::new(stream)), Peer { address, socket, secure: true }, permit))
}

/// The address this connection speaks for, with its place under the per-network cap taken. A
/// trusted proxy takes none itself: its connections are as many as its clients.
async fn client_of(
    shared: &Shared,
    stream: &mut TcpStream,
    socket: SocketAddr,
    permit: &mut Permit,
) -> Option<IpAddr> {
    let mut address = socket.ip().to_canonical();
    if shared.proxy_protocol && shared.trusted.contains(address) {
        let Ok(header) = proxy::read(stream).await else {
            shared.stats.proxy_header_bad.up();
            return None;
        };
        address = header.source.map_or(address, |source| source.ip());
    }
    (shared.trusted.contains(address) || permit.charge(address)).then_some(address)
}

async fn serve_http1<S>(shared: &Shared, stream: S, before: Bytes, peer: Peer, first: Instant)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Pulse::new(&shared.limits, first);
    let io = TokioIo::new(PulsedStream { before, stream, pulse: Arc::clone(&pulse) });
    let head = shared.limits.head_bytes();
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The pulse keeps the header time; this only backs it up behind pipelined requests.
        .header_read_timeout(shared.limits.idle.max(shared.limits.header))
        .half_close(true)
        .max_header_size(head)
        .max_buf_size(head.max(8 << 10))
        .serve_connection(io, service(shared, &pulse, peer));
    let end = watch(&mut connection, &pulse, &shared.closing).await;
    count(shared, &end);
    if matches!(end, End::Closed) {
        linger(shared, connection.into_parts().io.into_inner().stream).await;
    }
}

async fn serve_http2<S>(shared: &Shared, stream: S, peer: Peer, first: Instant)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Pulse::new(&shared.limits, first);
    let head = u32::try_from(shared.limits.head_bytes()).unwrap_or(u32::MAX);
    let mut connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(shared.limits.streams)
        .max_pending_accept_reset_streams(shared.limits.resets)
        .max_local_error_reset_streams(shared.limits.resets)
        .max_header_list_size(head)
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(256 << 10)
        .max_send_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service(shared, &pulse, peer));
    // Closes nothing at once: it tells the peer to begin no request here any more.
    count(shared, &watch(&mut connection, &pulse, &shared.drain).await);
}

fn service(shared: &Shared, pulse: &Arc<Pulse>, peer: Peer) -> Service {
    Service {
        handler: Arc::clone(&shared.handler),
        limits: Arc::clone(&shared.limits),
        trusted: Arc::clone(&shared.trusted),
        pulse: Arc::clone(pulse),
        peer,
    }
}

/// How a connection came to its end.
enum End {
    /// HTTP is over: by the peer, by an error, or drained.
    Closed,
    /// The time for this was over.
    TimedOut(Waiting),
}

fn count(shared: &Shared, end: &End) {
    if matches!(end, End::TimedOut(Waiting::Header(_))) {
        shared.stats.closed_header_timeout.up();
    }
}

/// What the watch needs of hyper's two kinds of connection.
trait Conversation {
    fn poll_to_end(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    fn wind_down(&mut self);
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Conversation
    for http1::Connection<TokioIo<S>, Service>
{
    fn poll_to_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Leaves the socket open: `linger` closes it. A broken connection is the peer's matter.
        self.poll_without_shutdown(cx).map(|_| ())
    }

    fn wind_down(&mut self) {
        Pin::new(self).graceful_shutdown();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Conversation
    for http2::Connection<TokioIo<S>, Service, TokioExecutor>
{
    fn poll_to_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(self).poll(cx).map(|_| ())
    }

    fn wind_down(&mut self) {
        Pin::new(self).graceful_shutdown();
    }
}

/// Drives a connection until it ends or one of its clocks runs out.
async fn watch(connection: &mut impl Conversation, pulse: &Pulse, drain: &Drain) -> End {
    let mut alarm = pin!(sleep_until(Instant::now()));
    let mut begun = pin!(drain.begun());
    let mut winding_down = false;
    std::future::poll_fn(|cx| {
        if !winding_down && begun.as_mut().poll(cx).is_ready() {
            winding_down = true;
            connection.wind_down();
        }
        if connection.poll_to_end(cx).is_ready() {
            return Poll::Ready(End::Closed);
        }
        // In flight there is no deadline; the request's end wakes this task, and the clocks are
        // looked at anew.
        let Some(waiting) = pulse.waiting() else { return Poll::Pending };
        if alarm.deadline() != waiting.until() {
            alarm.as_mut().reset(waiting.until());
        }
        alarm.as_mut().poll(cx).map(|()| End::TimedOut(waiting))
    })
    .await
}

/// Closes our side, then reads on for a moment: closing with bytes unread would reset the
/// connection and could take the last answer (a 431, say) from the peer. A drain does not wait for
/// this.
async fn linger(shared: &Shared, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let draining = shared.closing.has_begun();
    let close = async {
        stream.shutdown().await?;
        if !draining {
            let mut rest = stream.take(LINGER_BYTES as u64);
            tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
        }
        std::io::Result::Ok(())
    };
    // The connection is over either way.
    let _ = timeout(shared.limits.linger, close).await;
}
