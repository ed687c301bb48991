//! The event loops of one listener, each on a thread of its own.
//!
//! Invariant: a connection belongs to one loop until it ends or is handed over; the loops' threads end
//! when they are told to stop, or to drain and everything is sent. The channel that connections are handed
//! over through closes with the last of them.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::Instant;

use super::FastPath;
use super::inbox::{Accepted, Inbox, Message};
use super::worker::{Setting, Worker};
use crate::admission::Permit;
use crate::connection::Shared;
use crate::{Drain, Peer, Stats};

/// A connection that says something unusual.
pub(crate) struct HandedOver {
    pub(crate) stream: TcpStream,
    /// What was read of it and not answered.
    pub(crate) read: Vec<u8>,
    pub(crate) peer: Peer,
    pub(crate) permit: Permit,
    /// When the head must be whole that what was read begins.
    pub(crate) until: Instant,
}

/// The way to the event loops. Dropping it stops them.
pub(crate) struct Workers {
    inboxes: Vec<Arc<Inbox>>,
}

impl Workers {
    /// Starts `count` event loops.
    pub(crate) fn start<P: FastPath>(
        count: usize,
        path: &Arc<P>,
        shared: &Shared,
    ) -> io::Result<(Self, UnboundedReceiver<HandedOver>)> {
        // As many may wait in it as there are permits.
        let (sender, handed_over) = mpsc::unbounded_channel();
        // Dropped where a later loop cannot be started: that stops the earlier ones.
        let mut workers = Self { inboxes: Vec::with_capacity(count) };
        for number in 0..count {
            let worker = Worker::new(Setting {
                path: Arc::clone(path),
                limits: Arc::clone(&shared.limits),
                trusted: Arc::clone(&shared.trusted),
                stats: Arc::clone(&shared.stats),
                sender: sender.clone(),
            })?;
            workers.inboxes.push(worker.inbox());
            let watched = EndsWithDrain(shared.drain.clone(), Arc::clone(&shared.stats));
            let thread = std::thread::Builder::new().name(format!("gateway-{number}"));
            thread.spawn(move || {
                let _watched = watched;
                worker.run();
            })?;
        }
        Ok((workers, handed_over))
    }

    /// Gives a connection to the loop that has the fewest.
    pub(crate) fn take(&self, connection: Accepted) {
        let load = |inbox: &&Arc<Inbox>| inbox.load.load(Ordering::Relaxed);
        if let Some(inbox) = self.inboxes.iter().min_by_key(load) {
            inbox.put(Message::Connection(connection));
        }
    }

    /// Leaves all requests from now on to hyper, which says in its answers that the connection ends.
    pub(crate) fn say_farewell(&self) {
        self.inboxes.iter().for_each(|inbox| inbox.put(Message::Farewell));
    }

    /// Lets requests in flight finish, and closes everything else.
    pub(crate) fn drain(&self) {
        self.inboxes.iter().for_each(|inbox| inbox.put(Message::Drain));
    }

    /// Closes everything.
    pub(crate) fn stop(&self) {
        self.inboxes.iter().for_each(|inbox| inbox.put(Message::Stop));
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A loop that ends by a fault of ours must not leave a server that looks alive.
struct EndsWithDrain(Drain, Arc<Stats>);

impl Drop for EndsWithDrain {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("an event loop has panicked: draining");
            self.1.event_loops_failed.up();
            self.0.begin();
        }
    }
}
