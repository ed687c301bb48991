//! What the double was told, what it has seen, and the reply to each request that follows.
//!
//! Invariant: each request counts once, when its head was read, whatever becomes of it. One lock
//! guards it all, held for one reply at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use tonegate_clock::Clock;
use tonegate_protocol::PublicParameters;

use crate::ISSUER;
use crate::answer::{self, Asked, Reply};
use crate::authority::Authority;
use crate::behaviour::Behaviour;
use crate::gateway::Gateway;
use crate::limits::{LIFETIME_SECS, OPAQUE_BYTES};

/// What good answers carry.
pub(crate) enum Licenses {
    /// What the authority mints.
    Minted,
    /// A text that nobody can read, a new one each time.
    Opaque,
    /// The same such text each time, one an app.
    Repeated(HashMap<u32, String>),
}

/// The issuer behind the socket.
pub(crate) struct Double {
    pub(crate) authority: Authority,
    stranger: Authority,
    clock: Clock,
    /// For peaks: the test's clock may stand still.
    real: Clock,
    memory: Mutex<Memory>,
}

/// What it was told, and what it has seen.
pub(crate) struct Memory {
    pub(crate) behaviour: Behaviour,
    pub(crate) of_app: HashMap<u32, Behaviour>,
    /// For the next requests, one each, before all others.
    pub(crate) next: VecDeque<Behaviour>,
    pub(crate) skew: i64,
    pub(crate) lifetime: u32,
    pub(crate) licenses: Licenses,
    pub(crate) gateway: Gateway,
    /// The licence in the last good answer to each app.
    pub(crate) given: HashMap<u32, String>,
    /// By real time, with the app where the request named one.
    pub(crate) calls: Vec<(Duration, Option<u32>)>,
}

impl Double {
    pub(crate) fn new(clock: Clock, licenses: Licenses) -> Self {
        let memory = Memory {
            behaviour: Behaviour::Good,
            of_app: HashMap::new(),
            next: VecDeque::new(),
            skew: 0,
            lifetime: LIFETIME_SECS,
            licenses,
            gateway: Gateway::default(),
            given: HashMap::new(),
            calls: Vec::new(),
        };
        Self {
            authority: Authority::new(ISSUER),
            stranger: Authority::new(ISSUER),
            clock,
            real: Clock::system(),
            memory: Mutex::new(memory),
        }
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do with the request of this head.
    pub(crate) fn reply(&self, head: &str) -> Reply {
        let mut memory = self.memory();
        let now = self.clock.unix_seconds() + memory.skew;
        let query = query_of(head);
        let app_id = query.ok().and_then(|query| PublicParameters::parse(query).ok());
        let app_id = app_id.map(|request| request.app_id.0);
        memory.calls.push((self.real.monotonic(), app_id));
        let behaviour = memory.behaviour_for(app_id);
        let query = match query {
            Ok(query) => query,
            Err(status) => return answer::misdirected(status, now),
        };
        let refusal = memory.gateway.admit(query, now, self.clock.monotonic()).err();
        let app_id = app_id.unwrap_or_default();
        let license = memory.license(app_id, now, &self.authority);
        if refusal.is_none() && behaviour.is_good() {
            memory.given.insert(app_id, license.clone());
        }
        let (authority, stranger, lifetime) = (&self.authority, &self.stranger, memory.lifetime);
        let asked = Asked { app_id, now, lifetime, authority, stranger, refusal, license };
        answer::reply(&behaviour, &asked)
    }
}

impl Memory {
    fn behaviour_for(&mut self, app_id: Option<u32>) -> Behaviour {
        let next = self.next.pop_front();
        let own = || app_id.and_then(|app_id| self.of_app.get(&app_id)).cloned();
        next.or_else(own).unwrap_or_else(|| self.behaviour.clone())
    }

    /// The licence of a good answer.
    fn license(&mut self, app_id: u32, now: i64, authority: &Authority) -> String {
        match &mut self.licenses {
            Licenses::Minted => authority.mint(app_id, now, self.lifetime),
            Licenses::Opaque => opaque(),
            Licenses::Repeated(texts) => texts.entry(app_id).or_insert_with(opaque).clone(),
        }
    }
}

/// As the original service's: a text without a structure that anybody knows.
fn opaque() -> String {
    let bytes: Vec<u8> = (0..OPAQUE_BYTES).map(|_| fastrand::u8(..)).collect();
    BASE64.encode(&bytes)
}

/// The query of a request to this API, or the status that others get.
fn query_of(head: &str) -> Result<&str, u16> {
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match (method, path) {
        ("GET" | "POST", "/" | "") => Ok(query),
        ("GET" | "POST", _) => Err(404),
        _ => Err(405),
    }
}
