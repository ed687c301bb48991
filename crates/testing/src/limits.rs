//! Every bound of the double, in one place.

use std::time::Duration;

/// Longest request head that is read, bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long one issuing key signs before the next one does; the format allows 30 days.
pub(crate) const KEY_SECS: i64 = 28 * 86_400;
/// Lifetime of licences, unless told otherwise.
pub(crate) const LIFETIME_SECS: u32 = 7 * 86_400;
/// Requests per second and app where the rate is enforced, and as many at once after a pause.
pub(crate) const REQUESTS_PER_SECOND: u32 = 20;
/// Random bytes in an opaque licence: 200 characters of base64.
pub(crate) const OPAQUE_BYTES: usize = 150;
/// Between two bytes of a slow answer.
pub(crate) const DRIP: Duration = Duration::from_millis(200);
/// Size of a body, or a header, that nobody should take in whole.
pub(crate) const TOO_LONG_BYTES: usize = 1024 * 1024;
/// Length of a licence that is too long inside an answer that is not.
pub(crate) const LONG_LICENSE_CHARS: usize = 20_000;
/// Connections that wait to be accepted.
pub(crate) const BACKLOG: u32 = 1_024;
