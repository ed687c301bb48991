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
