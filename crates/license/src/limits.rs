//! Every bound of the format, in one place. FORMAT.md §2 states the same numbers.

/// Longest licence text, in characters.
pub const LICENSE_CHARS_MAX: usize = 2_048;
/// Longest key certificate text, in characters.
pub const CERTIFICATE_CHARS_MAX: usize = 768;
/// Most bytes that a header or a payload can decode to: three for every four characters.
pub(crate) const SEGMENT_BYTES_MAX: usize = LICENSE_CHARS_MAX / 4 * 3;
/// Most features in a licence.
pub const FEATURES_MAX: usize = 16;
/// Longest feature name, in characters of `[a-z0-9-]`.
pub const FEATURE_CHARS_MAX: usize = 16;
/// Most app identities in `bind`.
pub const IDENTITIES_MAX: usize = 8;
/// Longest issuer name, in characters of `[A-Za-z0-9._:/-]`.
pub const ISSUER_CHARS_MAX: usize = 32;
/// Most characters that all `x_` members of one object take, from the comma before the first one.
pub const EXTENSION_CHARS_MAX: usize = 200;
/// Longest grace after expiry, in hours.
pub const GRACE_HOURS_MAX: u32 = 72;
/// Largest integer in a claim: what every JSON reader holds exactly (2⁵³ − 1).
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;
/// How often an app asks at least while a feature runs, in seconds: what an answer is good for.
pub const CHECK_SECS_MAX: u64 = 60;
/// How far ahead a device pays for use at most, in seconds.
pub const RESERVATION_SECS_MAX: u64 = 300;
/// How long a fetch may take before it counts as failed, in seconds.
pub const FETCH_SECS_MAX: u64 = 60;
/// The first wait after a failed fetch, in seconds; it doubles with each one.
pub const RETRY_SECS_FIRST: u64 = 5;
/// The longest wait while no licence is good, in seconds.
pub const RETRY_SECS_WITHOUT: u64 = 300;
/// The longest wait while one is, in seconds; no server's `Retry-After` is heeded beyond it.
pub const RETRY_SECS_MAX: u64 = 3_600;
/// Most bytes that a [`Session`](crate::Session) asks an app to store: its state, and the licence.
pub const STORED_BYTES_MAX: usize = crate::State::BYTES + LICENSE_CHARS_MAX;
