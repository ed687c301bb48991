//! The thread that keeps lines, looks each second whether a lost Valkey is back, and hands over what was
//! accepted without it.
//!
//! Invariant: what was accepted alone is with Valkey before the node counts as shared again, but for what
//! requests add during the last round trip: that follows at once.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::time::Instant;
use tracing::{info, warn};

use super::Core;
use super::alone::Accepted;
use super::fault::Fault;
use super::line::Line;
use super::script::{Place, field};
use crate::limits::{SHARED_GUARD_DIAL, SHARED_GUARD_PROBE, SHARED_GUARD_PUSH_MAX};

/// Calls in one round trip: Valkey answers others between two of them.
const CALLS_AT_ONCE: usize = 64;
/// Hands over so often before requests ask again: each time only what came during the time before is left.
const ROUNDS: u32 = 3;

/// What wakes the keeper.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Mutex<Rung>,
    rings: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    now: bool,
    stop: bool,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).now = true;
        self.rings.notify_one();
    }

    pub(super) fn stop(&self) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        self.rings.notify_one();
    }

    /// Waits for a ring, or until it is time. `false`: it is all over.
    fn wait(&self, until: Instant) -> bool {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            if rung.stop || std::mem::take(&mut rung.now) || rest.is_zero() {
                return !rung.stop;
            }
            let waited = self.rings.wait_timeout(rung, rest);
            rung = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Runs until the bell stops it. `looked` is called after the first look.
pub(super) fn keep(core: &Arc<Core>, looked: impl FnOnce()) {
    let mut next = Instant::now() + SHARED_GUARD_PROBE;
    look(core, true);
    looked();
    while core.bell.wait(next) {
        // While it is lost nothing waits for lines, and a ring is no reason to hurry.
        if core.breaker.is_lost() && Instant::now() < next {
            continue;
        }
        next = Instant::now() + SHARED_GUARD_PROBE;
        look(core, false);
    }
}

fn look(core: &Core, first: bool) {
    let was_lost = core.breaker.is_lost();
    let kept = if was_lost { recover(core) } else { Ok(()) }.and_then(|()| keep_lines(core));
    let Err(fault) = kept else { return };
    core.pool.none_to_be_had();
    if first {
        warn!(
            replay_guard = "local", %fault,
            "Valkey cannot be used yet: this node guards and limits alone; looking each second"
        );
    } else {
        tracing::debug!(%fault, "Valkey cannot be used");
    }
}

/// Finds it again, hands over what it missed, and only then has requests ask it.
fn recover(core: &Core) -> Result<(), Fault> {
    let mut line = core.settings.dial(&core.names)?;
    core.pool.clear();
    fill(core)?;
    for _ in 0..ROUNDS {
        push(core, &mut line)?;
        // Handing over may take long, so its waits were long ones too.
        line.probe(&core.names, core.settings.timeout)?;
        if core.alone.is_empty() {
            break;
        }
    }
    // Under load there is always one more. Whoever adds one after this rings the bell.
    core.breaker.close();
    core.metrics.shared.set(1);
    info!(replay_guard = "shared", "Valkey decides for all nodes");
    push(core, &mut line)
}

/// As many lines as there should be, and nothing left that Valkey does not know.
fn keep_lines(core: &Core) -> Result<(), Fault> {
    fill(core)?;
    if core.alone.is_empty() {
        return Ok(());
    }
    push(core, &mut core.settings.dial(&core.names)?)
}

fn fill(core: &Core) -> Result<(), Fault> {
    while core.pool.wants() {
        let generation = core.pool.generation();
        match dial(core) {
            Ok(line) => core.pool.add(line, generation),
            // Whoever gave the others up since waits for a dial that began after that.
            Err(Fault::Closed(_)) if core.pool.generation() != generation => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Tries twice: what ended the other connections may have ended the first one too.
fn dial(core: &Core) -> Result<Line, Fault> {
    let dial = || core.settings.dial(&core.names);
    dial().or_else(|fault| match fault {
        Fault::Closed(_) => dial(),
        other => Err(other),
    })
}

/// Hands over what was accepted alone; what is not taken stays.
fn push(core: &Core, line: &mut Line) -> Result<(), Fault> {
    let accepted = core.alone.take();
    if accepted.is_empty() {
        return Ok(());
    }
    let mut by_place = BTreeMap::<Place, Vec<Accepted>>::new();
    for one in accepted {
        let place = core.names.place(one.app_id, one.timestamp);
        by_place.entry(place).or_default().push(one);
    }
    let mut parts: VecDeque<_> = by_place
        .into_iter()
        .flat_map(|(of, all)| {
            all.chunks(SHARED_GUARD_PUSH_MAX).map(|part| (of, part.to_vec())).collect::<Vec<_>>()
        })
        .collect();
    while !parts.is_empty() {
        let count = parts.len().min(CALLS_AT_ONCE);
        let trip: Vec<_> = parts.drain(..count).collect();
        if let Err(fault) = push_some(core, line, &trip) {
            let rest = trip.into_iter().chain(parts).flat_map(|(_, part)| part);
            let over = core.alone.put_back(rest.collect());
            core.metrics.not_handed_over.inc_by(u64::try_from(over).unwrap_or(u64::MAX));
            return Err(fault);
        }
    }
    Ok(())
}

type Part = (Place, Vec<Accepted>);

fn push_some(core: &Core, line: &mut Line, parts: &[Part]) -> Result<(), Fault> {
    let calls = parts.iter().map(|(place, part)| {
        let fields: Vec<_> = part.iter().map(|one| field(one.app_id, &one.signature)).collect();
        let mut call = Vec::new();
        core.names.push(&mut call, *place, &fields);
        (*place, call)
    });
    let calls: Vec<_> = calls.collect();
    let answers = line.push(&core.names, &calls, SHARED_GUARD_DIAL)?;
    for ((_, part), letters) in parts.iter().zip(answers) {
        part.iter().zip(letters).for_each(|(one, letter)| pushed(core, one, letter));
    }
    Ok(())
}

fn pushed(core: &Core, one: &Accepted, letter: u8) {
    core.metrics.handed_over.inc();
    if letter == b'X' {
        core.metrics.extra.inc();
        let [a, b, ..] = one.signature;
        warn!(
            app_id = one.app_id,
            accepted_at = one.at,
            timestamp = one.timestamp,
            signature = format!("{a:02x}{b:02x}…"),
            "a signature that this node accepted while Valkey was lost was accepted by another one too"
        );
    }
}
