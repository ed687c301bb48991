//! Step 5: a Timestamp within 600 s of gateway time; beyond, 100000004.
//!
//! Comes before the signature, so that a client whose clock is off learns its true fault.

use tonegate_protocol::limits::WINDOW_SECS;
use tonegate_protocol::{Refusal, ReturnCode};

use crate::clock::GatewayTime;

pub(super) fn check(time: &GatewayTime, timestamp: i64, now: i64) -> Result<(), Refusal> {
    if !within(now, timestamp) {
        return Err(Refusal::new(ReturnCode::SignatureExpired, distance(now, timestamp)));
    }
    if !time.accepts(timestamp) {
        return Err(forgotten());
    }
    Ok(())
}

/// The guard no longer remembers what was used at that Timestamp.
pub(super) fn forgotten() -> Refusal {
    Refusal::new(
        ReturnCode::SignatureExpired,
        "the server's clock was set, or it restarted, after this Timestamp; sign the request anew",
    )
}

fn within(now: i64, timestamp: i64) -> bool {
    now.abs_diff(timestamp) <= WINDOW_SECS.unsigned_abs()
}

fn distance(now: i64, timestamp: i64) -> String {
    let off = now.abs_diff(timestamp);
    if timestamp / 1_000 > now / 2 && within(now, timestamp / 1_000) {
        return format!(
            "server time {now}, the request's Timestamp is in milliseconds: send seconds"
        );
    }
    let side = if timestamp < now { "behind" } else { "ahead" };
    format!("server time {now}, request is {off} s {side}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_600_s_away_on_both_sides() {
        let now = 1_763_840_000;
        for (off, inside) in [(0, true), (600, true), (-600, true), (601, false), (-601, false)] {
            assert_eq!(within(now, now + off), inside, "{off}");
        }
        assert!(!within(now, i64::MAX));
        assert!(!within(now, 0));
    }

    #[test]
    fn the_hint_says_how_far_the_clock_is_off() {
        let now = 1_763_840_000;
        assert_eq!(distance(now, now - 812), "server time 1763840000, request is 812 s behind");
        assert_eq!(distance(now, now + 601), "server time 1763840000, request is 601 s ahead");
        assert!(distance(now, now * 1_000).ends_with("send seconds"));
    }
}
