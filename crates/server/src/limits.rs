//! Every bound of the server, in one place. The wire's are in `tonegate_protocol::limits`, those of
//! connections in `tonegate_listener::Limits`.

use std::time::Duration;

use tonegate_issuer::limits::DAY_SECS;

use tonegate_protocol::limits::WINDOW_SECS;

/// The window on both sides and a minute: so long the replay guard keeps a table after its minute has
/// left the window, so far back a loss of records reaches, and so long a re-anchoring has effect.
pub const HOLD_SECS: i64 = 2 * WINDOW_SECS + 60;
/// Most bytes of held licences.
pub const HELD_BYTES_MAX: usize = 100 << 20;
/// Bytes of a request body on the admin listener: an import of apps.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// Time for one.
pub const BODY_TIME: Duration = Duration::from_secs(30);
/// How often the clocks are compared.
pub const CLOCK_TICK: Duration = Duration::from_millis(250);
/// How often the replay guard's journal is forced to disk.
pub const JOURNAL_SYNC: Duration = Duration::from_millis(200);
/// How often the store is asked for a new revision. An app change is in force within 2 s.
pub const STORE_POLL: Duration = Duration::from_millis(500);
/// How often the last use of secrets is written to the store.
pub const LAST_USE_FLUSH: Duration = Duration::from_secs(5);
/// How often the server issues a licence to itself.
pub const SELF_ISSUE: Duration = Duration::from_secs(5);
/// How long before the keys at hand end an auto-root certifies the next one, and others are told.
pub const KEYS_END_SOON_SECS: i64 = 14 * DAY_SECS;
/// Characters of a URL that somebody has checked.
pub const CHECKED_URL_CHARS_MAX: usize = 8 << 10;
/// Apps whose secrets a signature that does not fit is compared with: about 50 ms.
pub const CHECKED_APPS_MAX: usize = 100_000;
