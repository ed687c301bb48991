//! One transaction on PostgreSQL, with the connection it has to itself.
//!
//! Invariants: no wait for an answer is for ever; a connection that is not known to be sound is never
//! used again; a transaction that was dropped is rolled back before anybody else gets its connection;
//! a commit without an answer is never taken for one that did not happen.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgDatabaseError, PgSeverity};
use sqlx::{AssertSqlSafe, raw_sql};
use tokio::sync::OwnedSemaphorePermit;

use super::pool::Pool;
use crate::limits::{STORE_COMMIT, STORE_ROLLBACK};
use crate::store::StoreError;

/// A transaction under way.
pub(in crate::store) struct Session {
    /// There, until the session ends.
    conn: Option<PgConnection>,
    pool: Arc<Pool>,
    permit: Option<OwnedSemaphorePermit>,
    limit: Duration,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    /// In a transaction.
    Open,
    /// In none.
    Done,
    /// Nobody knows.
    Broken,
}

impl Session {
    pub(super) fn new(conn: PgConnection, pool: Arc<Pool>, permit: OwnedSemaphorePermit) -> Self {
        let limit = STORE_COMMIT;
        Self { conn: Some(conn), pool, permit: Some(permit), limit, state: State::Open }
    }

    /// Each statement is to be answered within this time.
    pub(super) fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// See [`with_limit`](Self::with_limit).
    pub(super) const fn limit(&self) -> Duration {
        self.limit
    }

    /// To run something on it, whose outcome is then [`noted`](Self::noted).
    pub(super) fn conn(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.conn.as_mut().ok_or(StoreError::Database(sqlx::Error::PoolClosed))
    }

    /// Sorts an error, and remembers if the connection is lost with it.
    pub(super) fn noted<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        outcome.map_err(StoreError::from).inspect_err(|error| {
            if matches!(error, StoreError::Unreachable { .. }) {
                self.state = State::Broken;
            }
        })
    }

    /// Ends the connection with the session.
    pub(super) fn give_up(mut self) -> Option<OwnedSemaphorePermit> {
        self.state = State::Broken;
        self.permit.take()
    }

    /// Keeps what was done. The time limit of statements ends before it: it would have a server that
    /// waits for its standby say that the change is kept when the standby does not have it.
    pub(super) async fn commit(mut self, tells: bool) -> Result<(), StoreError> {
        let tell = if tells { self.pool.telling() } else { String::new() };
        let sql = format!("SET LOCAL statement_timeout = 0; {tell}COMMIT");
        let done = within(STORE_COMMIT, raw_sql(AssertSqlSafe(sql)).execute(self.conn()?)).await;
        match done {
            Ok(_) => {
                self.state = State::Done;
                Ok(())
            }
            Err(error) if is_refusal(&error) => self.noted(Err(error)),
            Err(error) => {
                self.state = State::Broken;
                Err(StoreError::CommitUnknown { fault: error.to_string() })
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        match self.state {
            State::Done => self.pool.take_back(conn),
            State::Broken => {}
            State::Open => roll_back(conn, Arc::clone(&self.pool), self.permit.take()),
        }
    }
}

/// Also where nobody waits for it any more. Without a runtime the connection just ends, and so does what
/// was begun on it.
fn roll_back(mut conn: PgConnection, pool: Arc<Pool>, permit: Option<OwnedSemaphorePermit>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        let done = within(STORE_ROLLBACK, raw_sql("ROLLBACK").execute(&mut conn)).await;
        if done.is_ok() {
            pool.take_back(conn);
        }
        drop(permit);
    });
}

/// Waits so long for an answer.
pub(super) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
        let fault = format!("no answer for {} s", limit.as_secs());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, fault)))
    })
}

/// Did the server itself say, and go on, that it did not commit?
fn is_refusal(error: &sqlx::Error) -> bool {
    let answer = error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
    answer.is_some_and(|it| it.severity() == PgSeverity::Error && !it.code().starts_with("57P"))
}
