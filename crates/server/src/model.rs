//! What an app is: the domain types that the store keeps, the directory holds and the gateway asks.
//!
//! Invariant: an [`App`], a [`FeatureName`] or a [`NewSecret`] that exists obeys every rule stated
//! here; nobody checks again. Rules are checked once, on construction, and a broken one is a
//! [`ModelError`] that carries the facts. Leaves to others: keeping (`store`), sealing (`seal`), and
//! what of an app gets into a license (`tonegate-issuer`).

mod app;
mod bearer;
mod binding;
mod error;
mod feature;
mod policy;
mod role;
mod secret;
mod text;
mod user;

pub use app::{App, AppSettings, AppStatus, Environment, NonceProfile, ReplayMode};
pub use bearer::{BearerToken, TokenHash};
pub use binding::Binding;
pub use error::{ModelError, WeakSecret};
pub use feature::{ExpiryAction, ExpiryRule, FeatureGrant, FeatureName};
pub use policy::{Entitlement, Licensee, Policies, Policy};
pub use role::Role;
pub use secret::{Generation, NewSecret, SecretState};
pub use tonegate_protocol::{AppId, ServerSecret};
pub use user::{User, UserStatus};

pub(crate) use app::check_range;
pub(crate) use bearer::new_id;
pub(crate) use text::{check_new_text, check_text};

/// The bounds of everything an app may say about itself.
pub mod bounds {
    use std::ops::RangeInclusive;

    use tonegate_issuer::limits::{LIFETIME_SECS_DEFAULT, LIFETIME_SECS_MAX, LIFETIME_SECS_MIN};

    /// License lifetime in seconds: 1 hour to 14 days.
    pub const LIFETIME: RangeInclusive<u32> = LIFETIME_SECS_MIN..=LIFETIME_SECS_MAX;
    /// License lifetime of a new app, in seconds: 7 days.
    pub const LIFETIME_DEFAULT: u32 = LIFETIME_SECS_DEFAULT;
    /// Requests per second and app.
    pub const RATE_PER_SECOND: RangeInclusive<u32> = 1..=100_000;
    /// Requests per second of a new app.
    pub const RATE_PER_SECOND_DEFAULT: u32 = 20;
    /// Grace after expiry, in hours.
    pub const GRACE_HOURS: RangeInclusive<u8> = 1..=72;
    /// Length of a feature name, in characters.
    pub const FEATURE_NAME: RangeInclusive<usize> = 1..=16;
    /// Length of an app's name, in characters.
    pub const NAME: RangeInclusive<usize> = 1..=64;
    /// Length of an app's note, in characters.
    pub const NOTE: RangeInclusive<usize> = 0..=1_000;
    /// Length of a tag, in characters.
    pub const TAG: RangeInclusive<usize> = 1..=32;
    /// Tags of one app.
    pub const TAGS_MAX: usize = 16;
    /// Features of one app.
    pub const FEATURES_MAX: usize = 16;
    /// App identities that one license may be bound to.
    pub const BIND_MAX: usize = 8;
    /// Networks that one app may be called from.
    pub const NETWORKS_MAX: usize = 64;
    /// Apps that one person or API token may be confined to.
    pub const CONFINED_TO_MAX: usize = 1_000;
    /// Length of a user's name, in characters.
    pub const USER_NAME: RangeInclusive<usize> = 1..=64;
    /// How long a session may be left alone, in seconds: 30 minutes.
    pub const SESSION_IDLE_SECS: i64 = 1_800;
    /// How long a session lives, in seconds: 12 hours.
    pub const SESSION_SECS: i64 = 43_200;
    /// Sessions of one user; the one left alone longest goes.
    pub const SESSIONS_MAX: u32 = 20;
    /// How long an invitation is good, in seconds: 1 day.
    pub const INVITATION_SECS: i64 = 86_400;
    /// How long a setup token is good, in seconds: 30 minutes.
    pub const SETUP_SECS: i64 = 1_800;
    /// Wrong codes that end an invitation.
    pub const INVITATION_FAILURES: u32 = 5;
    /// Length of an API token's name, in characters.
    pub const API_TOKEN_NAME: RangeInclusive<usize> = 1..=64;
    /// How long an API token lives, in seconds: 1 hour to 365 days.
    pub const API_TOKEN_LIFETIME: RangeInclusive<u32> = 3_600..=31_536_000;
    /// Length of an issuer's name, in characters.
    pub const ISS: RangeInclusive<usize> = 1..=32;
    /// How long an old secret signs beside its successor, in seconds: up to 30 days.
    pub const OVERLAP: RangeInclusive<u32> = 0..=2_592_000;
    /// The same when nobody says otherwise: 1 day.
    pub const OVERLAP_DEFAULT: u32 = 86_400;
    /// Unix seconds, up to the end of the year 9999.
    pub const TIME: RangeInclusive<i64> = 0..=253_402_300_799;
}
