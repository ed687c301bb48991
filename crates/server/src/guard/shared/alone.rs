//! What this node accepted by itself, until Valkey knows it too.
//!
//! Invariant: bounded, and nothing in it is older than the window: what left it can be used nowhere.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tonegate_protocol::limits::WINDOW_SECS;

use super::ask::Ask;
use crate::limits::ALONE_MAX;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    pub(super) app_id: u32,
    pub(super) signature: [u8; 16],
    pub(super) timestamp: i64,
    /// Gateway time, Unix seconds.
    pub(super) at: i64,
}

#[derive(Debug, Default)]
pub(super) struct Alone(Mutex<VecDeque<Accepted>>);

impl Alone {
    /// Adds one, accepted at `now`. `false`: the oldest had to go for it.
    pub(super) fn add(&self, ask: &Ask, now: i64) -> bool {
        let mut list = self.list();
        let outside = |it: &Accepted| it.timestamp + WINDOW_SECS < now;
        while list.front().is_some_and(outside) {
            list.pop_front();
        }
        let full = list.len() >= ALONE_MAX;
        if full {
            list.pop_front();
        }
        let Ask { app_id, signature, timestamp, .. } = *ask;
        list.push_back(Accepted { app_id, signature, timestamp, at: now });
        !full
    }

    /// All of them, oldest first.
    pub(super) fn take(&self) -> VecDeque<Accepted> {
        std::mem::take(&mut *self.list())
    }

    /// Takes back, before all others, what could not be handed over. Gives how many had to go.
    pub(super) fn put_back(&self, mut accepted: VecDeque<Accepted>) -> usize {
        let mut list = self.list();
        accepted.append(&mut list);
        let over = accepted.len().saturating_sub(ALONE_MAX);
        accepted.drain(..over);
        *list = accepted;
        over
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<Accepted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_bounded_too() {
        let one = Accepted { app_id: 1, signature: [1; 16], timestamp: 0, at: 0 };
        let alone = Alone::default();
        let newest = Accepted { app_id: 2, ..one };
        assert_eq!(alone.put_back([newest].into()), 0);
        assert_eq!(alone.put_back(vec![one; ALONE_MAX].into()), 1);
        let kept = alone.take();
        assert_eq!((kept.len(), kept.back().map(|it| it.app_id)), (ALONE_MAX, Some(2)));
    }
}
