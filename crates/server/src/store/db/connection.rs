//! Connections in transactions of either engine: one that writes, or one that reads.

use std::ops::{Deref, DerefMut};

use sqlx::{AssertSqlSafe, Sqlite};

use super::session::{Session, within};
use crate::store::StoreError;

/// A connection, in a transaction.
pub(in crate::store) enum Connection {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(Session),
}

/// A transaction that reads one moment of the database.
pub(in crate::store) struct ReadTransaction(pub(super) Connection);

/// A transaction that writes; dropped without `commit`, it never was. Every statement goes through its
/// `DerefMut`, where tests end the process (`fail_points`).
pub(in crate::store) struct Transaction(pub(super) Connection);

impl Connection {
    /// Runs a text of several statements, without values.
    pub(super) async fn run_script(&mut self, sql: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(tx) => _ = script.execute(&mut **tx).await?,
            Self::Postgres(session) => {
                let limit = session.limit();
                let done = within(limit, script.execute(session.conn()?)).await;
                session.noted(done)?;
            }
        }
        Ok(())
    }
}

impl Transaction {
    /// Keeps what was done: when it returns, it is on disk.
    ///
    /// `Err(CommitUnknown)`: it may be, or not.
    pub(in crate::store) async fn commit(self) -> Result<(), StoreError> {
        self.finish(false).await
    }

    /// The same, and other processes are told that there is something to read.
    pub(in crate::store) async fn commit_and_tell(self) -> Result<(), StoreError> {
        self.finish(true).await
    }

    async fn finish(self, tells: bool) -> Result<(), StoreError> {
        step();
        match self.0 {
            Connection::Sqlite(tx) => tx.commit().await?,
            Connection::Postgres(session) => session.commit(tells).await?,
        }
        step();
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        step();
        &mut self.0
    }
}

impl Deref for ReadTransaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for ReadTransaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// Between two storage calls.
fn step() {
    #[cfg(test)]
    crate::store::fail_points::step();
}
