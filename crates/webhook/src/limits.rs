//! Every bound of webhooks, in one place. Those of connections are the HTTP client's.

use std::ops::RangeInclusive;
use std::time::Duration;

/// When a message that was not taken is sent again; after the last it is given up.
const RETRIES: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(300),
    Duration::from_secs(1_800),
    Duration::from_secs(7_200),
    Duration::from_secs(18_000),
];

/// Most bytes of an answer, which nobody reads.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Bytes of a secret, as the standard has it.
pub(crate) const SECRET_BYTES: RangeInclusive<usize> = 24..=64;

/// How long to wait after this many tries that failed; `None`: that was the last.
#[must_use]
pub fn retry_after(tries: u32) -> Option<Duration> {
    let index = usize::try_from(tries).ok()?.checked_sub(1)?;
    RETRIES.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_seven_times_with_growing_waits() {
        let waits: Vec<_> = (1..).map_while(retry_after).collect();
        assert_eq!(waits, RETRIES);
        assert!(waits.is_sorted());
        assert_eq!((retry_after(7), retry_after(u32::MAX)), (None, None));
    }
}
