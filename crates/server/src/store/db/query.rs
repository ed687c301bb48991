//! Queries: one text with its values, run by whichever engine is behind the connection.
//!
//! Invariant: what a text is made of is ours; what comes from outside is bound.

use std::fmt::Write as _;
use std::marker::PhantomData;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::connection::Connection;
use super::row::{FromColumn, Row};
use super::value::Value;
use crate::store::StoreError;

/// A query and what is bound to it.
pub(in crate::store) struct Query {
    sql: SqlStr,
    values: Vec<Value>,
    is_kept: bool,
}

/// A query of whose rows one column is wanted.
pub(in crate::store) struct Scalar<T> {
    query: Query,
    column: PhantomData<fn() -> T>,
}

/// A query whose text is put together.
pub(in crate::store) struct QueryBuilder {
    sql: String,
    values: Vec<Value>,
}

/// A query with this text.
pub(in crate::store) fn query(sql: &'static str) -> Query {
    Query { sql: sql.into_sql_str(), values: Vec::new(), is_kept: true }
}

/// A query with a text that was put together from ours.
pub(in crate::store) fn query_of(sql: String) -> Query {
    Query { sql: AssertSqlSafe(sql).into_sql_str(), values: Vec::new(), is_kept: true }
}

/// A query of whose rows the first column is wanted.
pub(in crate::store) fn query_scalar<T: for<'r> FromColumn<'r>>(sql: &'static str) -> Scalar<T> {
    Scalar { query: query(sql), column: PhantomData }
}

/// Has `$conn` run the query in its own engine's words; rows are turned by `$turn`.
macro_rules! run {
    ($query:ident . $method:ident, $conn:ident, $sqlite:path, $postgres:path) => {{
        let Query { sql, values, is_kept } = $query;
        match $conn {
            Connection::Sqlite(tx) => {
                let query = sqlx::query::<sqlx::Sqlite>(sql).persistent(is_kept);
                let query = values.into_iter().fold(query, |query, value| value.bind(query));
                $sqlite(query.$method(&mut **tx).await?)
            }
            Connection::Postgres(session) => {
                let query = sqlx::query::<sqlx::Postgres>(sql).persistent(is_kept);
                let query = values.into_iter().fold(query, |query, value| value.bind(query));
                let limit = session.limit();
                let work = query.$method(session.conn()?);
                let outcome = super::session::within(limit, work).await;
                $postgres(session.noted(outcome)?)
            }
        }
    }};
}

impl Query {
    /// Binds the next value.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The engine need not keep it prepared: its text will hardly come again.
    pub(in crate::store) fn once(mut self) -> Self {
        self.is_kept = false;
        self
    }

    /// Every row.
    pub(in crate::store) async fn fetch_all(
        self,
        conn: &mut Connection,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(run!(self.fetch_all, conn, sqlite_rows, postgres_rows))
    }

    /// The only row.
    pub(in crate::store) async fn fetch_one(
        self,
        conn: &mut Connection,
    ) -> Result<Row, StoreError> {
        Ok(run!(self.fetch_one, conn, Row::Sqlite, Row::Postgres))
    }

    /// The only row, if there is one.
    pub(in crate::store) async fn fetch_optional(
        self,
        conn: &mut Connection,
    ) -> Result<Option<Row>, StoreError> {
        Ok(run!(self.fetch_optional, conn, sqlite_row, postgres_row))
    }

    /// How many rows it changed.
    pub(in crate::store) async fn execute(self, conn: &mut Connection) -> Result<u64, StoreError> {
        Ok(run!(self.execute, conn, sqlite_changed, postgres_changed))
    }
}

impl<T: for<'r> FromColumn<'r>> Scalar<T> {
    /// Binds the next value.
    pub(in crate::store) fn bind(self, value: impl Into<Value>) -> Self {
        Self { query: self.query.bind(value), ..self }
    }

    /// Of every row.
    pub(in crate::store) async fn fetch_all(
        self,
        conn: &mut Connection,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.query.fetch_all(conn).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Of the only row.
    pub(in crate::store) async fn fetch_one(self, conn: &mut Connection) -> Result<T, StoreError> {
        Ok(self.query.fetch_one(conn).await?.try_get(0)?)
    }

    /// Of the only row, if there is one.
    pub(in crate::store) async fn fetch_optional(
        self,
        conn: &mut Connection,
    ) -> Result<Option<T>, StoreError> {
        let row = self.query.fetch_optional(conn).await?;
        Ok(row.as_ref().map(|row| row.try_get(0)).transpose()?)
    }
}

impl QueryBuilder {
    /// Begins with this text.
    pub(in crate::store) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// More text of ours.
    pub(in crate::store) fn push(&mut self, sql: impl AsRef<str>) -> &mut Self {
        self.sql.push_str(sql.as_ref());
        self
    }

    /// A value.
    pub(in crate::store) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        // Writing to a string does not fail.
        _ = write!(self.sql, "${}", self.values.len());
        self
    }

    /// `VALUES (…), (…)`, a pair of brackets for each of `rows`.
    pub(in crate::store) fn push_values<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        mut row: impl FnMut(&mut Values<'_>, R),
    ) -> &mut Self {
        self.push("VALUES ");
        for (number, item) in rows.into_iter().enumerate() {
            self.push(if number == 0 { "(" } else { ", (" });
            row(&mut Values { query: self, is_first: true }, item);
            self.push(")");
        }
        self
    }

    /// `(…, …)`; with nothing in it, nothing is in it.
    pub(in crate::store) fn push_list(
        &mut self,
        values: impl IntoIterator<Item = impl Into<Value>>,
    ) -> &mut Self {
        // PostgreSQL takes no empty list, and nothing equals NULL.
        self.push("(NULL");
        for value in values {
            self.push(", ").push_bind(value);
        }
        self.push(")")
    }

    /// The query.
    pub(in crate::store) fn build(self) -> Query {
        Query { values: self.values, ..query_of(self.sql) }
    }

    /// Its text, for a look at it.
    #[cfg(test)]
    pub(in crate::store) fn sql(&self) -> &str {
        &self.sql
    }
}

/// One row of `VALUES`, with commas between what is pushed.
pub(in crate::store) struct Values<'q> {
    query: &'q mut QueryBuilder,
    is_first: bool,
}

impl Values<'_> {
    /// A value.
    pub(in crate::store) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.comma().push_bind(value);
        self
    }

    /// Text of ours.
    #[cfg(test)]
    pub(in crate::store) fn push(&mut self, sql: &str) -> &mut Self {
        self.comma().push(sql);
        self
    }

    fn comma(&mut self) -> &mut QueryBuilder {
        if !std::mem::replace(&mut self.is_first, false) {
            self.query.push(", ");
        }
        self.query
    }
}

fn sqlite_rows(rows: Vec<sqlx::sqlite::SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn postgres_rows(rows: Vec<sqlx::postgres::PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}

fn sqlite_row(row: Option<sqlx::sqlite::SqliteRow>) -> Option<Row> {
    row.map(Row::Sqlite)
}

fn postgres_row(row: Option<sqlx::postgres::PgRow>) -> Option<Row> {
    row.map(Row::Postgres)
}

fn sqlite_changed(done: sqlx::sqlite::SqliteQueryResult) -> u64 {
    done.rows_affected()
}

fn postgres_changed(done: sqlx::postgres::PgQueryResult) -> u64 {
    done.rows_affected()
}
