//! Signed requests at a fixed rate, whatever becomes of them: each has a nonce of its own; one that got
//! no licence is signed anew and sent once more, as backends do.
//!
//! Invariant: every request is recorded, with what became of it and when; nothing is left out because it
//! was late. A sample of the licences is verified as apps do.

mod judge;
mod pool;
mod record;
mod replay;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonegate_protocol::signed_query;

use crate::clock;
use crate::haproxy::NODE_HEADER;
use crate::house::{App, House};
use judge::Judge;
use pool::{Over, Pool};
pub(crate) use record::{Outcome, Record, Seen};
use replay::Accepted;
pub(crate) use replay::{Replayed, replay};

/// Between a first try and the second: a process that was killed takes a moment to end, and until then the
/// system takes connections in its name.
const BEFORE_A_SECOND_TRY: Duration = Duration::from_millis(250);
/// So that a server that is gone is not asked as fast as it can be missed.
const AFTER_A_REFUSAL: Duration = Duration::from_millis(5);

/// Who is asked, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The servers with their names, in turn; a second try goes to the next one.
    pub(crate) targets: Vec<(String, SocketAddr)>,
    /// How often.
    pub(crate) pace: Pace,
    /// Only the first so many apps ask.
    pub(crate) apps: usize,
    /// Is a request that got no licence signed anew and sent once more?
    pub(crate) second_try: bool,
}

/// How often a load asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many requests a second, whatever becomes of them.
    Rate(u32),
    /// Without a pause, so many at a time.
    Busy(usize),
}

/// Load that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Load {
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Inner {
    plan: Plan,
    apps: Arc<[App]>,
    judge: Judge,
    pool: Pool,
    turn: AtomicUsize,
    over: AtomicBool,
    seen: Mutex<Seen>,
    accepted: Accepted,
}

impl Load {
    /// Begins to ask.
    pub(crate) fn start(house: &House, plan: Plan) -> Self {
        let inner = Arc::new(Inner {
            apps: Arc::clone(&house.apps),
            judge: Judge::new(house.pins),
            pool: Pool::default(),
            turn: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            seen: Mutex::default(),
            accepted: Accepted::default(),
            plan,
        });
        let task = tokio::spawn(Arc::clone(&inner).keep_asking());
        Self { inner, task }
    }

    /// The last URLs that this node answered with a licence, newest first.
    pub(crate) fn accepted(&self, node: &str, count: usize) -> Vec<String> {
        self.inner.accepted.last(node, count)
    }

    /// Asks no more, waits for what is under way, and tells what was seen.
    pub(crate) async fn stop(self) -> Seen {
        self.inner.over.store(true, Ordering::Relaxed);
        // A panic in it has been printed; what was recorded stands.
        let _ = self.task.await;
        std::mem::take(&mut *self.inner.seen())
    }
}

impl Plan {
    /// All apps ask one server.
    pub(crate) fn one(name: &str, address: SocketAddr, rate: u32) -> Self {
        let targets = vec![(name.to_owned(), address)];
        Self { targets, pace: Pace::Rate(rate), apps: usize::MAX, second_try: true }
    }
}

impl Inner {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep_asking(self: Arc<Self>) {
        match self.plan.pace {
            Pace::Rate(rate) => self.at_a_rate(rate).await,
            Pace::Busy(count) => {
                let asking = (0..count).map(|_| Arc::clone(&self).without_a_pause());
                asking.collect::<JoinSet<_>>().join_all().await;
            }
        }
    }

    async fn without_a_pause(self: Arc<Self>) {
        while !self.over.load(Ordering::Relaxed) {
            Arc::clone(&self).request(Instant::now()).await;
            let refused = self.seen().records.last().is_some_and(|last| !last.got_license());
            if refused {
                clock::wait(AFTER_A_REFUSAL).await;
            }
        }
    }

    async fn at_a_rate(self: Arc<Self>, rate: u32) {
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut under_way = JoinSet::new();
        while !self.over.load(Ordering::Relaxed) {
            let due = ticks.tick().await;
            under_way.spawn(Arc::clone(&self).request(due));
            while under_way.try_join_next().is_some() {}
        }
        under_way.join_all().await;
    }

    /// One request, and a second try where there is one to make.
    async fn request(self: Arc<Self>, due: Instant) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let app = &self.apps[turn % self.apps.len().min(self.plan.apps)];
        let late = due.elapsed();
        let begun = clock::monotonic();
        let mut record = self.attempt(turn, app, Over::Kept).await;
        record.begun = begun;
        record.done = clock::monotonic();
        record.latency = record.done - begun + late;
        if !record.first.is_license() && self.plan.second_try {
            clock::wait(BEFORE_A_SECOND_TRY).await;
            record.second = Some(self.attempt(turn + 1, app, Over::New).await.first);
        }
        self.seen().records.push(record);
    }

    async fn attempt(&self, turn: usize, app: &App, over: Over) -> Record {
        let targets = &self.plan.targets;
        let (name, address) = &targets[turn % targets.len()];
        let nonce = format!("{:016x}", fastrand::u64(..));
        let now = clock::unix_seconds();
        let target = format!("/?{}", signed_query(app.id, &nonce, &app.secret, now));
        let mut record = Record { unix: now, ..Record::default() };
        let (answer, sent) = self.pool.ask(*address, &target, over).await;
        record.sent = sent;
        let answer = match answer {
            Ok(answer) => answer,
            Err(broken) => {
                record.node.clone_from(name);
                record.first = Outcome::Broken(broken);
                return record;
            }
        };
        record.node = answer.header(NODE_HEADER).unwrap_or(name).to_owned();
        let judged = self.judge.judge(&answer, app.id.0);
        record.first = judged.outcome;
        record.issued_at = judged.issued_at;
        if let Some(wrong) = judged.wrong {
            self.seen().wrong.push(wrong);
        }
        if record.first.is_license() {
            self.accepted.keep(&record.node, target);
        }
        record
    }
}
