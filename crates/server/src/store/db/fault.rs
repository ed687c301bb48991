//! Sorts the engines' errors by what a person can do about them.

use sqlx::postgres::PgDatabaseError;

use crate::store::StoreError;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code =
            error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
        let code = code.map(|answer| answer.code().to_owned());
        match (&error, code) {
            (_, Some(code)) => of_postgres(&code, error),
            (sqlx::Error::Database(_), None) => of_sqlite(error),
            (sqlx::Error::PoolTimedOut, _) => Self::Busy,
            // Only a server is reached by these.
            (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_), _) => {
                Self::Unreachable { fault: error.to_string() }
            }
            _ => Self::Database(error),
        }
    }
}

fn of_sqlite(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    // SQLite's primary result code is the low byte of the extended one.
    match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(5 | 6) => StoreError::Busy,
        Some(11 | 26) => StoreError::Damaged { fault: error.to_string() },
        _ => StoreError::Database(error),
    }
}

/// By SQLSTATE.
fn of_postgres(code: &str, error: sqlx::Error) -> StoreError {
    let fault = error.to_string();
    match code {
        // A lock was not to be had in time.
        "55P03" => StoreError::Busy,
        // Serialization, deadlock, a statement that took too long or was cancelled.
        "40001" | "40P01" | "57014" => StoreError::Interrupted { fault },
        // A read-only standby; too many connections; a transaction that was left alone too long; the
        // server stops, crashed, or starts.
        "25006" | "53300" | "25P03" | "57P01" | "57P02" | "57P03" | "57P05" => {
            StoreError::Unreachable { fault }
        }
        _ if code.starts_with("08") => StoreError::Unreachable { fault },
        // Who we are to the server; the database's name.
        _ if code.starts_with("28") || code.starts_with("3D") => StoreError::Refused { fault },
        "XX001" | "XX002" => StoreError::Damaged { fault },
        _ => StoreError::Database(error),
    }
}
