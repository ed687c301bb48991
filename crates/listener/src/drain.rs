//! The handle that stops listeners. Invariant: it only goes forward, serving → draining → stopped
//! hard.

use tokio::sync::watch;

/// Stops every listener that was given a clone of it: gracefully, then hard.
#[derive(Debug, Clone)]
pub struct Drain(watch::Sender<Phase>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Hard,
}

impl Drain {
    /// A handle that has not begun.
    pub fn new() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }

    /// After the [farewell](crate::Limits::farewell) stop accepting, close idle connections, let requests
    /// in flight finish.
    pub fn begin(&self) {
        self.advance(Phase::Draining);
    }

    /// Close everything at once, requests in flight too.
    pub fn begin_hard(&self) {
        self.advance(Phase::Hard);
    }

    /// Whether either was called; what a readiness probe asks.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Waits for [`begin`](Self::begin) or [`begin_hard`](Self::begin_hard).
    pub async fn begun(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits for [`begin_hard`](Self::begin_hard).
    pub async fn begun_hard(&self) {
        self.reached(Phase::Hard).await;
    }

    fn advance(&self, to: Phase) {
        self.0.send_if_modified(|phase| {
            let forward = *phase < to;
            *phase = (*phase).max(to);
            forward
        });
    }

    async fn reached(&self, phase: Phase) {
        // The wait cannot fail: we hold a sender ourselves.
        let _ = self.0.subscribe().wait_for(|now| *now >= phase).await;
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}
