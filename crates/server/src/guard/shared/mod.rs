//! The replay guard and the rates of all nodes together, in Valkey (docs/CLUSTER.md).
//!
//! The promise: once per node always, once per cluster while Valkey is healthy. The first half is the local
//! guard's ([`ReplayGuard`](super::ReplayGuard)), which is asked before and told afterwards; this is the second.
//! Invariants: nobody waits longer for Valkey than the configured timeout, and nobody at all once it counts
//! as lost; an answer is given once, so a lost one is [`Answer::Lost`] and the node decides alone. What it
//! accepts then is handed over before it counts as shared again, and what another node had accepted too is
//! counted and logged.
//!
//! Event loops [`settle`](SharedGuard::settle) a turn's requests in one round trip, which blocks them;
//! whoever may not block [`ask`](SharedGuard::ask)s a thread that does.

mod alone;
mod ask;
mod batch;
mod breaker;
mod call;
mod counts;
mod desk;
mod dial;
mod fault;
mod keeper;
mod line;
mod pool;
mod script;
mod settings;
mod slots;
#[cfg(test)]
mod tests;
mod unanswered;
mod wire;

use std::sync::Arc;
use std::sync::mpsc;

use tokio::time::Instant;
use tracing::warn;

pub use ask::{Answer, Ask};
pub use batch::Batch;
pub use counts::SharedGuardMetrics;
pub use settings::SharedGuardError;

use crate::config;
use crate::limits::SHARED_GUARD_FIRST_LOOK;
use alone::Alone;
use breaker::Breaker;
use desk::Desk;
use fault::Fault;
use keeper::Bell;
use pool::Pool;
use script::Names;
use settings::Settings;
use unanswered::Unanswered;

/// A part of the timeout that a trip has in any case, however long the one before it took.
const SHARE_AT_LEAST: u32 = 10;

/// The way to Valkey.
pub struct SharedGuard {
    core: Arc<Core>,
    desk: Desk,
}

/// What the threads share.
struct Core {
    settings: Settings,
    names: Names,
    pool: Pool,
    breaker: Breaker,
    alone: Alone,
    unanswered: Unanswered,
    bell: Bell,
    metrics: SharedGuardMetrics,
}

impl SharedGuard {
    /// Starts it as configured, for `loops` event loops; `None`: none is configured. A Valkey that is not
    /// there counts as lost, and is looked for. Blocks for as long as a first look takes.
    ///
    /// # Errors
    /// Password or certificate cannot be read.
    pub fn start(
        section: &config::SharedGuard,
        installation: &str,
        loops: usize,
        metrics: SharedGuardMetrics,
    ) -> Result<Option<Self>, SharedGuardError> {
        let Some(settings) = Settings::read(section)? else { return Ok(None) };
        let names = Names {
            installation: installation.to_owned(),
            // Three bytes, which is little in Valkey and enough to tell nodes apart.
            node: fastrand::u32(..1 << 24),
            by_app: section.topology == config::Topology::Cluster,
        };
        let core = Arc::new(Core {
            settings,
            names,
            // One for each loop, and one for the desk.
            pool: Pool::new(loops + 1),
            breaker: Breaker::new(),
            alone: Alone::default(),
            unanswered: Unanswered::default(),
            bell: Bell::default(),
            metrics,
        });
        let desk = Desk::open(&core).map_err(SharedGuardError::Threads)?;
        let shared = Self { core, desk };
        shared.start_keeper().map_err(SharedGuardError::Threads)?;
        Ok(Some(shared))
    }

    fn start_keeper(&self) -> std::io::Result<()> {
        let (looked, first_look) = mpsc::channel();
        let core = Arc::clone(&self.core);
        let thread = std::thread::Builder::new().name("shared-guard".to_owned());
        thread.spawn(move || {
            keeper::keep(&core, || {
                let _ = looked.send(());
            });
        })?;
        // A resolver that hangs must not keep the server from starting.
        let _ = first_look.recv_timeout(SHARED_GUARD_FIRST_LOOK);
        Ok(())
    }

    /// Does the node decide alone?
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.core.breaker.is_lost()
    }

    /// Are new signatures refused while it is lost?
    #[must_use]
    pub fn fails_closed(&self) -> bool {
        self.core.settings.fail_closed
    }

    /// Decides on all of the batch in one round trip. Blocks, but not for longer than the timeout.
    pub fn settle(&self, batch: &mut Batch) {
        self.core.settle(batch);
    }

    /// Decides on one request, together with those of others who wait.
    pub async fn ask(&self, ask: Ask) -> Answer {
        if self.is_lost() {
            return Answer::Lost;
        }
        self.desk.ask(ask).await
    }

    /// The node has accepted this by itself at `now` (Unix seconds): Valkey is to know.
    pub fn accepted_alone(&self, ask: &Ask, now: i64) {
        self.core.metrics.alone.inc();
        if !self.core.alone.add(ask, now) {
            self.core.metrics.not_handed_over.inc();
        }
        self.core.bell.ring();
    }

    /// The node refused this by itself, with a code that does not use it up, and Valkey may have taken it:
    /// the next time that it is asked about is a second try.
    pub fn refused_for_now(&self, ask: &Ask) {
        self.core.unanswered.add(ask);
    }
}

impl Drop for SharedGuard {
    fn drop(&mut self) {
        self.core.bell.stop();
    }
}

impl Core {
    fn settle(&self, batch: &mut Batch) {
        if batch.is_empty() || self.breaker.is_lost() {
            return;
        }
        batch.note_again(|ask| self.unanswered.take(ask));
        // Who came while the last trip was under way has waited for so long already.
        let (timeout, start) = (self.settings.timeout, Instant::now());
        let wait = timeout.saturating_sub(batch.waited(start)).max(timeout / SHARE_AT_LEAST);
        let outcome = self.trip(batch, start + wait);
        let took = batch.went(start, Instant::now());
        self.metrics.trips.inc();
        self.metrics.seconds.observe(took.as_secs_f64());
        if let Err(fault) = outcome {
            self.failed(&fault);
        }
    }

    /// One round trip; a second one where the line proves to be dead, as after a restart of Valkey.
    fn trip(&self, batch: &mut Batch, deadline: Instant) -> Result<(), Fault> {
        match self.try_trip(batch, false, deadline) {
            Err(Fault::Closed(_) | Fault::Refused(_)) => self.try_trip(batch, true, deadline),
            other => other,
        }
    }

    fn try_trip(&self, batch: &mut Batch, retried: bool, by: Instant) -> Result<(), Fault> {
        let Some(mut line) = self.pool.take(by, || self.bell.ring()) else {
            return Err(Fault::TimedOut);
        };
        let lent = self.pool.lent();
        let outcome = line.admit(&self.names, batch, retried, by);
        match &outcome {
            Ok(()) => {
                lent.put(line);
                return outcome;
            }
            Err(Fault::TimedOut) => {}
            // Its server has ended, or is no primary any more: the others are dead too.
            Err(Fault::Closed(_) | Fault::Refused(_)) => self.pool.clear(),
        }
        drop(lent);
        self.bell.ring();
        outcome
    }

    fn failed(&self, fault: &Fault) {
        self.metrics.failures.inc();
        if !self.breaker.failed(Instant::now()) {
            return;
        }
        self.metrics.lost.inc();
        self.metrics.shared.set(0);
        self.pool.clear();
        self.bell.ring();
        let verdict = match self.settings.fail_closed {
            true => "new signatures get code 1",
            false => "this node guards and limits alone",
        };
        warn!(replay_guard = "local", %fault, "Valkey is lost: {verdict}; looking each second");
    }
}

impl std::fmt::Debug for SharedGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedGuard").field("lost", &self.is_lost()).finish_non_exhaustive()
    }
}
