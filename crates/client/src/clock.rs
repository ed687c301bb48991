//! The wall clock, passed in so that tests can set it. The only file that reads the system's.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the client takes the time from.
#[derive(Debug, Clone, Copy)]
pub struct Clock(fn() -> i64);

impl Clock {
    /// A clock that asks `now` for Unix seconds.
    #[must_use]
    pub const fn new(now: fn() -> i64) -> Self {
        Self(now)
    }

    /// The system's wall clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(|| unix_seconds(system_now()))
    }

    /// Unix seconds.
    pub(crate) fn now(self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

/// Seconds since 1970, 0 before.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn system_now() -> SystemTime {
    SystemTime::now()
}
