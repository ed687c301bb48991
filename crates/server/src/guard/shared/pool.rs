//! Lines that nobody uses at the moment, for event loops that need one for a round trip.
//!
//! Invariant: only the keeper adds lines; whoever takes one gives it back or tells that it is gone. A line of
//! an earlier generation is never given out again.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::line::Line;

pub(super) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
    /// As many as may be in use at once.
    size: usize,
}

/// A line that is in use.
pub(super) struct Lent<'a> {
    pool: &'a Pool,
    back: bool,
}

#[derive(Default)]
struct State {
    idle: Vec<Line>,
    /// Idle ones and those in use.
    alive: usize,
    generation: u64,
    /// Times that no line could be had.
    failures: u64,
}

impl Pool {
    pub(super) fn new(size: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), size }
    }

    /// Waits for one until `deadline`, but not longer than until the keeper finds that there is none.
    /// `missing` is called where there is none at once.
    pub(super) fn take(&self, deadline: Instant, missing: impl FnOnce()) -> Option<Line> {
        let mut state = self.state();
        if let Some(line) = state.idle.pop() {
            return Some(line);
        }
        let failures = state.failures;
        missing();
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() || state.failures != failures {
                return None;
            }
            let waited = self.changed.wait_timeout(state, rest);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if let Some(line) = state.idle.pop() {
                return Some(line);
            }
        }
    }

    /// A mark for a line that was taken: when it is dropped, also by a panic, the line is gone.
    pub(super) const fn lent(&self) -> Lent<'_> {
        Lent { pool: self, back: false }
    }

    /// Gives up all lines: what is wrong with one is wrong with all.
    pub(super) fn clear(&self) {
        let idle = {
            let mut state = self.state();
            state.generation += 1;
            state.alive = state.alive.saturating_sub(state.idle.len());
            std::mem::take(&mut state.idle)
        };
        drop(idle);
    }

    /// Changes when all lines are given up.
    pub(super) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Adds a new line, unless the others were given up since its dial began in `generation`: what ended them
    /// may have ended this one.
    pub(super) fn add(&self, mut line: Line, generation: u64) {
        let mut state = self.state();
        if generation != state.generation {
            return;
        }
        line.generation = generation;
        state.idle.push(line);
        state.alive += 1;
        self.changed.notify_one();
    }

    /// Says that no line is to be had now.
    pub(super) fn none_to_be_had(&self) {
        self.state().failures += 1;
        self.changed.notify_all();
    }

    /// Are there fewer than there should be?
    pub(super) fn wants(&self) -> bool {
        self.state().alive < self.size
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent<'_> {
    /// Gives the line back.
    pub(super) fn put(mut self, line: Line) {
        let mut state = self.pool.state();
        if line.generation == state.generation {
            state.idle.push(line);
            self.pool.changed.notify_one();
            self.back = true;
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if !self.back {
            let mut state = self.pool.state();
            state.alive = state.alive.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_line_is_made_anew_after_a_panic() {
        let pool = Pool::new(1);
        let taken = || pool.take(Instant::now(), || ()).unwrap();
        pool.add(Line::new(Vec::new(), None), pool.generation());
        let line = taken();
        pool.lent().put(line);
        assert!(!pool.wants());
        let line = taken();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let (_line, _lent) = (line, pool.lent());
            panic!("on the way");
        }));
        assert!(panicked.is_err() && pool.wants());
        // One of an earlier generation is not kept, nor one whose dial began in it.
        let generation = pool.generation();
        pool.add(Line::new(Vec::new(), None), generation);
        let line = taken();
        pool.clear();
        pool.lent().put(line);
        assert!(pool.wants());
        pool.add(Line::new(Vec::new(), None), generation);
        assert!(pool.wants() && pool.take(Instant::now(), || ()).is_none());
    }
}
