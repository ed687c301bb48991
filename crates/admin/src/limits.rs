//! Every bound of the admin API.

use std::ops::RangeInclusive;
use std::time::Duration;

use tonegate_listener::Rate;

/// Bytes of a JSON body.
pub(crate) const BODY_BYTES_MAX: usize = 256 << 10;
/// Bytes of an import.
pub(crate) const IMPORT_BYTES_MAX: usize = 8 << 20;
/// Imports that are read or worked on at once, that many bytes each.
pub(crate) const IMPORTS_AT_ONCE: usize = 4;
/// Items of a page, when nobody says otherwise.
pub(crate) const PAGE_DEFAULT: u32 = 50;
/// Items of a page.
pub(crate) const PAGE_MAX: u32 = 200;
/// Items of a page of an export.
pub(crate) const EXPORT_PAGE_MAX: u32 = 1_000;
/// Rows of an export of usage: some 30 MB.
pub(crate) const USAGE_ROWS_MAX: usize = 1_000_000;
/// How long a proof of who somebody is counts as fresh.
pub(crate) const STEP_UP_SECS: i64 = 300;
/// How long an Idempotency-Key is remembered.
pub(crate) const IDEMPOTENCY_SECS: i64 = 86_400;
/// Length of an Idempotency-Key, in characters.
pub(crate) const IDEMPOTENCY_KEY_MAX: usize = 64;
/// Requests of one caller.
pub(crate) const CALLER_RATE: Rate = Rate { per_second: 50, burst: 200 };
/// Requests without a good credential, of one network.
pub(crate) const STRANGER_RATE: Rate = Rate { per_second: 5, burst: 30 };
/// Apps that one transaction makes or changes: others must not wait for long.
pub(crate) const APPS_AT_ONCE: usize = 500;
/// Between two transactions of an import, for whoever waits, in other processes too.
pub(crate) const IMPORT_PAUSE: Duration = Duration::from_millis(50);
/// Seconds after which a second import may try again.
pub(crate) const IMPORT_RETRY_SECS: u64 = 2;
/// Apps of one bulk change.
pub(crate) const BULK_APPS_MAX: usize = 1_000;
/// Lines of an import: a few seconds' work.
pub(crate) const IMPORT_LINES_MAX: usize = 10_000;
/// Characters of an app's name, and of what is looked for in it.
pub(crate) const APP_NAME_MAX: usize = 64;
/// Characters of a tag.
pub(crate) const APP_TAG_MAX: usize = 32;
/// For how long a replaced secret signs, when nobody says otherwise.
pub(crate) const OVERLAP_DEFAULT_SECS: u32 = 86_400;
/// Characters of a text that is inspected: enough for any answer of the licence API.
pub(crate) const INSPECTED_CHARS_MAX: usize = 64 << 10;
/// Characters of a query for the licence API, which takes no longer ones from outside either.
pub(crate) const GATEWAY_QUERY_MAX: usize = 4 << 10;
/// The last second of the year 9999, Unix.
pub(crate) const TIME_MAX: i64 = 253_402_300_799;
/// Callers who are remembered at once.
pub(crate) const CALLERS_MAX: usize = 10_000;
/// Bytes of what may be an API token.
pub(crate) const BEARER_BYTES_MAX: usize = 64;
/// How long a token's next use need not be written.
pub(crate) const TOKEN_USE_NOTED_SECS: i64 = 60;
/// How long a session's next use need not be written.
pub(crate) const SESSION_USE_NOTED_SECS: i64 = 30;
/// How long a user's next refused sign-in is in no audit entry of its own.
pub(crate) const REFUSAL_AUDITED_SECS: i64 = 60;
/// Characters of who, what and whom the audit log is searched for.
pub(crate) const AUDIT_WORD_MAX: usize = 200;
/// Characters of a password.
pub(crate) const PASSWORD_CHARS: RangeInclusive<usize> = 8..=256;
/// Passwords worked on at once, 19 MiB each.
pub(crate) const PASSWORDS_AT_ONCE: usize = 2;
/// Requests that wait for that.
pub(crate) const PASSWORDS_WAITING: usize = 32;
/// Names and networks whose failed sign-ins are remembered.
pub(crate) const FAILED_SIGN_INS_MAX: usize = 10_000;
/// How long a failed sign-in counts.
pub(crate) const FAILURE_KEPT_SECS: i64 = 900;
/// Failed sign-ins by one name, from everywhere, until there is one attempt a second.
pub(crate) const NAME_FAILURES_FREE: usize = 50;
/// Wrong codes in a row that end a session.
pub(crate) const STEP_UP_FAILURES_MAX: u32 = 5;
/// Characters of what a client says about itself that a session keeps.
pub(crate) const CLIENT_CHARS_MAX: usize = 200;
/// What a change is told to wait while the clock is suspect: as long as a clock that is steady again takes to be
/// believed.
pub(crate) const CLOCK_RETRY_SECS: u64 = 60;
