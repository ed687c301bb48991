//! The load generator: one thread, one event loop, every connection with one request under way.
//!
//! Invariant: each answer is judged, and one that is wrong ends the run. It costs one receive and one
//! send a request; nothing is allocated on that way.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};
use rustix::time::{ClockId, clock_gettime};
use rustls::ClientConfig;

use super::answer::{self, Read};
use super::judge::Judge;
use super::traffic::Traffic;
use super::wire::Wire;
use crate::clock;

/// Where to, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The servers, which are connected to in turn.
    pub(crate) addresses: Vec<SocketAddr>,
    /// With TLS?
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// A new connection for each request?
    pub(crate) reconnect: bool,
}

/// What a stretch of load came to.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Requests that were answered, rightly.
    pub(crate) answers: u64,
    /// How long it took.
    pub(crate) wall: Duration,
    /// CPU time of this thread in it.
    pub(crate) cpu: Duration,
    /// Nanoseconds from sending (or from when it was due) to the answer.
    pub(crate) latency: Histogram<u64>,
}

/// The connections and what goes over them.
#[derive(Debug)]
pub(crate) struct Engine {
    target: Target,
    traffic: Traffic,
    judge: Judge,
    poll: Poll,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    /// Connections that asked nothing yet, or wait for their turn.
    idle: Vec<usize>,
    epoch: Instant,
    epoch_unix: Duration,
    opened: usize,
}

#[derive(Debug)]
struct Connection {
    wire: Wire,
    asked: Option<Pending>,
    /// An answer's beginning; hardly ever anything.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    code: u32,
    app_id: u32,
    since: Instant,
}

/// With fewer answers in a turn than this, the generator waits a moment for more to come. To wake for
/// each answer alone costs more than the answer: the generator would be what is measured, and a server
/// that answers slowly would pay with its own CPU time for waking it.
const FEW: usize = 4;
/// It does so with so many connections, where the server has enough to do meanwhile.
const MANY: usize = 32;
/// The moment. A tenth of the time that 64 requests take a fast server.
const GATHERING: Duration = Duration::from_micros(25);
/// How long answers may take that are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Room for any answer.
const BUFFER: usize = 64 * 1_024;

impl Engine {
    /// Opens the connections; nothing is asked yet.
    pub(crate) fn connect(
        target: Target,
        connections: usize,
        traffic: Traffic,
        judge: Judge,
    ) -> anyhow::Result<Self> {
        let mut engine = Self {
            target,
            traffic,
            judge,
            poll: Poll::new()?,
            connections: Vec::with_capacity(connections),
            buffer: vec![0; BUFFER],
            idle: (0..connections).rev().collect(),
            epoch: clock::now(),
            epoch_unix: clock::wall(),
            opened: 0,
        };
        for number in 0..connections {
            let connection = engine.open(number)?;
            engine.connections.push(connection);
        }
        Ok(engine)
    }

    /// Asks as fast as it is answered, on every connection, for `time` or until there is no more to
    /// ask. What is under way at the end is answered in the next stretch.
    pub(crate) fn closed_loop(&mut self, time: Duration) -> anyhow::Result<Measured> {
        let mut stretch = Stretch::begin()?;
        let end = stretch.start + time;
        for number in std::mem::take(&mut self.idle) {
            self.ask(number, clock::now())?;
        }
        let mut events = Events::with_capacity(1_024);
        while clock::now() < end && self.idle.len() < self.connections.len() {
            self.turn(&mut events, end, Self::ask, &mut stretch)?;
            if events.iter().nth(FEW).is_none() && self.connections.len() >= MANY {
                thread::sleep(GATHERING);
            }
        }
        stretch.end()
    }

    /// Asks once on every connection and waits for the answers.
    pub(crate) fn once_each(&mut self) -> anyhow::Result<Measured> {
        let mut stretch = Stretch::begin()?;
        let end = stretch.start + PATIENCE;
        for number in std::mem::take(&mut self.idle) {
            self.ask(number, clock::now())?;
        }
        let mut events = Events::with_capacity(1_024);
        while self.idle.len() < self.connections.len() {
            ensure!(clock::now() < end, "not all connections were answered");
            self.turn(&mut events, end, Self::rest, &mut stretch)?;
        }
        stretch.end()
    }

    /// Asks `rate` times a second whatever the answers do, for `time`. A request that finds no free
    /// connection waits, and its latency counts from when it was due.
    pub(crate) fn open_loop(&mut self, rate: u32, time: Duration) -> anyhow::Result<Measured> {
        let mut stretch = Stretch::begin()?;
        let (start, end) = (stretch.start, stretch.start + time);
        let interval = Duration::from_secs(1) / rate;
        let mut due = start;
        let mut events = Events::with_capacity(1_024);
        while clock::now() < end {
            while due <= clock::now()
                && let Some(number) = self.idle.pop()
            {
                self.ask(number, due)?;
                due += interval;
            }
            let until = if self.idle.is_empty() { end } else { due.min(end) };
            self.turn(&mut events, until, Self::rest, &mut stretch)?;
        }
        stretch.end()
    }

    fn turn(
        &mut self,
        events: &mut Events,
        until: Instant,
        then: impl Fn(&mut Self, usize, Instant) -> anyhow::Result<()>,
        stretch: &mut Stretch,
    ) -> anyhow::Result<()> {
        let wait = until.saturating_duration_since(clock::now());
        match self.poll.poll(events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in events.iter() {
            let number = event.token().0;
            if let Some(since) = self.receive(number)? {
                let now = clock::now();
                stretch.count(now.saturating_duration_since(since));
                if self.target.reconnect {
                    self.connections[number] = self.open(number)?;
                }
                then(self, number, now)?;
            }
        }
        Ok(())
    }

    /// The connection waits for its turn.
    #[expect(clippy::unnecessary_wraps, reason = "one of two things to do after an answer")]
    fn rest(&mut self, number: usize, _: Instant) -> anyhow::Result<()> {
        self.idle.push(number);
        Ok(())
    }

    /// Sends the connection's next request, or notes it for when the handshake is over.
    fn ask(&mut self, number: usize, since: Instant) -> anyhow::Result<()> {
        let connection = &mut self.connections[number];
        if !connection.wire.is_open() {
            let pending = Pending { code: HANDSHAKE, app_id: 0, since };
            connection.asked = Some(pending);
            return Ok(());
        }
        let unix = self.epoch_unix + since.saturating_duration_since(self.epoch);
        match self.traffic.next(unix.as_secs()) {
            Some(asked) => {
                let pending = Pending { code: asked.code, app_id: asked.app_id, since };
                connection.asked = Some(pending);
                connection.wire.send(asked.bytes).context("cannot send a request")?;
            }
            None => self.idle.push(number),
        }
        Ok(())
    }

    /// Reads; when a whole answer is there, judges it and tells when it was asked for.
    fn receive(&mut self, number: usize) -> anyhow::Result<Option<Instant>> {
        let connection = &mut self.connections[number];
        let held = connection.partial.len();
        self.buffer[..held].copy_from_slice(&connection.partial);
        let read = match connection.wire.receive(&mut self.buffer[held..]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Ok(0) => bail!("the server closed a connection"),
            read => read.context("cannot read an answer")?,
        };
        let Some(asked) = connection.asked else { return Ok(None) };
        if asked.code == HANDSHAKE {
            return self.ask(number, asked.since).map(|()| None);
        }
        let bytes = &self.buffer[..held + read];
        match answer::read(bytes) {
            Read::Whole(found) if found.end == bytes.len() => {
                connection.partial.clear();
                connection.asked = None;
                let body = &bytes[found.body..found.end];
                self.judge.check(body, asked.code, asked.app_id)?;
                Ok(Some(asked.since))
            }
            Read::Partial => {
                connection.partial.clear();
                connection.partial.extend_from_slice(bytes);
                Ok(None)
            }
            _ => bail!("not an answer: {}", String::from_utf8_lossy(bytes)),
        }
    }

    fn open(&mut self, number: usize) -> anyhow::Result<Connection> {
        let client = self.opened;
        self.opened += 1;
        let address = self.target.addresses[client % self.target.addresses.len()];
        let mut wire = Wire::connect(address, client, self.target.tls.as_ref())?;
        self.poll.registry().register(&mut wire.socket, Token(number), Interest::READABLE)?;
        Ok(Connection { wire, asked: None, partial: Vec::new() })
    }
}

/// Stands for the code of a request that waits for its connection's handshake.
const HANDSHAKE: u32 = u32::MAX;

/// Nanoseconds; whoever waits a minute waits for ever.
const LATENCY_MAX: u64 = 60_000_000_000;

/// What is counted from its beginning on.
struct Stretch {
    start: Instant,
    cpu: Duration,
    answers: u64,
    latency: Histogram<u64>,
}

impl Stretch {
    fn begin() -> anyhow::Result<Self> {
        let latency = Histogram::new_with_max(LATENCY_MAX, 3)?;
        Ok(Self { start: clock::now(), cpu: thread_cpu(), answers: 0, latency })
    }

    fn count(&mut self, latency: Duration) {
        self.answers += 1;
        self.latency.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    fn end(self) -> anyhow::Result<Measured> {
        Ok(Measured {
            answers: self.answers,
            wall: self.start.elapsed(),
            cpu: thread_cpu().saturating_sub(self.cpu),
            latency: self.latency,
        })
    }
}

fn thread_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
