//! What the issuer's clock shows, as well as it is known here.
//!
//! Licences end by the issuer's clock, and a machine's own may be wrong or set while the process runs.
//! So the time is what the issuer said last plus what the monotonic clock has counted since; the wall
//! clock is only compared with it. Invariant: it never goes back while nothing new is learnt.

use std::time::Duration;

use tonegate_clock::Reading;

use crate::limits::DRIFT_SECS;

/// The issuer's time, anchored at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IssuerTime {
    /// The issuer's clock at the anchor, Unix seconds.
    told: i64,
    anchor: Reading,
    /// Whether something is wrong with the anchor itself.
    doubtful: bool,
}

impl IssuerTime {
    /// Nobody has told it: our own clock.
    pub(crate) fn unknown(anchor: Reading) -> Self {
        Self { told: wall_secs(anchor), anchor, doubtful: false }
    }

    /// The issuer has told it just now.
    pub(crate) fn told(told: i64, anchor: Reading) -> Self {
        Self { told, anchor, doubtful: false }
    }

    /// An earlier process knew that the issuer is `offset` seconds ahead of us, at a time that was not
    /// before `not_before`. A clock that was off may have been corrected meanwhile.
    pub(crate) fn remembered(offset: i64, not_before: i64, anchor: Reading) -> Self {
        let told = wall_secs(anchor).saturating_add(offset);
        let doubtful = offset.unsigned_abs() > DRIFT_SECS || told < not_before;
        Self { told: told.max(not_before), anchor, doubtful }
    }

    /// The issuer's time, Unix seconds.
    pub(crate) fn now(&self, reading: Reading) -> i64 {
        let passed = reading.monotonic.saturating_sub(self.anchor.monotonic).as_secs();
        self.told.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    /// Is it time to ask the issuer? The wall clock has moved against the monotonic one: it was set,
    /// or the machine slept.
    pub(crate) fn is_doubtful(&self, reading: Reading) -> bool {
        let passed = reading.monotonic.saturating_sub(self.anchor.monotonic);
        let should_be = self.anchor.wall + passed;
        self.doubtful || should_be.abs_diff(reading.wall) > Duration::from_secs(DRIFT_SECS)
    }
}

fn wall_secs(reading: Reading) -> i64 {
    i64::try_from(reading.wall.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(wall: u64, monotonic: u64) -> Reading {
        Reading { wall: Duration::from_secs(wall), monotonic: Duration::from_secs(monotonic) }
    }

    #[test]
    fn it_runs_with_the_monotonic_clock_whatever_the_wall_does() {
        let time = IssuerTime::told(5_000, reading(1_000, 10));
        assert_eq!(time.now(reading(1_007, 17)), 5_007);
        assert!(!time.is_doubtful(reading(1_067, 17)));
        for wall in [900, 9_000] {
            assert_eq!(time.now(reading(wall, 17)), 5_007);
            assert!(time.is_doubtful(reading(wall, 17)));
        }
    }

    #[test]
    fn what_an_earlier_process_knew_is_a_start() {
        let time = IssuerTime::remembered(5, 900, reading(1_000, 0));
        assert_eq!(
            (time.now(reading(1_001, 1)), time.is_doubtful(reading(1_001, 1))),
            (1_006, false)
        );
        // Behind what is known to have been: the clock is wrong.
        let time = IssuerTime::remembered(5, 2_000, reading(1_000, 0));
        assert_eq!(
            (time.now(reading(1_001, 1)), time.is_doubtful(reading(1_001, 1))),
            (2_001, true)
        );
        // It was an hour off; it may be right by now.
        let time = IssuerTime::remembered(3_600, 900, reading(1_000, 0));
        assert!(time.is_doubtful(reading(1_000, 0)));
    }
}
