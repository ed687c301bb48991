//! The machine's clocks, for signing and for measuring; and a wait that says what it waited for in vain.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::bail;
use tonegate_clock::Clock;

/// The clock of this process.
fn clock() -> &'static Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    CLOCK.get_or_init(Clock::system)
}

/// Time since the process began to measure.
pub(crate) fn monotonic() -> Duration {
    clock().monotonic()
}

/// Unix seconds.
pub(crate) fn unix_seconds() -> i64 {
    clock().unix_seconds()
}

/// Sleeps.
pub(crate) async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Sleeps whole seconds.
pub(crate) async fn seconds(seconds: u64) {
    wait(Duration::from_secs(seconds)).await;
}

/// Asks every 20 ms until there is an answer; how long that took.
pub(crate) async fn until<T>(
    what: &str,
    patience: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> anyhow::Result<(T, Duration)> {
    let begun = monotonic();
    loop {
        if let Some(answer) = ask().await {
            return Ok((answer, monotonic() - begun));
        }
        if monotonic() - begun > patience {
            bail!("{what}: not within {patience:?}");
        }
        wait(Duration::from_millis(20)).await;
    }
}
