//! One connection to Valkey, or in a Cluster one to every primary, and a round trip over it.
//!
//! Invariant: a trip writes everything before it reads anything, and waits no longer than it is told. After
//! a fault that left answers unread a line is of no use: whoever has it drops it.

use std::time::Duration;

use redis::Value;
use tokio::time::Instant;

use super::ask::{Answer, Ask};
use super::batch::Batch;
use super::fault::Fault;
use super::script::{ADMIT, Names, Place};
use super::slots::Slots;
use super::wire::{Reply, Wire};
use crate::limits::{SHARED_GUARD_CALL_MAX, SHARED_GUARD_REPLY_MAX};

/// The shortest wait there is: what has come already is read.
const SHORTEST: Duration = Duration::from_millis(1);

pub(super) struct Line {
    nodes: Vec<Node>,
    slots: Option<Slots>,
    /// Of the pool that it belongs to.
    pub(super) generation: u64,
}

struct Node {
    wire: Wire,
    /// What is to be sent.
    buffer: Vec<u8>,
}

/// A call, and which of the batch's requests it decides.
#[derive(Clone)]
struct Call {
    node: usize,
    asks: Vec<usize>,
}

impl Line {
    pub(super) fn new(nodes: Vec<Wire>, slots: Option<Slots>) -> Self {
        let node = |wire| Node { wire, buffer: Vec::new() };
        Self { nodes: nodes.into_iter().map(node).collect(), slots, generation: 0 }
    }

    pub(super) fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Wire> {
        self.nodes.iter_mut().map(|node| &mut node.wire)
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
            names.push(&mut call, names.place(app_id.unwrap_or(0), 0), &[]);
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
        let app_id = |place: &usize| batch.ask(*place).map_or(0, |ask| ask.app_id);
        let call = |node, part: &[usize]| Call { node, asks: part.to_vec() };
        if self.slots.is_none() {
            return open.chunks(SHARED_GUARD_CALL_MAX).map(|part| call(0, part)).collect();
        }
        // Stable, so that the order of an app's requests is kept.
        open.sort_by_key(app_id);
        let of_an_app = |of_one: &[usize]| {
            let node = self.node_of(names, of_one.first().map_or(0, app_id));
            of_one.chunks(SHARED_GUARD_CALL_MAX).map(|part| call(node, part)).collect::<Vec<_>>()
        };
        open.chunk_by(|a, b| app_id(a) == app_id(b)).flat_map(of_an_app).collect()
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
            let ask = |place: &usize| Some((batch.ask(*place)?, retried || batch.is_again(*place)));
            let asks: Vec<(&Ask, bool)> = asks.iter().filter_map(ask).collect();
            names.admit(&mut node.buffer, &asks);
        }
        let deadline = deadline.max(Instant::now() + SHORTEST);
        self.send(deadline)?;
        let (mut unknown, mut refused) = (Vec::new(), None);
        for call in calls {
            let Some(node) = self.nodes.get_mut(call.node) else { continue };
            match node.receive(deadline)? {
                Reply::Value(Value::BulkString(letters)) => {
                    let answers = letters.iter().map(|letter| Answer::of(*letter));
                    for (place, answer) in call.asks.iter().zip(answers) {
                        batch.answered(*place, answer.unwrap_or_default());
                    }
                }
                Reply::Error(why) if why.starts_with("NOSCRIPT") => {
                    unknown.push(call.clone());
                }
                Reply::Error(why) => refused = Some(Fault::Refused(why)),
                Reply::Value(_) => refused = Some(Fault::unexpected("a call")),
            }
        }
        refused.map_or(Ok(unknown), Err)
    }

    /// Sends every server what is for it.
    fn send(&mut self, deadline: Instant) -> Result<(), Fault> {
        for node in self.nodes.iter_mut().filter(|node| !node.buffer.is_empty()) {
            let sent = node.wire.send(&node.buffer, deadline);
            node.buffer.clear();
            sent?;
        }
        Ok(())
    }

    /// Sends pushes and gives the letters that answer each.
    pub(super) fn push(
        &mut self,
        names: &Names,
        calls: &[(Place, Vec<u8>)],
        wait: Duration,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        for (place, call) in calls {
            let node = self.node_of(names, place.app_id());
            if let Some(node) = self.nodes.get_mut(node) {
                node.buffer.extend_from_slice(call);
            }
        }
        self.send(Instant::now() + wait)?;
        let mut answers = Vec::with_capacity(calls.len());
        for (place, _) in calls {
            let node = self.node_of(names, place.app_id());
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
        node.wire.send(call, deadline)?;
        letters(node.receive(deadline)?)
    }
}

fn letters(answer: Reply) -> Result<Vec<u8>, Fault> {
    match answer {
        Reply::Value(Value::BulkString(letters)) => Ok(letters),
        Reply::Value(_) => Err(Fault::unexpected("a call")),
        Reply::Error(why) => Err(Fault::Refused(why)),
    }
}

impl Node {
    fn receive(&mut self, deadline: Instant) -> Result<Reply, Fault> {
        self.wire.receive(deadline, SHARED_GUARD_REPLY_MAX)
    }
}
