//! One event loop: reads what came, has it answered, and only then writes.
//!
//! A turn: every connection that became readable is read once and its requests are answered into one
//! buffer; the [`FastPath`] settles what it left for later, all of it at once, and commits what must not
//! be lost; the answers are written. Invariant: nothing more is read from a connection until all its
//! answers are sent, so a client that does not read is not read either. Events come once a change
//! (edge-triggered), so whatever is left unread is remembered in [`Connection::readable`].

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::head::HeadReader;
use super::inbox::{Accepted, Inbox, Message};
use super::pieces::Pieces;
use super::workers::HandedOver;
use super::{Fast, FastPath};
use crate::admission::Permit;
use crate::client_address::TrustedProxies;
use crate::{Limits, Peer, Stats};

/// Read at once of one connection.
const READ_BYTES: usize = 16 << 10;
/// Most bytes of answers to what was read at once; a client that asked for more goes on at hyper, which
/// makes them as it reads them.
const ANSWER_BYTES: usize = 32 << 10;
/// With more answers than this, a turn reads nothing more: first these are sent.
const TURN_BYTES: usize = 256 << 10;
/// Taken at once from the system.
const EVENTS: usize = 64;
/// Stands for the inbox among the tokens.
const INBOX: Token = Token(usize::MAX);

/// What a loop is given.
pub(super) struct Setting<P> {
    pub(super) path: Arc<P>,
    pub(super) limits: Arc<Limits>,
    pub(super) trusted: Arc<TrustedProxies>,
    pub(super) stats: Arc<Stats>,
    pub(super) sender: UnboundedSender<HandedOver>,
}

pub(super) struct Worker<P: FastPath> {
    setting: Setting<P>,
    turn: P::Turn,
    poll: Poll,
    inbox: Arc<Inbox>,
    connections: Slab<Connection>,
    buffer: Box<[u8; READ_BYTES]>,
    /// This turn's answers, and whose they are.
    pieces: Pieces,
    /// Connections with more to read than one turn takes.
    again: Vec<usize>,
    now: Instant,
    next_look: Instant,
    leaving: bool,
    draining: bool,
    stopped: bool,
}

struct Connection {
    stream: TcpStream,
    peer: Peer,
    permit: Permit,
    /// When it is closed.
    deadline: Instant,
    /// It has not sent a request yet.
    fresh: bool,
    /// There may be something to read.
    readable: bool,
    /// The peer will send nothing more.
    ended: bool,
    /// Answers of this turn are not written yet.
    answered: bool,
    /// What the socket did not take yet.
    unsent: Vec<u8>,
    /// What becomes of it when everything is answered and sent.
    then: Then,
}

enum Then {
    GoOn,
    Close,
    HandOver(Vec<u8>),
}

impl<P: FastPath> Worker<P> {
    pub(super) fn new(setting: Setting<P>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Inbox::new(poll.registry(), INBOX)?;
        let now = Instant::now();
        Ok(Self {
            setting,
            turn: P::Turn::default(),
            poll,
            inbox,
            connections: Slab::new(),
            buffer: Box::new([0; READ_BYTES]),
            pieces: Pieces::default(),
            again: Vec::new(),
            now,
            next_look: now,
            leaving: false,
            draining: false,
            stopped: false,
        })
    }

    pub(super) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// Runs until it is stopped, or drained.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !(self.stopped || self.draining && self.connections.is_empty()) {
            if let Err(error) = self.poll.poll(&mut events, self.rest())
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the system gives no events; trying again");
                std::thread::sleep(Duration::from_millis(100));
            }
            self.turn(&events);
        }
        self.inbox.close();
    }

    /// How long to wait for events: for ever while there is nothing to time out.
    fn rest(&self) -> Option<Duration> {
        if !self.again.is_empty() {
            return Some(Duration::ZERO);
        }
        (!self.connections.is_empty()).then(|| self.next_look.duration_since(Instant::now()))
    }

    fn turn(&mut self, events: &Events) {
        self.now = Instant::now();
        let mut messages = Vec::new();
        for key in std::mem::take(&mut self.again) {
            self.read(key);
        }
        for event in events {
            match event.token() {
                INBOX => messages = self.inbox.take(),
                Token(key) => self.event(key, event),
            }
        }
        for message in messages {
            self.message(message);
        }
        self.settle_turn();
        self.write_answers();
        self.close_overdue();
    }

    fn settle_turn(&mut self) {
        let Self { setting: Setting { path, .. }, turn, pieces, .. } = self;
        if pieces.later() > 0 {
            path.settle(turn);
            pieces.finish(|number, answers| path.finish(turn, number, answers));
        }
        path.commit(turn);
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Connection(accepted) => self.admit(accepted),
            Message::Farewell => self.leaving = true,
            Message::Drain => self.drain(),
            Message::Stop => self.stopped = true,
        }
    }

    fn admit(&mut self, accepted: Accepted) {
        let Accepted { stream, peer, permit, first } = accepted;
        if self.draining {
            self.inbox.load.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let mut stream = TcpStream::from_std(stream);
        let entry = self.connections.vacant_entry();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut stream, Token(entry.key()), interest);
        if let Err(error) = registered {
            tracing::warn!(%error, "a connection cannot be watched; it is closed");
            self.inbox.load.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        entry.insert(Connection {
            stream,
            peer,
            permit,
            deadline: first,
            fresh: true,
            readable: false,
            ended: false,
            answered: false,
            unsent: Vec::new(),
            then: Then::GoOn,
        });
    }

    fn event(&mut self, key: usize, event: &Event) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        connection.ended |= event.is_read_closed();
        connection.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
        if event.is_writable() && !connection.unsent.is_empty() {
            let unsent = std::mem::take(&mut connection.unsent);
            self.write(key, &unsent);
        }
        self.read(key);
    }

    /// Reads once, and has answered what came.
    fn read(&mut self, key: usize) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if !connection.readable || connection.is_busy() {
            return;
        }
        if self.pieces.bytes() > TURN_BYTES {
            return self.again.push(key);
        }
        match connection.stream.read(&mut self.buffer[..]) {
            Ok(0) => connection.then = Then::Close,
            Ok(length) => {
                connection.readable = length == READ_BYTES || connection.ended;
                self.answer(key, length);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => connection.readable = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => connection.then = Then::Close,
        }
        self.settle(key);
    }

    /// Answers the requests in the first `length` bytes of the buffer.
    fn answer(&mut self, key: usize, length: usize) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let Setting { path, limits, trusted, .. } = &self.setting;
        let reader = HeadReader { limits, trusted };
        let (start, bytes) = (self.pieces.mark(), self.pieces.bytes());
        let mut rest = &self.buffer[..length];
        while !rest.is_empty() {
            let full = self.pieces.bytes() - bytes > ANSWER_BYTES;
            let request =
                if full || self.leaving { None } else { reader.read(rest, connection.peer) };
            let answered = request.filter(|(request, _)| {
                match path.answer(&mut self.turn, request, &mut self.pieces.answers) {
                    Fast::Answered => true,
                    Fast::Later => {
                        self.pieces.leave();
                        true
                    }
                    Fast::NotMine => false,
                }
            });
            let Some((_, length)) = answered else {
                connection.then = Then::HandOver(rest.to_vec());
                break;
            };
            rest = &rest[length..];
        }
        if self.pieces.mark() != start {
            connection.fresh = false;
            connection.deadline = self.now + limits.idle;
        }
        connection.answered = true;
        self.pieces.give(key, start);
    }

    fn write_answers(&mut self) {
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.write(|key, answers| {
            if let Some(connection) = self.connections.get_mut(key) {
                connection.answered = false;
            }
            self.write(key, answers);
        });
        self.pieces = pieces;
    }

    /// Sends `bytes` behind what is unsent, as far as the socket takes them.
    fn write(&mut self, key: usize, mut bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        while !bytes.is_empty() && connection.unsent.is_empty() {
            match connection.stream.write(bytes) {
                Ok(sent) if sent > 0 => bytes = &bytes[sent..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => return self.close(key),
            }
        }
        connection.unsent.extend_from_slice(bytes);
        self.settle(key);
    }

    /// Does what is to be done with a connection when nothing is under way on it.
    fn settle(&mut self, key: usize) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.is_busy() {
            return;
        }
        match &connection.then {
            Then::GoOn if self.draining => self.close(key),
            Then::GoOn if connection.readable => self.again.push(key),
            Then::GoOn => {}
            Then::Close => self.close(key),
            Then::HandOver(_) => self.hand_over(key),
        }
    }

    fn hand_over(&mut self, key: usize) {
        let Some(mut connection) = self.remove(key) else { return };
        let Then::HandOver(read) = connection.then else { return };
        if self.poll.registry().deregister(&mut connection.stream).is_err() {
            return;
        }
        let until = match connection.fresh {
            true => connection.deadline,
            false => self.now + self.setting.limits.header,
        };
        let Connection { stream, peer, permit, .. } = connection;
        let stream = stream.into();
        // Nobody receives any more once everything is being stopped.
        let _ = self.setting.sender.send(HandedOver { stream, read, peer, permit, until });
    }

    fn close(&mut self, key: usize) {
        self.remove(key);
    }

    fn remove(&mut self, key: usize) -> Option<Connection> {
        let removed = self.connections.try_remove(key)?;
        self.inbox.load.fetch_sub(1, Ordering::Relaxed);
        Some(removed)
    }

    fn drain(&mut self) {
        self.draining = true;
        let keys: Vec<_> = self.connections.iter().map(|(key, _)| key).collect();
        for key in keys {
            // Perhaps a request has come whose event has not.
            if let Some(connection) = self.connections.get_mut(key) {
                connection.readable = true;
            }
            self.read(key);
        }
    }

    /// Looks at all deadlines, several times while the shortest one runs.
    fn close_overdue(&mut self) {
        if self.now < self.next_look {
            return;
        }
        let Limits { header, idle, .. } = *self.setting.limits;
        let look = (header.min(idle) / 8).clamp(Duration::from_millis(1), LOOK_MAX);
        self.next_look = self.now + look;
        let overdue = self.connections.iter().filter(|(_, it)| it.deadline <= self.now);
        let overdue: Vec<_> = overdue.map(|(key, it)| (key, it.fresh)).collect();
        for (key, fresh) in overdue {
            if fresh {
                self.setting.stats.closed_header_timeout.up();
            }
            self.close(key);
        }
    }
}

const LOOK_MAX: Duration = Duration::from_millis(250);

impl Connection {
    /// Is an answer not sent yet?
    fn is_busy(&self) -> bool {
        self.answered || !self.unsent.is_empty()
    }
}
