//! The one place that reads clocks: a benchmark measures time, so here it is the wall's and the
//! machine's own.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Monotonic time.
#[expect(clippy::disallowed_methods, reason = "the clock of the benchmark")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Since 1970, by the wall.
#[expect(clippy::disallowed_methods, reason = "the clock of the benchmark")]
pub(crate) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Unix seconds, by the wall.
pub(crate) fn unix_seconds() -> i64 {
    i64::try_from(wall().as_secs()).unwrap_or(i64::MAX)
}
