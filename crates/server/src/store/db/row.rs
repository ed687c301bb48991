//! A row of a result, from either engine.

use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{ColumnIndex, Decode, Row as _, Type};

/// A row of a result.
pub(in crate::store) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub(in crate::store) trait FromColumn<'r>:
    Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

impl<'r, T> FromColumn<'r> for T where
    T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

/// A column's name, or its number from 0.
pub(in crate::store) trait Index:
    ColumnIndex<SqliteRow> + ColumnIndex<PgRow>
{
}

impl<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>> Index for I {}

impl Row {
    /// The column, if it holds what `T` is.
    pub(in crate::store) fn try_get<'r, T: FromColumn<'r>, I: Index>(
        &'r self,
        index: I,
    ) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(index),
            Self::Postgres(row) => row.try_get(index),
        }
    }

    /// A column of text as bytes, since in SQLite it may be no UTF-8.
    pub(in crate::store) fn try_get_bytes(
        &self,
        index: usize,
    ) -> Result<Option<Vec<u8>>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get_unchecked(index),
            Self::Postgres(row) => row.try_get_unchecked(index),
        }
    }
}
