//! The engine: the only place that knows which database is behind the store, SQLite or PostgreSQL.
//!
//! Everything else writes SQL that both read alike (`$1` parameters, `ON CONFLICT`, `RETURNING`), and
//! names types of ours. Invariants: one writer at a time, whose transaction holds the write lock from
//! its beginning, so what it reads is what it changes; a reader sees one moment; a commit that returned
//! is on disk; a database with a schema from the future is not touched.

mod connection;
mod dialect;
mod fault;
mod migrations;
mod pool;
mod postgres;
mod query;
mod row;
mod session;
mod sqlite;
mod value;

use std::sync::Arc;

use tokio::sync::OnceCell;

use self::pool::Purpose;
use self::postgres::Postgres;
use self::sqlite::SqliteFile;
use super::{Database, StoreError};

pub(super) use self::connection::{Connection, ReadTransaction, Transaction};
#[cfg(test)]
pub(super) use self::dialect::columns;
pub(super) use self::dialect::{columns_of, go_on_after_highest};
#[cfg(test)]
pub(super) use self::migrations::run as run_migrations;
pub(super) use self::migrations::version as schema;
pub(super) use self::migrations::{check_known, known as schema_known};
pub(super) use self::query::{QueryBuilder, query, query_of, query_scalar};
pub(super) use self::row::{FromColumn, Row};
pub(super) use self::value::Value;

/// The database as one process uses it.
#[derive(Debug, Clone)]
pub(super) struct Db {
    engine: Engine,
    kek_fingerprint: Arc<str>,
    /// Was it looked at?
    is_ready: Arc<OnceCell<()>>,
}

#[derive(Debug, Clone)]
enum Engine {
    Sqlite(SqliteFile),
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Hands out the transaction that fills an empty database; SQLite's file is made (0600). Nothing
    /// exists before that commits: a crash on the way leaves a file that `create` takes over.
    pub(super) async fn create(
        database: &Database,
        kek_fingerprint: &str,
    ) -> Result<(Self, Transaction), StoreError> {
        let engine = match database {
            Database::Sqlite(path) => Engine::Sqlite(SqliteFile::create(path).await?),
            Database::Postgres(url) => Engine::Postgres(Arc::new(Postgres::new(url))),
        };
        let db = Self::of(engine, kek_fingerprint);
        let mut tx = Transaction(db.engine.begin(Purpose::LONG_WRITE).await?);
        db.engine.check_empty(&mut tx).await?;
        migrations::migrate(&mut tx).await?;
        _ = db.is_ready.set(());
        Ok((db, tx))
    }

    /// Opens a database that need not be finished: makes the tables where there are none, and leaves
    /// open what is in them.
    pub(super) async fn open_unfinished(
        database: &Database,
        kek_fingerprint: &str,
    ) -> Result<Self, StoreError> {
        let engine = match database {
            Database::Sqlite(path) => Engine::Sqlite(SqliteFile::create(path).await?),
            Database::Postgres(url) => Engine::Postgres(Arc::new(Postgres::new(url))),
        };
        let db = Self::of(engine, kek_fingerprint);
        let mut tx = Transaction(db.engine.begin(Purpose::LONG_WRITE).await?);
        if migrations::version(&mut tx).await?.is_none() {
            db.engine.check_empty(&mut tx).await?;
        }
        migrations::migrate(&mut tx).await?;
        tx.commit().await?;
        _ = db.is_ready.set(());
        Ok(db)
    }

    /// Opens an existing database and brings its schema up to date.
    pub(super) async fn open(
        database: &Database,
        kek_fingerprint: &str,
    ) -> Result<Self, StoreError> {
        let engine = match database {
            Database::Sqlite(path) => Engine::Sqlite(SqliteFile::open(path).await?),
            Database::Postgres(url) => Engine::Postgres(Arc::new(Postgres::new(url))),
        };
        let db = Self::of(engine, kek_fingerprint);
        db.ready().await?;
        Ok(db)
    }

    /// One that was found away, and is opened by whoever needs it first. `None`: files are opened at once.
    pub(super) fn unopened(database: &Database, kek_fingerprint: &str) -> Option<Self> {
        let Database::Postgres(url) = database else { return None };
        Some(Self::of(Engine::Postgres(Arc::new(Postgres::away(url))), kek_fingerprint))
    }

    /// A transaction that may write. Waits for other writers, here and in other processes.
    pub(super) async fn begin_write(&self) -> Result<Transaction, StoreError> {
        self.ready().await?;
        self.engine.begin(Purpose::WRITE).await.map(Transaction)
    }

    /// The same for as long as it takes: everything may be written anew.
    pub(super) async fn begin_long_write(&self) -> Result<Transaction, StoreError> {
        self.ready().await?;
        self.engine.begin(Purpose::LONG_WRITE).await.map(Transaction)
    }

    /// A transaction that reads one moment of the database for as long as it takes.
    pub(super) async fn begin_long_read(&self) -> Result<ReadTransaction, StoreError> {
        self.ready().await?;
        self.engine.begin(Purpose::LONG_READ).await.map(ReadTransaction)
    }

    /// A transaction that reads one moment of the database. Never waits for a writer.
    pub(super) async fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        self.ready().await?;
        self.engine.begin(Purpose::READ).await.map(ReadTransaction)
    }

    /// May other servers use it at the same time?
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// Waits until another process says that it has changed something; for ever, if none can say.
    pub(super) async fn changed_elsewhere(&self) {
        match &self.engine {
            Engine::Sqlite(_) => std::future::pending().await,
            Engine::Postgres(postgres) => postgres.changed_elsewhere().await,
        }
    }

    /// Has every page, index and reference checked, as far as the engine can. `Err(Damaged)`: the first
    /// fault found.
    pub(super) async fn integrity_check(&self) -> Result<(), StoreError> {
        self.ready().await?;
        let mut tx = self.begin_long_read().await?;
        dialect::check_integrity(&mut tx).await
    }

    /// Closes every connection.
    pub(super) async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(file) => file.close().await,
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }

    fn of(engine: Engine, kek_fingerprint: &str) -> Self {
        Self { engine, kek_fingerprint: kek_fingerprint.into(), is_ready: Arc::default() }
    }

    /// Looks at it before anything else does: whose it is, its schema, its key.
    async fn ready(&self) -> Result<(), StoreError> {
        self.is_ready.get_or_try_init(|| self.look()).await.map(drop)
    }

    async fn look(&self) -> Result<(), StoreError> {
        let mut tx = ReadTransaction(self.engine.begin(Purpose::READ).await?);
        let found = migrations::version(&mut tx).await?;
        let found = found.ok_or_else(|| self.engine.not_ours())?;
        if migrations::are_missing(&mut tx, found).await? {
            drop(tx);
            let mut tx = Transaction(self.engine.begin(Purpose::LONG_WRITE).await?);
            migrations::migrate(&mut tx).await?;
            tx.commit().await?;
            tx = Transaction(self.engine.begin(Purpose::WRITE).await?);
            return self.check_kek(&mut tx).await;
        }
        self.check_kek(&mut tx).await
    }

    async fn check_kek(&self, conn: &mut Connection) -> Result<(), StoreError> {
        let expected: String =
            query_scalar("SELECT kek_fingerprint FROM meta").fetch_one(conn).await?;
        if *expected == *self.kek_fingerprint {
            return Ok(());
        }
        Err(StoreError::WrongKek { expected, found: self.kek_fingerprint.to_string() })
    }
}

/// A transaction on whatever is there, unlooked at.
#[cfg(test)]
pub(super) async fn begin_raw(database: &Database) -> Transaction {
    let engine = match database {
        Database::Sqlite(path) => Engine::Sqlite(SqliteFile::open(path).await.unwrap()),
        Database::Postgres(url) => Engine::Postgres(Arc::new(Postgres::new(url))),
    };
    Transaction(engine.begin(Purpose::WRITE).await.unwrap())
}

impl Engine {
    async fn begin(&self, purpose: Purpose) -> Result<Connection, StoreError> {
        match self {
            Self::Postgres(postgres) => postgres.begin(purpose).await,
            Self::Sqlite(file) if purpose.writes => file.begin_write().await,
            Self::Sqlite(file) => file.begin_read().await,
        }
    }

    /// `Err(Exists)`, `Err(Taken)`: something is there.
    async fn check_empty(&self, conn: &mut Connection) -> Result<(), StoreError> {
        let is_ours = migrations::version(conn).await?.is_some();
        match self {
            Self::Sqlite(file) if is_ours => {
                Err(StoreError::Exists { path: file.path().to_owned() })
            }
            Self::Postgres(postgres) if is_ours => {
                Err(StoreError::Taken { database: postgres.url().to_string() })
            }
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => dialect::check_place(conn, postgres.url()).await,
        }
    }

    fn not_ours(&self) -> StoreError {
        match self {
            Self::Sqlite(file) => StoreError::Foreign { path: file.path().to_owned() },
            Self::Postgres(postgres) => StoreError::Empty { database: postgres.url().to_string() },
        }
    }
}
