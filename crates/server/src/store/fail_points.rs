//! Ends this process by kill -9 between two storage calls, where a test wants it. In tests alone.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Signal, getpid, kill_process};

/// Steps until the end; 0: it goes on for ever.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// The process ends at the `step`-th step from here: before a statement, before a commit, or after it.
pub(super) fn arm(step: usize) {
    LEFT.store(step, Ordering::SeqCst);
}

/// Takes a step.
pub(super) fn step() {
    let less = |left: usize| left.checked_sub(1);
    if LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) == Ok(1) {
        kill_process(getpid(), Signal::KILL).unwrap();
    }
}
