//! How fast an upstream is asked: never more than so many requests in any second.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::FetchError;

/// Lets requests through one by one, evenly apart, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Pace {
    apart: Duration,
    /// When the next one may go.
    next: Mutex<Instant>,
}

impl Pace {
    /// `per_second` of 0 counts as 1.
    pub(crate) fn new(per_second: u32) -> Self {
        // The clock of the timers, which is never compared with any other.
        Self { apart: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(Instant::now()) }
    }

    /// Waits for this request's turn, which it takes if `may_go` says so then. Who stops waiting takes
    /// none.
    pub(crate) async fn turn(
        &self,
        may_go: impl FnOnce() -> Result<(), FetchError>,
    ) -> Result<(), FetchError> {
        let mut next = self.next.lock().await;
        // Timers count whole milliseconds: one that is due would still be waited for.
        if *next > Instant::now() {
            sleep_until(*next).await;
        }
        may_go()?;
        *next = Instant::now() + self.apart;
        Ok(())
    }
}
