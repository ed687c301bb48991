//! Whole tables, row by row, whatever is in them: for backups, and for copies to another engine.
//!
//! Invariant: [`TABLES`] is every table of the schema, and a table stands after those that it refers to. Cells
//! are what both engines keep, so a row that is read from one can be written to the other. Neither
//! audited nor a change by itself: that is the caller's.

use serde::{Deserialize, Serialize};

use super::audit_chain::AuditHash;
use super::{Meta, Revision, Store, StoreError, Tx, db, meta};

/// A table and its primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) key: &'static [&'static str],
    /// Does it end with a restore? Sessions and the like.
    pub(crate) is_passing: bool,
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key, is_passing: false }
}

const fn passing(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key, is_passing: true }
}

/// All tables, in an order in which they can be filled; the one row of `meta` is the last to come.
pub(crate) const TABLES: [Table; 17] = [
    table("apps", &["id"]),
    table("secrets", &["app_id", "slot"]),
    table("issuing_keys", &["serial"]),
    table("root_keys", &["kid"]),
    table("audit_key", &["one"]),
    table("audit", &["seq"]),
    table("users", &["id"]),
    passing("invitations", &["token_hash"]),
    passing("sessions", &["token_hash"]),
    table("api_tokens", &["id"]),
    passing("idempotency", &["caller", "key"]),
    table("usage", &["app_id", "resolution", "at", "code"]),
    table("requests", &["seq"]),
    table("issued", &["app_id", "rev", "serial"]),
    table("webhooks", &["id"]),
    table("deliveries", &["seq"]),
    table("meta", &["one"]),
];

/// What a table keeps in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    /// Nothing.
    Null,
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes {
        /// As base64.
        #[serde(with = "base64")]
        b: Vec<u8>,
    },
}

/// A row, in the order of its table's columns.
pub(crate) type Cells = Vec<Cell>;

/// A column, as the database at hand has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

/// Rows after one key, up to and with another; `None`: without an end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Range<'k> {
    pub(crate) after: Option<&'k [Cell]>,
    pub(crate) until: Option<&'k [Cell]>,
}

/// One moment of the whole database, for as long as it is held.
pub(crate) struct Snapshot(db::ReadTransaction);

impl Table {
    /// The table of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        TABLES.into_iter().find(|table| table.name == name)
    }
}

impl Store {
    /// The database as it is now. `Err(SchemaNewer)`: it has what this program knows nothing of, and
    /// would leave out.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut tx = self.db.begin_long_read().await?;
        db::check_known(&mut tx).await?;
        Ok(Snapshot(tx))
    }
}

impl Snapshot {
    /// What is known about the installation.
    pub(crate) async fn meta(&mut self) -> Result<Meta, StoreError> {
        meta::read(&mut self.0).await
    }

    /// The newest revision.
    pub(crate) async fn revision(&mut self) -> Result<Revision, StoreError> {
        meta::revision(&mut self.0).await
    }

    /// The newest audit entry and its hash.
    pub(crate) async fn audit_head(&mut self) -> Result<(i64, Option<AuditHash>), StoreError> {
        super::audit_chain::head(&mut self.0).await
    }

    /// The hash of an audit entry; `None`: there is no such entry.
    pub(crate) async fn audit_hash(&mut self, seq: i64) -> Result<Option<AuditHash>, StoreError> {
        super::audit_chain::kept_hash(&mut self.0, seq).await
    }

    /// How many rows there are.
    pub(crate) async fn count(&mut self, table: Table) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM {}", table.name);
        let rows: i64 = db::query_of(sql).fetch_one(&mut self.0).await?.try_get(0)?;
        Ok(rows.unsigned_abs())
    }

    /// The columns of a table, in their order.
    pub(crate) async fn columns(&mut self, table: Table) -> Result<Vec<Column>, StoreError> {
        columns(&mut self.0, table).await
    }

    /// The first `limit` rows of a range, by their key.
    pub(crate) async fn page(
        &mut self,
        table: Table,
        columns: &[Column],
        range: Range<'_>,
        limit: usize,
    ) -> Result<Vec<Cells>, StoreError> {
        page(&mut self.0, table, columns, range, limit).await
    }
}

impl Tx {
    /// The columns of a table, in their order.
    pub(crate) async fn columns(&mut self, table: Table) -> Result<Vec<Column>, StoreError> {
        columns(&mut self.inner, table).await
    }

    /// The same as [`Snapshot::page`], of what this transaction sees.
    pub(crate) async fn page(
        &mut self,
        table: Table,
        columns: &[Column],
        range: Range<'_>,
        limit: usize,
    ) -> Result<Vec<Cells>, StoreError> {
        page(&mut self.inner, table, columns, range, limit).await
    }

    /// Adds rows as they are.
    pub(crate) async fn insert_rows(
        &mut self,
        table: Table,
        columns: &[Column],
        rows: &[Cells],
    ) -> Result<(), StoreError> {
        for rows in rows.chunks((VALUES_MAX / columns.len().max(1)).max(1)) {
            self.insert_together(table, columns, rows).await?;
        }
        Ok(())
    }

    async fn insert_together(
        &mut self,
        table: Table,
        columns: &[Column],
        rows: &[Cells],
    ) -> Result<(), StoreError> {
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let into = format!("INSERT INTO {} ({}) ", table.name, names.join(", "));
        let mut insert = db::QueryBuilder::new(into);
        insert.push_values(rows, |values, row| {
            for (column, cell) in columns.iter().zip(row) {
                values.push_bind(column.value(cell));
            }
        });
        // Kept prepared: the next rows of the table come with the same text.
        insert.build().execute(&mut self.inner).await.map(drop)
    }

    /// Deletes all rows of a table.
    pub(crate) async fn delete_rows(&mut self, table: Table) -> Result<(), StoreError> {
        let delete = db::query_of(format!("DELETE FROM {}", table.name));
        delete.once().execute(&mut self.inner).await.map(drop)
    }

    /// Has tables that number their rows go on after the highest number.
    pub(crate) async fn renumber(&mut self) -> Result<(), StoreError> {
        for table in ["requests", "deliveries"] {
            db::go_on_after_highest(&mut self.inner, table, "seq").await?;
        }
        Ok(())
    }
}

/// Most values of one statement. Few: SQLite looks a parameter up by going through those before it.
const VALUES_MAX: usize = 500;

/// The key of a row.
pub(crate) fn key_of(table: Table, columns: &[Column], row: &[Cell]) -> Cells {
    let cell = |name: &&str| {
        let mut named = columns.iter().zip(row);
        named.find(|(column, _)| column.name == *name).map(|(_, cell)| cell.clone())
    };
    table.key.iter().map(|name| cell(name).unwrap_or(Cell::Null)).collect()
}

impl Column {
    fn value(&self, cell: &Cell) -> db::Value {
        // What is of another kind than its column becomes nothing, which the column's NOT NULL refuses.
        match (self.kind, cell) {
            (Kind::Number, Cell::Number(number)) => (*number).into(),
            (Kind::Number, _) => None::<i64>.into(),
            (Kind::Text, Cell::Text(text)) => text.into(),
            (Kind::Text, _) => None::<String>.into(),
            (Kind::Bytes, Cell::Bytes { b }) => b.clone().into(),
            (Kind::Bytes, _) => None::<Vec<u8>>.into(),
        }
    }

    fn cell(&self, row: &db::Row, index: usize) -> Result<Cell, StoreError> {
        let cell = match self.kind {
            Kind::Number => row.try_get::<Option<i64>, _>(index)?.map(Cell::Number),
            Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Cell::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(index)?.map(|b| Cell::Bytes { b }),
        };
        Ok(cell.unwrap_or(Cell::Null))
    }
}

async fn columns(conn: &mut db::Connection, table: Table) -> Result<Vec<Column>, StoreError> {
    let columns = db::columns_of(conn, table.name).await?;
    let column = |(name, engine_type): (String, String)| {
        let kind = match engine_type.to_ascii_uppercase().as_str() {
            "TEXT" => Kind::Text,
            "BYTEA" => Kind::Bytes,
            _ => Kind::Number,
        };
        Column { name, kind }
    };
    Ok(columns.into_iter().map(column).collect())
}

async fn page(
    conn: &mut db::Connection,
    table: Table,
    columns: &[Column],
    range: Range<'_>,
    limit: usize,
) -> Result<Vec<Cells>, StoreError> {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut select =
        db::QueryBuilder::new(format!("SELECT {} FROM {}", names.join(", "), table.name));
    let mut word = " WHERE ";
    for (than, key) in [(">", range.after), ("<=", range.until)] {
        let Some(key) = key else { continue };
        select.push(word);
        push_key(&mut select, table, columns, than, key);
        word = " AND ";
    }
    select.push(format!(" ORDER BY {} LIMIT {limit}", table.key.join(", ")));
    let rows = select.build().fetch_all(conn).await?;
    rows.iter()
        .map(|row| columns.iter().enumerate().map(|(at, column)| column.cell(row, at)).collect())
        .collect()
}

/// `(a, b) > ($1, $2)`.
fn push_key(
    query: &mut db::QueryBuilder,
    table: Table,
    columns: &[Column],
    than: &str,
    key: &[Cell],
) {
    query.push(format!("({}) {than} (", table.key.join(", ")));
    for (number, (name, cell)) in table.key.iter().zip(key).enumerate() {
        query.push(if number == 0 { "" } else { ", " });
        if let Some(column) = columns.iter().find(|column| column.name == **name) {
            query.push_bind(column.value(cell));
        }
    }
    query.push(")");
}

mod base64 {
    //! Bytes in JSON.

    use data_encoding::BASE64;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::ptr_arg, reason = "serde hands over what the field is")]
    pub(super) fn serialize<S: Serializer>(bytes: &Vec<u8>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
