//! Between columns and the model: one app's row, and the reading of single columns.
//!
//! Invariant: a column that does not hold what it should becomes a [`RowFault`] that says where.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Revision, RowFault, StoreError, db};
use crate::model::{App, AppId, AppSettings, ModelError};

/// The columns that [`read`] expects, in its order. Kept with it; by number, since a million
/// look-ups by name cost seconds.
macro_rules! app_columns {
    () => {
        "id, name, environment, status, service_enabled, features, entitlement_from, \
         entitlement_until, lifetime, rate_per_second, replay_mode, nonce_profile, on_expiry, \
         bind, allowed_networks, note, rev, created_at, updated_at, tags"
    };
}
pub(super) use app_columns;

/// Writes the whole row; `last_generation` is the secrets' business and stays.
pub(super) async fn save(
    conn: &mut db::Connection,
    app: &App,
    revision: Revision,
) -> Result<(), StoreError> {
    let settings = app.settings();
    db::query(concat!(
        "INSERT INTO apps (",
        app_columns!(),
        ", deleted_at, last_generation, changed_at_revision) VALUES ($1, $2, $3, $4, $5, $6, $7, \
         $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, NULL, 0, $21) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, environment = excluded.environment, \
         status = excluded.status, service_enabled = excluded.service_enabled, \
         features = excluded.features, entitlement_from = excluded.entitlement_from, \
         entitlement_until = excluded.entitlement_until, lifetime = excluded.lifetime, \
         rate_per_second = excluded.rate_per_second, replay_mode = excluded.replay_mode, \
         nonce_profile = excluded.nonce_profile, on_expiry = excluded.on_expiry, \
         bind = excluded.bind, allowed_networks = excluded.allowed_networks, \
         note = excluded.note, rev = excluded.rev, created_at = excluded.created_at, \
         updated_at = excluded.updated_at, tags = excluded.tags, deleted_at = NULL, \
         changed_at_revision = excluded.changed_at_revision"
    ))
    .bind(i64::from(app.id.0))
    .bind(&settings.name)
    .bind(settings.environment.as_str())
    .bind(app.status.as_str())
    .bind(i64::from(settings.service_enabled))
    .bind(json(&settings.features))
    .bind(settings.entitlement_from)
    .bind(settings.entitlement_until)
    .bind(i64::from(settings.lifetime))
    .bind(i64::from(settings.rate_per_second))
    .bind(settings.replay_mode.as_str())
    .bind(settings.nonce_profile.as_str())
    .bind(json(&settings.on_expiry))
    .bind(json(&settings.bind))
    .bind(json(&settings.allowed_networks))
    .bind(&settings.note)
    .bind(i64::from(app.rev))
    .bind(app.created_at)
    .bind(app.updated_at)
    .bind(json(&settings.tags))
    .bind(revision.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Reads a row of `app_columns!()`, checking every rule anew: the file may have been edited.
pub(super) fn read(id: AppId, row: &db::Row) -> Result<App, RowFault> {
    let at =
        |index, name| Column { row, index: Index::Number(index), table: "apps", name, key: id };
    let settings = AppSettings {
        name: at(1, "name").get()?,
        environment: at(2, "environment").word()?,
        service_enabled: at(4, "service_enabled").number::<u8>()? != 0,
        features: at(5, "features").json()?,
        entitlement_from: at(6, "entitlement_from").get()?,
        entitlement_until: at(7, "entitlement_until").get()?,
        lifetime: at(8, "lifetime").number()?,
        rate_per_second: at(9, "rate_per_second").number()?,
        replay_mode: at(10, "replay_mode").word()?,
        nonce_profile: at(11, "nonce_profile").word()?,
        on_expiry: at(12, "on_expiry").json()?,
        bind: at(13, "bind").json()?,
        allowed_networks: at(14, "allowed_networks").json()?,
        note: at(15, "note").get()?,
        tags: at(19, "tags").json()?,
    };
    let broken = |error: ModelError| at(0, error.field()).fault(error);
    let mut app = App::new(id, at(16, "rev").number()?, settings, at(17, "created_at").get()?)
        .map_err(broken)?;
    app.status = at(3, "status").word()?;
    app.updated_at = at(18, "updated_at").get()?;
    Ok(app)
}

/// A list or a detail as JSON text.
pub(super) fn json(value: &impl Serialize) -> String {
    // Only maps with keys that are no text, and a `Serialize` that fails by itself, could fail.
    serde_json::to_string(value).unwrap_or_default()
}

/// A column of a row, for reading. `key`: the row's primary key, for the fault.
pub(super) fn column<'a, K: Display + Copy>(
    row: &'a db::Row,
    table: &'static str,
    name: &'static str,
    key: K,
) -> Column<'a, K> {
    Column { row, index: Index::Name, table, name, key }
}

/// One column of one row.
pub(super) struct Column<'a, K> {
    row: &'a db::Row,
    index: Index,
    table: &'static str,
    name: &'static str,
    key: K,
}

enum Index {
    Name,
    Number(usize),
}

impl<'a, K: Display + Copy> Column<'a, K> {
    /// As it is.
    pub(super) fn get<T>(&self) -> Result<T, RowFault>
    where
        T: db::FromColumn<'a>,
    {
        let value = match self.index {
            Index::Name => self.row.try_get(self.name),
            Index::Number(number) => self.row.try_get(number),
        };
        value.map_err(|error| self.fault(error))
    }

    /// A whole number that fits `T`.
    pub(super) fn number<T: TryFrom<i64>>(&self) -> Result<T, RowFault> {
        let number: i64 = self.get()?;
        T::try_from(number).map_err(|_| self.fault(format_args!("{number} is out of range")))
    }

    /// One of a set of words.
    pub(super) fn word<T: FromStr<Err = ModelError>>(&self) -> Result<T, RowFault> {
        self.get::<&str>()?.parse().map_err(|error| self.fault(error))
    }

    /// JSON text.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, RowFault> {
        serde_json::from_str(self.get()?).map_err(|error| self.fault(error))
    }

    /// What is wrong with it.
    pub(super) fn fault(&self, fault: impl Display) -> RowFault {
        let (row, fault) = (self.key.to_string(), fault.to_string());
        RowFault { table: self.table, column: self.name, row, fault }
    }
}
