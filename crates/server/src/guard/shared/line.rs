//! One connection to Valkey, or in a Cluster one to every primary, and a round trip over it.
//!
//! Invariant: a trip writes everything before it reads anything, and waits no longer than it is told. After
//! a fault that left answers unread a line is of no use: whoever has it drops it.

use std::time::Duration;

use redis::{Connection, Value};
use tokio::time::Instant;

use super::ask::{Answer, Ask};
use super::batch::Batch;
use super::dial::set_timeouts;
use super::fault::Fault;
use super::script::{ADMIT, Names};
use super::slots::Slots;
use crate::guard::Minute;
use crate::limits::SHARED_GUARD_CALL_MAX;

/// Two waits that differ by less are the same: to change one costs a system call.
const SAME: Duration = Duration::from_millis(2);
/// The shortest wait there is.
const SHORTEST: Duration = Duration::from_millis(1);

pub(super) struct Line {
    nodes: Vec<Node>,
    slots: Option<Slots>,
    /// Of the pool that it belongs to.
    pub(super) generation: u64,
}

struct Node {
    connection: Connection,
    /// What its socket is set to.
    wait: Duration,
    /// What is to be sent.
    buffer: Vec<u8>,
}

/// A call, and which of the batch's requests it decides.
struct Call {
    node: usize,
    asks: Vec<usize>,
}

impl Line {
    pub(super) fn new(nodes: Vec<Connection>, slots: Option<Slots>) -> Self {
        let node = |connection| Node { connection, wait: Duration::ZERO, buffer: Vec::new() };
        Self { nodes: nodes.into_iter().map(node).collect(), slots, generation: 0 }
    }

    pub(super) fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.nodes.iter_mut().map(|node| &mut node.connection)
    }

    /// Which of the servers has the app.
    fn node_of(&self, names: &Names, app_id: u32) -> usize {
        self.slots.as_ref().map_or(0, |slots| slots.primary_of(names.slot(app_id)))
    }

    /// Has every server say in time that it takes writes.
    pub(super) fn probe(&mut self, names: &Names, timeout: Duration) -> Result<(), Fault> {
        for number in 0..self.nodes.len() {
            let app_id = (0..10_000).find(|app_id| self.node_of(names, *app_id) == number);
            let mut call = Vec::new();
            names.push(&mut call, app_id.unwrap_or(0), Minute(0), &[]);
            self.call(number, &call, Instant::now() + timeout)?;
        }
        Ok(())
    }

    /// Decides on what is open in the batch. What has an answer keeps it, whatever becomes of the rest.
    pub(super) fn admit(
        &mut self,
        names: &Names,
        batch: &mut Batch,
        retried: bool,
        deadline: Instant,
    ) -> Result<(), Fault> {
        let calls = self.calls(names, batch);
        let unknown = self.trip(names, batch, &calls, retried, deadline)?;
        if unknown.is_empty() {
            return Ok(());
        }
        // The server has forgotten its scripts; what it did not know it did not do.
        for call in &unknown {
            self.load(call.node, deadline)?;
        }
        match self.trip(names, batch, &unknown, retried, deadline)?.is_empty() {
            true => Ok(()),
            false => Err(Fault::Refused("it forgets scripts as they come".to_owned())),
        }
    }

    /// The open requests in calls, those of an app in their order.
    fn calls(&self, names: &Names, batch: &Batch) -> Vec<Call> {
        let mut open: Vec<usize> = batch.open().collect();
        // Stable, so that the order of an app's requests is kept.
        open.sort_by_key(|place| batch.ask(*place).map(Ask::group));
        let same =
            |a: &usize, b: &usize| batch.ask(*a).map(Ask::group) == batch.ask(*b).map(Ask::group);
        let mut calls = Vec::new();
        for group in open.chunk_by(same) {
            let app_id = group.first().and_then(|place| batch.ask(*place)).map(|ask| ask.app_id);
            let node = self.node_of(names, app_id.unwrap_or(0));
            let parts = group.chunks(SHARED_GUARD_CALL_MAX);
            calls.extend(parts.map(|part| Call { node, asks: part.to_vec() }));
        }
        calls
    }

    /// Gives the calls that the server knew no script for.
    fn trip(
        &mut self,
        names: &Names,
        batch: &mut Batch,
        calls: &[Call],
        retried: bool,
        deadline: Instant,
    ) -> Result<Vec<Call>, Fault> {
        for Call { node, asks } in calls {
            let Some(node) = self.nodes.get_mut(*node) else { continue };
            let asks: Vec<&Ask> = asks.iter().filter_map(|place| batch.ask(*place)).collect();
            names.admit(&mut node.buffer, &asks, retried);
        }
        self.send()?;
        let (mut unknown, mut refused) = (Vec::new(), None);
        for call in calls {
            let Some(node) = self.nodes.get_mut(call.node) else { continue };
            match node.receive(deadline)? {
                Value::BulkString(letters) => {
                    let answers = letters.iter().map(|letter| Answer::of(*letter));
                    for (place, answer) in call.asks.iter().zip(answers) {
                        batch.answered(*place, answer.unwrap_or_default());
                    }
                }
                Value::ServerError(error) if error.code() == "NOSCRIPT" => {
                    unknown.push(Call { node: call.node, asks: call.asks.clone() });
                }
                Value::ServerError(error) => refused = Some(Fault::refused(&error)),
                _ => refused = Some(Fault::unexpected("a call")),
            }
        }
        refused.map_or(Ok(unknown), Err)
    }

    /// Sends every server what is for it.
    fn send(&mut self) -> Result<(), Fault> {
        for node in self.nodes.iter_mut().filter(|node| !node.buffer.is_empty()) {
            let sent = node.connection.send_packed_command(&node.buffer);
            node.buffer.clear();
            sent.map_err(|error| Fault::of(&error))?;
        }
        Ok(())
    }

    /// Sends pushes (app and call) and gives the letters that answer each.
    pub(super) fn push(
        &mut self,
        names: &Names,
        calls: &[(u32, Vec<u8>)],
        wait: Duration,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        for (app_id, call) in calls {
            let node = self.node_of(names, *app_id);
            if let Some(node) = self.nodes.get_mut(node) {
                node.buffer.extend_from_slice(call);
            }
        }
        self.send()?;
        let mut answers = Vec::with_capacity(calls.len());
        for (app_id, _) in calls {
            let node = self.node_of(names, *app_id);
            let Some(node) = self.nodes.get_mut(node) else { continue };
            answers.push(letters(node.receive(Instant::now() + wait)?)?);
        }
        Ok(answers)
    }

    fn load(&mut self, node: usize, deadline: Instant) -> Result<(), Fault> {
        let load = redis::cmd("SCRIPT").arg("LOAD").arg(ADMIT.text).get_packed_command();
        self.call(node, &load, deadline).map(|_| ())
    }

    fn call(&mut self, node: usize, call: &[u8], deadline: Instant) -> Result<Vec<u8>, Fault> {
        let Some(node) = self.nodes.get_mut(node) else { return Ok(Vec::new()) };
        node.connection.send_packed_command(call).map_err(|error| Fault::of(&error))?;
        letters(node.receive(deadline)?)
    }
}

fn letters(answer: Value) -> Result<Vec<u8>, Fault> {
    match answer {
        Value::BulkString(letters) => Ok(letters),
        Value::ServerError(error) => Err(Fault::refused(&error)),
        _ => Err(Fault::unexpected("a call")),
    }
}

impl Node {
    fn receive(&mut self, deadline: Instant) -> Result<Value, Fault> {
        let rest = deadline.saturating_duration_since(Instant::now()).max(SHORTEST);
        if rest.abs_diff(self.wait) > SAME {
            set_timeouts(&self.connection, rest)?;
            self.wait = rest;
        }
        self.connection.recv_response().map_err(|error| Fault::of(&error))
    }
}
