//! Every bound of the client, in one place. Answers of issuers are bounded by
//! [`tonegate_protocol::limits::ANSWER_BYTES_MAX`].

use std::time::Duration;

/// Time for the TCP connection, unless the builder says otherwise.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// Time for one answer, unless the builder says otherwise.
pub(crate) const TOTAL: Duration = Duration::from_secs(15);

/// The largest clock offset that is believed, seconds: whoever can forge an answer could otherwise
/// have requests signed for any time.
pub(crate) const OFFSET_MAX: i64 = 24 * 3600;

/// Characters kept of a text that the server wrote.
pub(crate) const QUOTED_CHARS: usize = 300;

/// Requests per second to an upstream, all its apps together: what the original service allows.
pub(crate) const REQUESTS_PER_SECOND: u32 = 20;

/// Failures in a row after which a host is left alone for a while.
pub(crate) const BREAKER_FAILURES: u32 = 3;
/// The first time that it is left alone, and the longest.
pub(crate) const BREAKER_OPEN: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(60)];

/// How long after a fetch the next one is due, seconds; see [`crate::schedule`].
pub(crate) const REFRESH_SECS: i64 = 2 * 3600;
/// How far that is spread to either side, seconds.
pub(crate) const REFRESH_SPREAD_SECS: i64 = 30 * 60;
/// A refresh is never due sooner after a success, seconds.
pub(crate) const REFRESH_SECS_MIN: i64 = 60;
/// The first and the longest wait after a failed refresh; what is waited is anything up to it.
pub(crate) const BACKOFF: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(300)];
/// The longest wait while the licence ends within the hour, or has ended within the last one.
pub(crate) const BACKOFF_ENDS_SOON: Duration = Duration::from_secs(10);

/// A licence with less time left is handed out as stale, seconds.
pub(crate) const ENDS_SOON_SECS: i64 = 3600;
/// What an opaque licence lasts from its fetch, seconds: the published 7 days, less 10 minutes for
/// clocks that differ.
pub(crate) const OPAQUE_SECS: i64 = 7 * 24 * 3600 - 600;
/// How far the wall clock may move against the monotonic one before the issuer is asked the time.
pub(crate) const DRIFT_SECS: u64 = 60;
/// How often a cache that is kept fresh looks at the clocks.
pub(crate) const LOOK: Duration = Duration::from_secs(30);
/// How far a licence's `nbf` may lie ahead of the issuer's time as we know it, seconds.
pub(crate) const NOT_YET_VALID_SECS: i64 = 600;

/// No licence of ours lasts longer than 14 days and an hour; a day is left for clocks.
pub(crate) const LICENSE_SECS_MAX: i64 = 15 * 24 * 3600 + 3600;
/// How long a refresh waits for the disk.
pub(crate) const WRITE: Duration = Duration::from_secs(5);

/// Largest file of a cached licence, bytes: an answer, escaped, and what stands around it.
pub(crate) const FILE_BYTES_MAX: u64 = 160 * 1024;
