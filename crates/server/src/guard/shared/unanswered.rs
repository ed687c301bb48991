//! Signatures that this node refused for now (codes 1 and 7) while Valkey's answer was lost.
//!
//! Valkey may have taken them as this node's. Whoever heard code 1 or 7 may come again with the same one, and
//! is then asked about as in a second try, so that it is no repeat. Invariant: bounded; the oldest go first,
//! and one asked again is here no more.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ask::Ask;
use crate::limits::UNANSWERED_MAX;

type Name = (u32, [u8; 16]);

#[derive(Debug, Default)]
pub(super) struct Unanswered(Mutex<Halves>);

#[derive(Debug, Default)]
struct Halves {
    new: HashSet<Name>,
    old: HashSet<Name>,
}

impl Unanswered {
    pub(super) fn add(&self, ask: &Ask) {
        let mut halves = self.halves();
        if halves.new.len() >= UNANSWERED_MAX / 2 {
            halves.old = std::mem::take(&mut halves.new);
        }
        halves.new.insert(name(ask));
    }

    /// Was it here?
    pub(super) fn take(&self, ask: &Ask) -> bool {
        let mut halves = self.halves();
        if halves.new.is_empty() && halves.old.is_empty() {
            return false;
        }
        halves.new.remove(&name(ask)) || halves.old.remove(&name(ask))
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn name(ask: &Ask) -> Name {
    (ask.app_id, ask.signature)
}
