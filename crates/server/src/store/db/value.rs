//! What is bound to a query: the few types that columns have, each of which may be absent.
//!
//! Invariant: an absent value keeps its type, since PostgreSQL wants to know it.

use sqlx::query::Query;
use sqlx::{Arguments, Database, Encode, Type};

/// A value for a `$1`.
#[derive(Clone)]
pub(in crate::store) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// Binds itself as the next argument.
    pub(super) fn bind<'q, DB>(
        self,
        query: Query<'q, DB, DB::Arguments>,
    ) -> Query<'q, DB, DB::Arguments>
    where
        DB: Database<Arguments: Arguments<Database = DB>>,
        Option<i64>: Encode<'q, DB> + Type<DB>,
        Option<String>: Encode<'q, DB> + Type<DB>,
        Option<Vec<u8>>: Encode<'q, DB> + Type<DB>,
    {
        match self {
            Self::Number(value) => query.bind(value),
            Self::Text(value) => query.bind(value),
            Self::Bytes(value) => query.bind(value),
        }
    }
}

macro_rules! from {
    ($($type:ty => $kind:ident($value:ident) $some:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$kind(Some($some))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$kind(value.map(|$value| $some))
            }
        }
    )+};
}

from! {
    i64 => Number(value) value;
    &i64 => Number(value) *value;
    u32 => Number(value) i64::from(value);
    bool => Number(value) i64::from(value);
    String => Text(value) value;
    &String => Text(value) value.clone();
    &str => Text(value) value.to_owned();
    Vec<u8> => Bytes(value) value;
}
