//! Every bound of the relay, in one place. Those of connections are in `tonegate_listener::Limits`,
//! those of fetches in `tonegate_client`, those of credentials in `auth::limits`.

use std::time::Duration;

/// Most apps of one relay.
pub(crate) const APPS_MAX: usize = 10_000;
/// How long a request waits for the first licence of an app.
pub(crate) const WAIT: Duration = Duration::from_secs(10);
/// What a caller is told to wait when there is no licence and no better guess, seconds.
pub(crate) const RETRY_AFTER_SECS: u64 = 5;
/// Callers of a fresh licence come back over this time, seconds: not all in the moment of the refresh.
pub(crate) const RETURN_SPREAD_SECS: i64 = 1_800;
/// Callers of a stale licence come back after this time and up to twice it, seconds.
pub(crate) const STALE_RETURN_SECS: i64 = 300;
/// Members of an If-None-Match list that are looked at.
pub(crate) const ETAGS_MAX: usize = 64;
/// Slots of the table of callers' rates; 8 bytes each.
pub(crate) const RATE_SLOTS: usize = 1 << 16;
/// How long, at the end, who keeps connections hears of it with each answer, before any is closed.
pub(crate) const FAREWELL: Duration = Duration::from_secs(3);
/// How often files are looked at for a change.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// How often the secret of an app whose refresh failed is looked at for a change.
pub(crate) const MENDED_LOOK: Duration = Duration::from_secs(2);
/// How often an app's keeper looks at the clocks.
pub(crate) const KEEPER_LOOK: Duration = Duration::from_secs(30);
/// How often licences are looked at for their end.
pub(crate) const END_LOOK: Duration = Duration::from_secs(30);
/// Most notices that wait for their first try; the oldest gives way.
pub(crate) const NOTICES_MAX: usize = 2 * APPS_MAX;
/// Webhooks that are being sent at once.
pub(crate) const WEBHOOKS_AT_ONCE: usize = 64;
/// So long a refresh fails before somebody is told, where it may pass by itself, seconds.
pub(crate) const LASTING_SECS: i64 = 30;
/// An issuer of ours extends a licence every hour; one whose end did not move for so long has no
/// successor, seconds.
pub(crate) const NO_SUCCESSOR_SECS: i64 = 3_900;
/// Most bytes of a ServerSecret's or webhook secret's file.
pub(crate) const SECRET_BYTES_MAX: usize = 4 << 10;
/// Longest timeout that can be configured, seconds.
pub(crate) const TIMEOUT_SECS_MAX: u32 = 300;
