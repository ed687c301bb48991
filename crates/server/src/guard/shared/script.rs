//! The two scripts, and calls of them as bytes on the wire.
//!
//! Invariant: every key of an app has the same hash tag, so a call is one node's in a Cluster too. Keys
//! carry the installation's name: several may share a Valkey.

use std::io::Write as _;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;

use super::ask::Ask;
use super::slots::slot_of;
use crate::guard::Minute;
use crate::limits::{HOLD_SECS, SHARED_GUARD_CALL_MAX};
use tonegate_protocol::limits::WINDOW_SECS;

/// A script and its name.
pub(super) struct Script {
    pub(super) text: &'static str,
    sha: LazyLock<String>,
}

pub(super) static ADMIT: Script = script(include_str!("admit.lua"), || sha1(ADMIT.text));
pub(super) static PUSH: Script = script(include_str!("push.lua"), || sha1(PUSH.text));

const fn script(text: &'static str, sha: fn() -> String) -> Script {
    Script { text, sha: LazyLock::new(sha) }
}

/// How long a minute's signatures stay: as long as a Timestamp of it may be good anywhere, and until
/// every node has forgotten it.
const KEEP_SECS: i64 = WINDOW_SECS + HOLD_SECS;
/// Tenths of a microsecond.
const UNITS_PER_SECOND: u32 = 10_000_000;

/// Names of keys, and who writes them.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// Of the installation.
    pub(super) installation: String,
    /// Of this run of this node.
    pub(super) node: u32,
}

impl Names {
    pub(super) fn slot(&self, app_id: u32) -> u16 {
        slot_of(format!("{}:{app_id}", self.installation).as_bytes())
    }

    fn rate(&self, ask: &Ask) -> String {
        let kind = if ask.refused { "refused" } else { "rate" };
        format!("tonegate:{{{}:{}}}:{kind}", self.installation, ask.app_id)
    }

    fn minute(&self, app_id: u32, minute: Minute) -> String {
        format!("tonegate:{{{}:{app_id}}}:{}", self.installation, minute.0)
    }

    /// Appends a call that decides on `asks`, at most [`SHARED_GUARD_CALL_MAX`] of one group.
    pub(super) fn admit(&self, to: &mut Vec<u8>, asks: &[&Ask], retried: bool) {
        let Some(first) = asks.first() else { return };
        let mut minutes: Vec<Minute> = Vec::with_capacity(4);
        let mut places = [0_u8; SHARED_GUARD_CALL_MAX];
        for (ask, place) in asks.iter().zip(&mut places) {
            let minute = ask.minute();
            let known = minutes.iter().position(|it| *it == minute).unwrap_or_else(|| {
                minutes.push(minute);
                minutes.len() - 1
            });
            *place = u8::try_from(known + 1).unwrap_or(u8::MAX);
        }
        let (interval, burst) = match UNITS_PER_SECOND.checked_div(first.rate.per_second) {
            Some(interval) => (interval, first.rate.burst),
            None => (UNITS_PER_SECOND, 0),
        };
        let (_, _, _, _, repeatable) = first.group();
        begin(to, &ADMIT, 1 + minutes.len(), 7 + asks.len());
        text(to, &self.rate(first));
        minutes.iter().for_each(|minute| text(to, &self.minute(first.app_id, *minute)));
        number(to, interval);
        number(to, burst);
        number(to, KEEP_SECS);
        number(to, self.node);
        number(to, u8::from(repeatable));
        number(to, u8::from(retried));
        bytes(to, places.get(..asks.len()).unwrap_or_default());
        asks.iter().for_each(|ask| bytes(to, &ask.signature));
    }

    /// Appends a call that hands signatures over.
    pub(super) fn push(
        &self,
        to: &mut Vec<u8>,
        app_id: u32,
        minute: Minute,
        signatures: &[[u8; 16]],
    ) {
        begin(to, &PUSH, 1, 2 + signatures.len());
        text(to, &self.minute(app_id, minute));
        number(to, KEEP_SECS);
        number(to, self.node);
        signatures.iter().for_each(|signature| bytes(to, signature));
    }
}

fn begin(to: &mut Vec<u8>, script: &Script, keys: usize, arguments: usize) {
    // Writing to memory cannot fail, here and below.
    let _ = write!(to, "*{}\r\n", 3 + keys + arguments);
    text(to, "EVALSHA");
    text(to, &script.sha);
    number(to, keys);
}

fn number(to: &mut Vec<u8>, number: impl itoa::Integer) {
    text(to, itoa::Buffer::new().format(number));
}

fn text(to: &mut Vec<u8>, text: &str) {
    bytes(to, text.as_bytes());
}

fn bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.push(b'$');
    to.extend_from_slice(itoa::Buffer::new().format(bytes.len()).as_bytes());
    to.extend_from_slice(b"\r\n");
    to.extend_from_slice(bytes);
    to.extend_from_slice(b"\r\n");
}

/// As Valkey names scripts.
fn sha1(text: &str) -> String {
    let hash =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    HEXLOWER.encode(hash.as_ref())
}
