//! The clocks of one connection: how long it may still wait for what it is waiting for.
//!
//! Invariant: outside of a request there is always a deadline, and bytes that trickle in do not
//! move it. hyper's own header timer cannot do this alone: it runs while a connection rests, so it
//! would be both or neither.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::Limits;

/// Shared by the connection's socket, its requests and the watch over it.
pub(crate) struct Pulse {
    header: Duration,
    idle: Duration,
    state: Mutex<State>,
}

struct State {
    in_flight: usize,
    /// Set from the first byte of a header (or from the accept, for the first one) to its end.
    header_until: Option<Instant>,
    idle_until: Instant,
}

/// What a connection is waiting for when no request is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The rest of a header, or the first request.
    Header(Instant),
    /// The next request.
    Idle(Instant),
}

impl Pulse {
    /// `first`: when the first request's header must be there.
    pub(crate) fn new(limits: &Limits, first: Instant) -> Arc<Self> {
        let state = State { in_flight: 0, header_until: Some(first), idle_until: first };
        Arc::new(Self { header: limits.header, idle: limits.idle, state: Mutex::new(state) })
    }

    /// What is waited for, and until when; `None` while a request is in flight.
    pub(crate) fn waiting(&self) -> Option<Waiting> {
        let state = self.state();
        if state.in_flight > 0 {
            return None;
        }
        Some(state.header_until.map_or(Waiting::Idle(state.idle_until), Waiting::Header))
    }

    /// A request's header is complete; it is in flight until the guard drops.
    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        let mut state = self.state();
        state.in_flight += 1;
        state.header_until = None;
        drop(state);
        InFlight(Arc::clone(self))
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.in_flight == 0 && state.header_until.is_none() {
            state.header_until = Some(Instant::now() + self.header);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    pub(crate) fn until(self) -> Instant {
        match self {
            Self::Header(until) | Self::Idle(until) => until,
        }
    }
}

/// A request being handled.
pub(crate) struct InFlight(Arc<Pulse>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight -= 1;
        state.idle_until = Instant::now() + self.0.idle;
    }
}

/// A stream that tells the pulse when bytes come. For HTTP/1 only: HTTP/2 has frames that begin no
/// request.
pub(crate) struct PulsedStream<S> {
    /// What was read of the stream before; comes first.
    pub(crate) before: Bytes,
    pub(crate) stream: S,
    pub(crate) pulse: Arc<Pulse>,
}

impl<S: AsyncRead + Unpin> AsyncRead for PulsedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let length = self.before.len().min(buf.remaining());
            buf.put_slice(&self.before.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.pulse.bytes_came();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PulsedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
