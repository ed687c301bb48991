//! Admin writes that go on while something is broken, and whether what was acknowledged is there at the end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::admin::{Admin, Called};
use crate::clock;
use crate::house::{App, House};

/// After a refusal: no caller asks a broken server without a pause.
const PAUSE: Duration = Duration::from_millis(50);

/// What became of one write: the note of one app set to `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write {
    /// Counts up for each app.
    pub(super) value: u64,
    /// What the caller was told.
    pub(super) told: Told,
    /// When the answer came.
    pub(super) done: Duration,
}

/// What a caller was told of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Done: it must never be lost.
    Acknowledged,
    /// Not done: it must not be there.
    Refused,
    /// No word: it may be there or not.
    Unknown,
}

/// All writes, by app, in the order in which each app's one writer made them.
pub(super) type History = BTreeMap<u32, Vec<Write>>;

/// Writers, one an app, each with one write under way at most.
#[derive(Debug)]
pub(super) struct Writes {
    inner: Arc<Inner>,
    writers: JoinSet<()>,
}

#[derive(Debug)]
struct Inner {
    over: AtomicBool,
    history: Mutex<History>,
    faults: Mutex<BTreeMap<String, usize>>,
}

impl Writes {
    /// Starts to write through this address; each writer waits so long between two writes.
    pub(super) fn start(house: &House, admin: SocketAddr, pause: Duration) -> Self {
        let inner = Arc::new(Inner {
            over: AtomicBool::new(false),
            history: Mutex::default(),
            faults: Mutex::default(),
        });
        let writers = house.apps.iter().cloned().zip(house.tokens.iter());
        let writers = writers
            .map(|(app, token)| Arc::clone(&inner).write(app, Admin::new(admin, token), pause));
        Self { writers: writers.collect(), inner }
    }

    /// How many were acknowledged so far.
    pub(super) fn acknowledged(&self) -> usize {
        count(&self.inner.history(), Told::Acknowledged)
    }

    /// Writes no more; the history, and what refusals and silences said.
    pub(super) async fn stop(self) -> (History, BTreeMap<String, usize>) {
        self.inner.over.store(true, Ordering::Relaxed);
        self.writers.join_all().await;
        let history = std::mem::take(&mut *self.inner.history());
        (history, std::mem::take(&mut *lock(&self.inner.faults)))
    }
}

impl Inner {
    fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.history)
    }

    async fn write(self: Arc<Self>, app: App, admin: Admin, pause: Duration) {
        let mut value = 0;
        while !self.over.load(Ordering::Relaxed) {
            value += 1;
            let patch = json!({ "note": note(value) });
            let called = admin.call("PATCH", &format!("/apps/{}", app.id), Some(&patch)).await;
            let (told, fault) = match called {
                Called::Done(_) => (Told::Acknowledged, None),
                Called::Refused(status, said) => (Told::Refused, Some(format!("{status} {said}"))),
                Called::Unknown(said) => (Told::Unknown, Some(said)),
            };
            let write = Write { value, told, done: clock::monotonic() };
            self.history().entry(app.id.0).or_default().push(write);
            if let Some(fault) = fault {
                let fault = fault.chars().take(160).collect();
                *lock(&self.faults).entry(fault).or_default() += 1;
                clock::wait(PAUSE).await;
            }
            clock::wait(pause).await;
        }
    }
}

/// How many writes of a history were told so.
pub(super) fn count(history: &History, told: Told) -> usize {
    history.values().flatten().filter(|write| write.told == told).count()
}

/// What is wrong between a history and what the installation holds now: one line a fault.
///
/// An app's note must be that of its last acknowledged write, or of a later one whose caller got no word.
pub(super) async fn check(house: &House, admin: SocketAddr, history: &History) -> Vec<String> {
    let admin = Admin::new(admin, house.token());
    let mut faults = Vec::new();
    for (app, writes) in history {
        match admin.call("GET", &format!("/apps/{app}"), None).await {
            Called::Done(found) => faults.extend(judge(*app, writes, value_of(&found))),
            other => faults.push(format!("app {app} cannot be read: {other:?}")),
        }
    }
    faults
}

fn judge(app: u32, writes: &[Write], found: u64) -> Option<String> {
    let last = writes.iter().rev().find(|write| write.told == Told::Acknowledged);
    let last = last.map_or(0, |write| write.value);
    let of_found = writes.iter().find(|write| write.value == found).map(|write| write.told);
    match of_found {
        _ if found == last => None,
        _ if found < last => Some(format!("app {app}: {last} was acknowledged, {found} is there")),
        Some(Told::Unknown) => None,
        told => Some(format!("app {app}: {found} is there, of which its writer was told {told:?}")),
    }
}

fn note(value: u64) -> String {
    format!("write {value}")
}

/// The number of the write that an app's note is from; 0: none.
fn value_of(app: &Value) -> u64 {
    let note = app["note"].as_str().and_then(|note| note.strip_prefix("write "));
    note.and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_must_be_there() {
        use Told::{Acknowledged, Refused, Unknown};
        let writes = |told: &[Told]| -> Vec<Write> {
            let write = |(index, &told): (usize, &Told)| Write {
                value: index as u64 + 1,
                told,
                done: Duration::ZERO,
            };
            told.iter().enumerate().map(write).collect()
        };
        let sound = |told: &[Told], found| judge(1, &writes(told), found).is_none();
        assert!(sound(&[Acknowledged, Acknowledged], 2));
        assert!(!sound(&[Acknowledged, Acknowledged], 1), "the last one is lost");
        assert!(sound(&[Acknowledged, Unknown], 1) && sound(&[Acknowledged, Unknown], 2));
        assert!(!sound(&[Acknowledged, Refused], 2), "told that it was not done");
        assert!(sound(&[Unknown], 0) && !sound(&[Acknowledged], 0));
        assert!(!sound(&[Acknowledged], 7), "nobody wrote that");
    }
}
