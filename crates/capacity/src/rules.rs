//! What our own code does, with the place that says so. Seconds, where nothing else is said.

/// A licence's life: an hour more than the default lifetime (docs/FORMAT.md; `iat` is the hour's start).
pub(crate) const LIFE: u32 = 604_800 + 3_600;
/// A device refreshes at 50–70 % of that, each at a share of its own (crates/license, `share_of_life`).
pub(crate) const SHARE: std::ops::RangeInclusive<u32> = 50..=70;
/// A relay refreshes every 2 h ± 30 min (docs/RELAY.md).
pub(crate) const REFRESH: u32 = 7_200;
/// How far that is spread to either side.
pub(crate) const REFRESH_SPREAD: u32 = 1_800;
/// A failed refresh is tried again after a wait drawn from 0 to a bound that doubles from 1 s to this
/// (crates/client, `schedule.rs`). Apps that ask a relay are told the same (docs/RELAY.md).
pub(crate) const BACKOFF_MOST: u32 = 300;
/// Requests of a relay to one upstream in a second (crates/relay, `requests_per_second`).
pub(crate) const UPSTREAM_RATE: f64 = 20.0;
/// Requests of an app in a second at the issuer (docs/PROTOCOL.md).
pub(crate) const APP_RATE: f64 = 20.0;
/// How long a signature is remembered (crates/server, `HOLD_SECS`).
pub(crate) const HELD: f64 = 1_260.0;
/// Signatures that a node's guard holds by default (`guard.max_entries`).
pub(crate) const GUARD_ENTRIES: f64 = 16e6;
/// Bytes of an app in the directory, at most (ARCHITECTURE.md).
pub(crate) const APP_BYTES: f64 = 180.0;
/// Bytes of a remembered signature: 11 to 21, by how full its table is; the larger counts.
pub(crate) const SIGNATURE_BYTES: f64 = 21.0;
/// Bytes of an app in the database: 890 MB with a million (README.md).
pub(crate) const APP_ROW_BYTES: f64 = 890.0;
/// How often counts of usage are written (crates/server, `USAGE_FLUSH`); a count of a minute is three rows.
pub(crate) const FLUSH: f64 = 2.0;
/// Rows of usage that an app has at most: a day's minutes, 31 days' hours, 400 days.
pub(crate) const USAGE_ROWS: [f64; 3] = [1_440.0, 744.0, 400.0];
/// Bytes of such a row with its share of the indexes, on PostgreSQL; rounded up.
pub(crate) const USAGE_ROW_BYTES: f64 = 110.0;
/// Bytes of a single answer that is kept: 200 MB with a million (crates/server, `limits.rs`).
pub(crate) const REQUEST_ROW_BYTES: f64 = 200.0;
/// Single answers of a second that are kept.
pub(crate) const REQUESTS_A_SECOND: f64 = 500.0;
/// Bytes of an entry of the audit log; rounded up.
pub(crate) const AUDIT_ROW_BYTES: f64 = 600.0;
/// Single answers that the database keeps, at most (crates/server, `REQUESTS_KEPT_ROWS`).
pub(crate) const REQUESTS_KEPT: f64 = 1e6;
/// Bytes of an answer with a licence, head included, and of the licence in it.
pub(crate) const ANSWER_BYTES: f64 = 1_300.0;
/// Bytes of a TLS 1.3 handshake to the client: a chain of two ECDSA certificates.
pub(crate) const HANDSHAKE_BYTES: f64 = 2_500.0;

/// The wait before try `failures + 1`, milliseconds.
pub(crate) fn backoff(random: &mut fastrand::Rng, failures: u32) -> u32 {
    let bound = 1_u32 << failures.saturating_sub(1).min(9);
    random.u32(0..=bound.min(BACKOFF_MOST) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_minutes() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut most =
            |failures| (0..10_000).map(|_| backoff(&mut random, failures)).max().unwrap() / 1_000;
        assert_eq!([most(1), most(4), most(20)].map(|it| it.next_multiple_of(4)), [4, 8, 300]);
    }
}
