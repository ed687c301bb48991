//! Spans and bounds of keys and licences, in seconds (docs/FORMAT.md §8).

/// An hour.
pub const HOUR_SECS: i64 = 3_600;
/// A day.
pub const DAY_SECS: i64 = 86_400;
/// How long a key signs licences, from its `sign_from`.
pub const SIGNING_SECS: i64 = 30 * DAY_SECS;
/// How long its certificate lasts, from its `sign_from`: every licence ends within.
pub const CERTIFICATE_SECS: i64 = 45 * DAY_SECS;
/// Earliest `sign_from` of a planned rotation, from now: every node has the key by then.
pub const ROTATION_NOTICE_SECS: i64 = 2 * HOUR_SECS;
/// How far `nbf` lies before `iat`, for devices whose clock is behind.
pub const NOT_BEFORE_SECS: i64 = 600;
/// Shortest lifetime of an app's licences.
pub const LIFETIME_SECS_MIN: u32 = 3_600;
/// Longest lifetime of an app's licences: 14 days.
pub const LIFETIME_SECS_MAX: u32 = 1_209_600;
/// Default lifetime of an app's licences: 7 days.
pub const LIFETIME_SECS_DEFAULT: u32 = 604_800;
/// Most certificates that one ceremony signs: a year of them.
pub const CEREMONY_CERTIFICATES_MAX: usize = 13;
