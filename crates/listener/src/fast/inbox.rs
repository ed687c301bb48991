//! What other threads tell an event loop.

use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mio::{Registry, Token};
use tokio::time::Instant;

use crate::Peer;
use crate::admission::Permit;

/// A connection on which HTTP/1 is about to be spoken.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: Peer,
    pub(crate) permit: Permit,
    /// When the first request must be there.
    pub(crate) first: Instant,
}

pub(super) enum Message {
    /// One more connection.
    Connection(Accepted),
    /// All requests from now on are hyper's.
    Farewell,
    /// Idle connections close; requests in flight finish.
    Drain,
    /// Everything closes.
    Stop,
}

/// The event loop's letter box. Whoever writes the first letter wakes the loop.
pub(super) struct Inbox {
    /// `None`: the loop has ended, and reads no more.
    messages: Mutex<Option<Vec<Message>>>,
    waker: mio::Waker,
    /// Connections that the loop has or is about to have.
    pub(super) load: AtomicUsize,
}

impl Inbox {
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Arc<Self>> {
        let waker = mio::Waker::new(registry, token)?;
        let messages = Mutex::new(Some(Vec::new()));
        Ok(Arc::new(Self { messages, waker, load: AtomicUsize::new(0) }))
    }

    pub(super) fn put(&self, message: Message) {
        if matches!(message, Message::Connection(_)) {
            self.load.fetch_add(1, Ordering::Relaxed);
        }
        let mut open = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(messages) = open.as_mut() else { return };
        messages.push(message);
        let first = messages.len() == 1;
        drop(open);
        if first && let Err(error) = self.waker.wake() {
            // The loop finds the letter with the next event.
            tracing::error!(%error, "an event loop cannot be woken");
        }
    }

    pub(super) fn take(&self) -> Vec<Message> {
        let mut open = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// From now on, connections that are put here are closed.
    pub(super) fn close(&self) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
