//! The two scripts, and the names of their keys.
//!
//! Invariant: all keys of a call have one hash tag: in a Cluster the app's, so that each app is one server's;
//! otherwise the installation's, so that one call decides on requests of all apps. Keys carry the
//! installation's name: several may share a Valkey.

use std::io::Write as _;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;

use super::ask::Ask;
use super::call;
use super::slots::slot_of;
use crate::guard::Minute;
use crate::limits::HOLD_SECS;
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

impl Script {
    pub(super) fn sha(&self) -> &str {
        &self.sha
    }
}

/// How long signatures stay: as long as a Timestamp of them may be good anywhere, and until every node has
/// forgotten it.
pub(super) const KEEP_SECS: i64 = WINDOW_SECS + HOLD_SECS;

/// Names of keys, and who writes them.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// Of the installation.
    pub(super) installation: String,
    /// Of this run of this node.
    pub(super) node: u32,
    /// Does each app have a hash tag of its own?
    pub(super) by_app: bool,
}

/// A hash of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Where each app has its own.
    app_id: Option<u32>,
    /// Of their Timestamps: the second where all apps are together, so that what ends at once is not too
    /// much; the minute where each is alone, so that there are several in one.
    time: i64,
}

/// A signature's name in its hash.
pub(super) type Field = [u8; 20];

pub(super) fn field(app_id: u32, signature: &[u8; 16]) -> Field {
    let mut field = [0; 20];
    let (app, rest) = field.split_at_mut(4);
    app.copy_from_slice(&app_id.to_be_bytes());
    rest.copy_from_slice(signature);
    field
}

impl Place {
    /// An app that has signatures there.
    pub(super) fn app_id(self) -> u32 {
        self.app_id.unwrap_or_default()
    }
}

impl Names {
    pub(super) fn slot(&self, app_id: u32) -> u16 {
        slot_of(format!("{}:{app_id}", self.installation).as_bytes())
    }

    pub(super) fn place(&self, app_id: u32, timestamp: i64) -> Place {
        match self.by_app {
            // The window has judged the Timestamp before.
            true => {
                let minute = Minute::of(timestamp).unwrap_or(Minute(0));
                Place { app_id: Some(app_id), time: minute.0.into() }
            }
            false => Place { app_id: None, time: timestamp },
        }
    }

    pub(super) fn place_of(&self, ask: &Ask) -> Place {
        self.place(ask.app_id, ask.timestamp)
    }

    /// The key of a hash of signatures.
    pub(super) fn signatures(&self, place: Place) -> Vec<u8> {
        self.key(place.app_id, format_args!("{}", place.time))
    }

    /// One of the two keys for the rates of all apps that are together with this one.
    pub(super) fn rates(&self, app_id: u32, turn: u8) -> Vec<u8> {
        self.key(self.by_app.then_some(app_id), format_args!("rates:{turn}"))
    }

    fn key(&self, app_id: Option<u32>, last: std::fmt::Arguments<'_>) -> Vec<u8> {
        let mut key = Vec::with_capacity(64);
        let Self { installation, .. } = self;
        // Writing to memory cannot fail.
        let _ = match app_id {
            Some(app_id) => write!(key, "tonegate:{{{installation}:{app_id}}}:{last}"),
            None => write!(key, "tonegate:{{{installation}}}:{last}"),
        };
        key
    }

    /// Appends a call that hands signatures over.
    pub(super) fn push(&self, to: &mut Vec<u8>, place: Place, fields: &[Field]) {
        call::begin(to, &PUSH, 1, 2 + fields.len());
        call::bytes(to, &self.signatures(place));
        call::number(to, KEEP_SECS);
        call::number(to, self.node);
        fields.iter().for_each(|field| call::bytes(to, field));
    }
}

/// As Valkey names scripts.
fn sha1(text: &str) -> String {
    let hash =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    HEXLOWER.encode(hash.as_ref())
}
