//! Pages of rows as one text: how the database packs them, and how they are read.
//!
//! Invariant: good rows contain no control characters (names and notes, which might, are not asked for),
//! so the separators U+001E and U+001F are ours; a row that has one is unusable, and its neighbours
//! are not.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::de::DeserializeOwned;

use super::load::log;
use super::{Found, RowFault, secrets};
use crate::model::{
    AppId, AppSettings, AppStatus, Entitlement, Generation, Licensee, ModelError, Policies, Policy,
    ServerSecret,
};
use crate::seal::{Kek, Label};

/// A text of the columns, with U+001F between them. None may be null: it would be passed over.
macro_rules! pack {
    ($($column:expr),+) => {
        concat!("concat_ws('\u{1f}'", $(", ", $column),+, ")")
    };
}
pub(super) use pack;

macro_rules! array {
    ($($column:expr),+) => { [$($column),+] };
}

/// `$list!` of the columns given and those of a policy: packed and read in this one order.
macro_rules! policy_columns {
    ($list:ident $(, $before:expr)*) => {
        $list!(
            $($before,)*
            "environment",
            "status",
            "service_enabled",
            "lifetime",
            "rate_per_second",
            "replay_mode",
            "nonce_profile",
            "features",
            "on_expiry",
            "bind",
            "allowed_networks"
        )
    };
}
pub(super) use policy_columns;

/// The columns that [`Decoder::apps`] expects, of at most `$2` apps numbered after `$1` that changed
/// after revision `$3`; and the last number. `$index`: `+`, if not to go by the index of revisions.
macro_rules! packed_app {
    ($index:literal) => {
        concat!(
            "SELECT string_agg(packed, '\u{1e}'), MAX(id) FROM (SELECT id, ",
            policy_columns!(
                pack,
                "id",
                "rev",
                "COALESCE(CAST(entitlement_from AS TEXT), '')",
                "COALESCE(CAST(entitlement_until AS TEXT), '')"
            ),
            " AS packed FROM apps WHERE id > $1 AND id <= 4294967295 AND ",
            $index,
            "changed_at_revision > $3 AND deleted_at IS NULL ORDER BY id LIMIT $2) AS page"
        )
    };
}
pub(super) use packed_app;

/// The columns that [`Decoder::secrets`] expects.
macro_rules! packed_secret {
    ($condition:literal) => {
        concat!(
            "SELECT string_agg(packed, '\u{1e}') FROM (SELECT ",
            pack!(
                "app_id",
                "slot",
                "generation",
                "state",
                "COALESCE(CAST(retires_at AS TEXT), '')",
                "hex(sealed)"
            ),
            " AS packed FROM secrets WHERE ",
            $condition,
            ") AS page"
        )
    };
}
pub(super) use packed_secret;

const ROW: char = '\u{1e}';
const COLUMN: char = '\u{1f}';

/// The columns of a policy, as packed.
const POLICY: [&str; 11] = policy_columns!(array);

/// Most texts of policies that are known by heart while pages are read.
const TEXTS_MAX: usize = 4_096;
/// More bytes than a sealed ServerSecret has.
const SEALED_MAX: usize = 64;

/// Reads packed rows, the text of each policy once.
pub(super) struct Decoder<'a> {
    policies: &'a mut Policies,
    kek: &'a Kek,
    texts: HashMap<Box<str>, Arc<Policy>>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(policies: &'a mut Policies, kek: &'a Kek) -> Self {
        Self { policies, kek, texts: HashMap::new() }
    }

    /// The apps of a page. One whose very number cannot be read is logged alone: nobody can ask for it.
    pub(super) fn apps(&mut self, page: &[u8], found: &mut impl FnMut(Found)) {
        for row in rows(&text(page)) {
            let [id, row] = fields(row);
            match Field::of("apps", "id", None, id).number().map(AppId) {
                Ok(id) => found(Found::App { id, app: self.app(id, row).inspect_err(log) }),
                Err(fault) => log(&fault),
            }
        }
    }

    /// The secrets of a page, of those that open.
    pub(super) fn secrets(&self, page: &[u8], found: &mut impl FnMut(Found)) {
        for row in rows(&text(page)) {
            match self.secret(row) {
                Ok(Some(secret)) => found(secret),
                Ok(None) => {}
                Err(fault) => log(&fault),
            }
        }
    }

    fn app(&mut self, id: AppId, row: &str) -> Result<Licensee, RowFault> {
        let [rev, from, until, policy] = fields(row);
        let at = |column, text| Field::of("apps", column, Some(id.0), text);
        let from = at("entitlement_from", from).optional()?;
        let until = at("entitlement_until", until).optional()?;
        let entitlement = Entitlement::new(from, until)
            .map_err(|error| at("entitlement_until", "").fault(error))?;
        Ok(Licensee {
            id,
            rev: at("rev", rev).number()?,
            entitlement,
            policy: self.policy(id, policy)?,
        })
    }

    fn policy(&mut self, id: AppId, text: &str) -> Result<Arc<Policy>, RowFault> {
        if let Some(known) = self.texts.get(text) {
            return Ok(Arc::clone(known));
        }
        let policy = self.policies.share(policy(id, text)?);
        if self.texts.len() >= TEXTS_MAX {
            self.texts.clear();
        }
        self.texts.insert(text.into(), Arc::clone(&policy));
        Ok(policy)
    }

    /// `None`: it does not open, which is logged.
    fn secret(&self, row: &str) -> Result<Option<Found>, RowFault> {
        let [app, slot, generation, state, retires_at, sealed] = fields(row);
        let app: u32 = Field::of("secrets", "app_id", None, app).number()?;
        let at = |column, text| Field::of("secrets", column, Some(app), text);
        let (slot, generation) =
            (at("slot", slot).number()?, at("generation", generation).number()?);
        let state = secrets::state(state, at("retires_at", retires_at).optional()?)
            .ok_or_else(|| at("state", state).fault(format_args!("`{state}` is no state")))?;
        let label = Label::ServerSecret { app, slot, generation };
        match self.opened(label, sealed) {
            Ok(secret) => {
                let generation = Generation(generation);
                Ok(Some(Found::Secret { app: AppId(app), generation, state, secret }))
            }
            Err(fault) => {
                secrets::log_closed(&at("sealed", "").fault(fault), generation);
                Ok(None)
            }
        }
    }

    fn opened(&self, label: Label<'_>, sealed: &str) -> Result<ServerSecret, String> {
        let mut bytes = [0; SEALED_MAX];
        let length = HEXLOWER_PERMISSIVE.decode_len(sealed.len()).map_err(|e| e.to_string())?;
        let bytes = bytes.get_mut(..length).ok_or("is longer than a sealed ServerSecret")?;
        HEXLOWER_PERMISSIVE
            .decode_mut(sealed.as_bytes(), bytes)
            .map_err(|partial| partial.error.to_string())?;
        secrets::opened(self.kek, label, bytes)
    }
}

/// Checks every rule anew: the file may have been edited.
fn policy(id: AppId, text: &str) -> Result<Policy, RowFault> {
    let texts: [&str; POLICY.len()] = fields(text);
    let mut columns = POLICY.into_iter().zip(texts);
    let mut next = || {
        let (column, text) = columns.next().unwrap_or_default();
        Field::of("apps", column, Some(id.0), text)
    };
    let environment = next().word()?;
    let status: AppStatus = next().word()?;
    let settings = AppSettings {
        environment,
        service_enabled: next().number::<u8>()? != 0,
        lifetime: next().number()?,
        rate_per_second: next().number()?,
        replay_mode: next().word()?,
        nonce_profile: next().word()?,
        features: next().json()?,
        on_expiry: next().json()?,
        bind: next().json()?,
        allowed_networks: next().json()?,
        // Every rule but those of what was not asked for.
        ..AppSettings::named("-")
    };
    let broken = |error: ModelError| Field::of("apps", error.field(), Some(id.0), "").fault(error);
    Ok(Policy::of(status, settings.checked().map_err(broken)?))
}

/// A row that is no UTF-8 must not take the page with it.
fn text(page: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(page).map_or_else(|_| String::from_utf8_lossy(page), Cow::Borrowed)
}

fn rows(page: &str) -> impl Iterator<Item = &str> {
    page.split(ROW).filter(|row| !row.is_empty())
}

/// The columns of a row; the last has all that is left. What is missing is empty.
fn fields<const N: usize>(row: &str) -> [&str; N] {
    let mut columns = row.splitn(N, COLUMN);
    std::array::from_fn(|_| columns.next().unwrap_or_default())
}

/// A column of a packed row.
#[derive(Clone, Copy)]
struct Field<'a> {
    table: &'static str,
    column: &'static str,
    /// The row, if that much is known.
    app: Option<u32>,
    text: &'a str,
}

impl<'a> Field<'a> {
    fn of(table: &'static str, column: &'static str, app: Option<u32>, text: &'a str) -> Self {
        Self { table, column, app, text }
    }

    fn number<T: FromStr<Err = std::num::ParseIntError>>(self) -> Result<T, RowFault> {
        self.text.parse().map_err(|error| self.fault(format_args!("`{}`: {error}", self.text)))
    }

    fn optional<T: FromStr<Err = std::num::ParseIntError>>(self) -> Result<Option<T>, RowFault> {
        if self.text.is_empty() { Ok(None) } else { self.number().map(Some) }
    }

    fn word<T: FromStr<Err = ModelError>>(self) -> Result<T, RowFault> {
        self.text.parse().map_err(|error| self.fault(error))
    }

    fn json<T: DeserializeOwned>(self) -> Result<T, RowFault> {
        serde_json::from_str(self.text).map_err(|error| self.fault(error))
    }

    fn fault(self, fault: impl std::fmt::Display) -> RowFault {
        let row = self.app.map_or_else(|| "?".to_owned(), |app| app.to_string());
        RowFault { table: self.table, column: self.column, row, fault: fault.to_string() }
    }
}
