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
/// How long, at the end, who keeps connections hears of it with each answer, before any is closed: a balancer
/// that asks `/readyz` each second and believes the second answer has gone by then.
pub const FAREWELL: Duration = Duration::from_secs(3);
/// Most hours for which licences are minted ahead.
pub const PREMINT_HOURS_MAX: u8 = 72;
/// Most bytes of signatures made ahead: 500,000 apps for a day.
pub const PREMINTED_BYTES_MAX: usize = 1 << 30;
/// An app that was seen so long ago has licences minted ahead.
pub const PREMINT_SEEN_SECS: i64 = DAY_SECS;
/// How often the apps that were seen are looked at.
pub const PREMINT_LOOK: Duration = Duration::from_secs(30);
/// The same once all that was planned is minted.
pub const PREMINT_LOOK_AGAIN: Duration = Duration::from_secs(3);
/// How often some licences are minted ahead.
pub const PREMINT_TICK: Duration = Duration::from_millis(100);
/// How often a key in a token is tried.
pub const SIGNER_PROBE: Duration = Duration::from_secs(5);
/// Licences minted at once where the key is in a token; requests beyond that wait their turn.
pub const MINTS_AT_ONCE: usize = 8;
/// How often the clocks are compared.
pub const CLOCK_TICK: Duration = Duration::from_millis(250);
/// How often the replay guard's journal is forced to disk.
pub const JOURNAL_SYNC: Duration = Duration::from_millis(200);
/// Requests in one call of the shared guard's script: others wait so long. Below 256, since bytes number
/// them.
pub const SHARED_GUARD_CALL_MAX: usize = 128;
/// Signatures of one hash that are handed over to the shared guard in one call.
pub const SHARED_GUARD_PUSH_MAX: usize = 500;
/// Bytes of one reply of Valkey's to requests: a letter each, or an error.
pub const SHARED_GUARD_REPLY_MAX: usize = 4 * 1024;
/// Bytes of a reply that names servers.
pub const SHARED_GUARD_LIST_MAX: usize = 1024 * 1024;
/// How long a connection to Valkey may take, and handing over to it. No request waits for either.
pub const SHARED_GUARD_DIAL: Duration = Duration::from_millis(500);
/// How often a lost Valkey is looked for.
pub const SHARED_GUARD_PROBE: Duration = Duration::from_secs(1);
/// How long a start waits for the first look.
pub const SHARED_GUARD_FIRST_LOOK: Duration = Duration::from_secs(3);
/// Most signatures refused for now that Valkey may have taken, at about 30 bytes each.
pub const UNANSWERED_MAX: usize = 100_000;
/// Most signatures accepted without Valkey that are kept for it, at 48 bytes each: a window of 800 a second.
pub const ALONE_MAX: usize = 1_000_000;
/// How often the store is asked for a new revision. An app change is in force within 2 s.
pub const STORE_POLL: Duration = Duration::from_millis(500);
/// The same where the database tells of changes by itself, and for how many seconds a node may miss that.
pub const SHARED_STORE_POLL: Duration = Duration::from_secs(5);
/// Longest record of the directory's copy: the terms of one app, at their longest, take less.
pub const COPY_RECORD_BYTES_MAX: usize = 256 << 10;
/// Shortest time between two copies of the directory.
pub const COPY_EVERY: Duration = Duration::from_secs(3);
/// What each app adds to it: a million make it a minute.
pub const COPY_EVERY_PER_APP: Duration = Duration::from_micros(60);
/// How often it is written when the database was last heard of.
pub const CONTACT_WRITE: Duration = Duration::from_secs(60);
/// How far a clock may be behind what it was at the last run, at a start without the database: what
/// clocks do by themselves.
pub const CLOCK_BACK_MAX_SECS: i64 = 600;
/// How long a server may be told to go on without its database, hours.
pub const WITHOUT_DATABASE_HOURS: std::ops::RangeInclusive<u32> = 1..=8_784;
/// How often a server tells the others that it is there.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// The same where there can be no others: it costs a write.
pub const LONELY_HEARTBEAT: Duration = Duration::from_secs(60);
/// A server that was not heard of for so long does not count, seconds.
pub const NODE_ALIVE_SECS: i64 = 20;
/// The same of one that is alone.
pub const LONELY_NODE_ALIVE_SECS: i64 = 180;
/// A server that was not heard of for so long is forgotten.
pub const NODE_KEPT_SECS: i64 = 30 * DAY_SECS;
/// Most bytes of what a server says of itself.
pub const NODE_STATE_BYTES_MAX: usize = 4 << 10;
/// Longest name of a server, in characters.
pub const NODE_NAME_CHARS_MAX: usize = 64;
/// Beyond this difference from the clock of a database that others use, too, a server leaves alone what it
/// would do for all, seconds: it cannot tell what is old, due, or somebody else's.
pub const DATABASE_CLOCK_DIFFERS_SECS: i64 = 3_600;
/// How long the other servers leave a message alone that one is sending: longer than a try takes.
pub const DELIVERY_LEASE_SECS: i64 = 60;
/// How often the last use of secrets is written to the store.
pub const LAST_USE_FLUSH: Duration = Duration::from_secs(5);
/// How often the server issues a licence to itself.
pub const SELF_ISSUE: Duration = Duration::from_secs(5);
/// How long before the keys at hand end an auto-root certifies the next one, and others are told.
pub const KEYS_END_SOON_SECS: i64 = 14 * DAY_SECS;
/// How long the others leave the next key to the server that has begun to certify it, seconds.
pub const RENEWAL_CLAIM_SECS: i64 = 300;
/// How long it is known that webhooks were told of keys that end soon, seconds: no key lasts longer.
pub const KEYS_TOLD_SECS: i64 = 400 * DAY_SECS;
/// Most webhooks of an installation.
pub const WEBHOOKS_MAX: usize = 50;
/// Longest URL of a webhook, bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;
/// Most events that one webhook names.
pub const WEBHOOK_EVENTS_MAX: usize = 32;
/// How often the store is asked for messages that are due.
pub const WEBHOOK_POLL: Duration = Duration::from_millis(500);
/// Messages that are being sent at once.
pub const DELIVERIES_AT_ONCE: usize = 8;
/// Those to one webhook: a receiver that is slow holds no more.
pub const DELIVERIES_PER_WEBHOOK: usize = 2;
/// Characters kept of why a message was not taken.
pub const DELIVERY_ERROR_CHARS: usize = 500;
/// How long messages are kept, taken or not.
pub const DELIVERIES_KEPT_SECS: i64 = 30 * DAY_SECS;
/// How often older ones are removed.
pub const DELIVERIES_PRUNE: Duration = Duration::from_secs(3_600);
/// How many are removed in one transaction, so that nobody waits long for a turn.
pub const DELIVERIES_PRUNED_AT_ONCE: i64 = 1_000;
/// How often the server looks whether it is degraded, to tell webhooks.
pub const HEALTH_LOOK: Duration = Duration::from_secs(2);
/// Most bytes of one signed note, and most signatures: witnesses may add theirs.
pub const NOTE_BYTES_MAX: usize = 4 << 10;
/// See [`NOTE_BYTES_MAX`].
pub const NOTE_SIGNATURES_MAX: usize = 16;
/// How often a checkpoint of the audit log is published, when there are new entries.
pub const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);
/// Most bytes of the answer to a published checkpoint.
pub const CHECKPOINT_ANSWER_BYTES_MAX: usize = 64 << 10;

/// Single answers kept of a second: so many with a licence, and so many without. Enough to look at,
/// and few enough that a flood of them is a few per cent of what the disk can write.
pub const ANSWERS_KEPT_PER_SECOND: u16 = 500;
/// Longest reason kept with a single answer, bytes: any hint of ours, but not all that a caller sends.
pub const REASON_BYTES_MAX: usize = 160;
/// How often usage is written to the store. A kill -9 loses so much of it.
pub const USAGE_FLUSH: Duration = Duration::from_secs(2);
/// Counts of app, code and minute in one transaction, at three rows each: the CLI waits for it.
pub const COUNTS_WRITTEN_AT_ONCE: usize = 1_000;
/// Single answers in one transaction.
pub const ANSWERS_WRITTEN_AT_ONCE: usize = 2_000;
/// Most counts that wait for a store that does not answer: 100,000 apps for a minute or two.
pub const COUNTS_PENDING_MAX: usize = 200_000;
/// Most single answers that wait for it: 20 s of a full allowance, ten flushes.
pub const ANSWERS_PENDING_MAX: usize = 20_000;
/// Usage by minutes stays for a day: it is for looking at what is going on.
pub const MINUTES_KEPT_SECS: i64 = DAY_SECS;
/// Usage by hours stays for a month.
pub const HOURS_KEPT_SECS: i64 = 31 * DAY_SECS;
/// Usage by days stays for a year and a month, so that a month can be held against the last year's.
pub const DAYS_KEPT_SECS: i64 = 400 * DAY_SECS;
/// Single answers stay for a week: support asks about what happened lately, and networks are personal.
pub const REQUESTS_KEPT_SECS: i64 = 7 * DAY_SECS;
/// Most single answers in the store: about 200 MB with their indexes.
pub const REQUESTS_KEPT_ROWS: i64 = 1_000_000;
/// Which licences there were is known for so long after the last of them, as long as usage by days.
pub const ISSUED_KEPT_SECS: i64 = DAYS_KEPT_SECS;
/// How often what is too old is deleted.
pub const PRUNE: Duration = Duration::from_secs(3_600);
/// Apps whose old usage is deleted in one transaction, and single answers: the CLI waits for it.
pub const PRUNED_AT_ONCE: i64 = 1_000;
/// Characters of a URL that somebody has checked.
pub const CHECKED_URL_CHARS_MAX: usize = 8 << 10;
/// Apps whose secrets a signature that does not fit is compared with: about 50 ms.
pub const CHECKED_APPS_MAX: usize = 100_000;

/// Most readers of the database at once.
pub const STORE_READERS: u32 = 4;
/// How long a change waits for its turn, and anybody for a connection, in all.
pub const STORE_WAIT: Duration = Duration::from_secs(5);
/// How long one try to connect may take.
pub const STORE_CONNECT: Duration = Duration::from_secs(3);
/// A connection that waited longer is not used again: something on the way may have forgotten it.
pub const STORE_IDLE: Duration = Duration::from_secs(60);
/// How long a statement may take.
pub const STORE_STATEMENT: Duration = Duration::from_secs(30);
/// How long a commit is waited for, with its standby.
pub const STORE_COMMIT: Duration = Duration::from_secs(30);
/// How long the end of what was given up is waited for.
pub const STORE_ROLLBACK: Duration = Duration::from_secs(5);
/// How long somebody who writes may ask nothing, while all others wait: a server that stands still.
pub const STORE_WRITE_IDLE: Duration = Duration::from_secs(15);
/// The same for who reads, which holds up nobody but the clearing of old rows.
pub const STORE_READ_IDLE: Duration = Duration::from_secs(600);
/// How long a statement of a migration or a full check may take.
pub const STORE_LONG_STATEMENT: Duration = Duration::from_secs(3_600);
/// How long a server that starts waits for another one's migration.
pub const STORE_LONG_WAIT: Duration = Duration::from_secs(600);
/// Longest line of a backup, bytes: a row with its longest texts.
pub const BACKUP_LINE_BYTES_MAX: u64 = 4 << 20;
/// Rows of a table that a backup, a restore or a copy has in memory; a copy waits for the disk once for
/// so many.
pub const TABLE_PAGE_ROWS: usize = 1_000;
