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
    /// Idle connections close; requests in flight finish.
    Drain,
    /// Everything closes.
    Stop,
}

/// The event loop's letter box. Whoever writes the first letter wakes the loop.
pub(super) struct Inbox {
    messages: Mutex<Vec<Message>>,
    waker: mio::Waker,
    /// Connections that the loop has or is about to have.
    pub(super) load: AtomicUsize,
}

impl Inbox {
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Arc<Self>> {
        let waker = mio::Waker::new(registry, token)?;
        Ok(Arc::new(Self { messages: Mutex::default(), waker, load: AtomicUsize::new(0) }))
    }

    pub(super) fn put(&self, message: Message) {
        if matches!(message, Message::Connection(_)) {
            self.load.fetch_add(1, Ordering::Relaxed);
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
        let first = messages.len() == 1;
        drop(messages);
        if first && let Err(error) = self.waker.wake() {
            // The loop finds the letter with the next event.
            tracing::error!(%error, "an event loop cannot be woken");
        }
    }

    pub(super) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
