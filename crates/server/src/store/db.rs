//! The engine: the only file that knows which database is behind the store. Today SQLite.
//!
//! Everything else writes SQL that SQLite and PostgreSQL read alike (`$1` parameters, `ON CONFLICT`,
//! `RETURNING`), and names the engine's types through this file; PostgreSQL's place is here, in
//! [`Db`], [`Engine`] and [`From<sqlx::Error>`]. Invariants: one writer per process at a time, whose
//! transaction holds the write lock from its first statement (`BEGIN IMMEDIATE`), so what it reads
//! is what it changes; a commit that returned is on disk (WAL, `synchronous=FULL`); a database with
//! a schema from the future is not touched.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, SqlSafeStr as _};

use super::{StoreError, audit_chain};

/// The database engine.
pub(super) type Engine = sqlx::Sqlite;
/// A connection, inside or outside a transaction.
pub(super) type Connection = sqlx::SqliteConnection;
/// A row of a result.
pub(super) type Row = sqlx::sqlite::SqliteRow;
/// A transaction that reads.
pub(super) type ReadTransaction = sqlx::Transaction<'static, Engine>;

/// A transaction that writes; dropped without `commit`, it never was. Every statement goes through its
/// `DerefMut`, where tests end the process (`fail_points`).
pub(super) struct Transaction(sqlx::Transaction<'static, Engine>);

/// A column of bytes as hex digits.
macro_rules! hex {
    ($column:literal) => {
        concat!("hex(", $column, ")")
    };
}
pub(super) use hex;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a write transaction is begun anew after that wait.
const BUSY_ATTEMPTS: u32 = 3;
const READERS: u32 = 4;

/// The open database of one process.
#[derive(Debug, Clone)]
pub(super) struct Db {
    writer: SqlitePool,
    readers: SqlitePool,
    file: Arc<OpenFile>,
}

/// Which file is open. SQLite goes on with a file that was moved or replaced, in silence, and what is
/// written there is lost; so each transaction looks first.
#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl Db {
    /// Makes the file (0600) and hands out the transaction that fills it. Nothing exists before
    /// that commits: a crash on the way leaves a file that `create` takes over.
    pub(super) async fn create(path: &Path) -> Result<(Self, Transaction), StoreError> {
        create_file(path)?;
        let db = Self::connect(path).await?;
        let mut tx = db.begin_write().await?;
        if schema_version(&mut tx).await?.is_some() {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        migrate(&mut tx).await?;
        Ok((db, tx))
    }

    /// Opens an existing database and brings its schema up to date.
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        identity(path)?;
        let db = Self::connect(path).await?;
        db.bring_up_to_date(path).await?;
        Ok(db)
    }

    /// A transaction that may write. Waits for other writers, here and in other processes.
    pub(super) async fn begin_write(&self) -> Result<Transaction, StoreError> {
        self.file.check()?;
        let mut attempt = 1;
        loop {
            match self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from) {
                Err(StoreError::Busy) if attempt < BUSY_ATTEMPTS => attempt += 1,
                result => return result.map(Transaction),
            }
        }
    }

    /// A transaction that reads one moment of the database. Never waits for a writer.
    pub(super) async fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        self.file.check()?;
        Ok(self.readers.begin().await?)
    }

    /// Has every page, index and reference checked. `Err(Damaged)`: the first fault found.
    pub(super) async fn integrity_check(&self) -> Result<(), StoreError> {
        let mut tx = self.begin_read().await?;
        let found: String =
            sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *tx).await?;
        if found != "ok" {
            return Err(StoreError::Damaged { fault: found });
        }
        match sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut *tx).await? {
            Some(_) => Err(StoreError::Damaged { fault: "a secret without its app".into() }),
            None => Ok(()),
        }
    }

    /// Closes every connection; the last process to do so folds the WAL into the file.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn connect(path: &Path) -> Result<Self, StoreError> {
        // Absolute, because SQLite reads a name that begins with `file:` as a URI.
        let path = std::path::absolute(path)
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(1_024)
            .disable_statement_logging();
        let pool = || SqlitePoolOptions::new().test_before_acquire(false).max_lifetime(None);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        let readers = options.pragma("query_only", "ON");
        let readers = pool().max_connections(READERS).connect_lazy_with(readers);
        let file = Arc::new(OpenFile { identity: identity(&path)?, path });
        Ok(Self { writer, readers, file })
    }

    async fn bring_up_to_date(&self, path: &Path) -> Result<(), StoreError> {
        let known = migrations().last().map_or(0, |newest| newest.version);
        let mut tx = self.begin_read().await?;
        let found = schema_version(&mut tx).await?;
        drop(tx);
        match found {
            None => Err(StoreError::Foreign { path: path.to_owned() }),
            Some(found) if found > known => Err(StoreError::SchemaNewer { found, known }),
            Some(found) if found == known => Ok(()),
            Some(_) => {
                let mut tx = self.begin_write().await?;
                migrate(&mut tx).await?;
                tx.commit().await
            }
        }
    }
}

impl Transaction {
    /// Keeps what was done: when it returns, it is on disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        step();
        self.0.commit().await?;
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

/// Between two storage calls.
fn step() {
    #[cfg(test)]
    super::fail_points::step();
}

impl OpenFile {
    /// `Err(Missing)`, `Err(Replaced)`: what is open is no longer what lies at the path.
    fn check(&self) -> Result<(), StoreError> {
        if identity(&self.path)? == self.identity {
            return Ok(());
        }
        Err(StoreError::Replaced { path: self.path.clone() })
    }
}

/// Device and inode of the file at `path`. `Err(Missing)`: there is none.
fn identity(path: &Path) -> Result<(u64, u64), StoreError> {
    match std::fs::metadata(path) {
        Ok(file) => Ok((file.dev(), file.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::Missing { path: path.to_owned() })
        }
        Err(source) => Err(StoreError::File { path: path.to_owned(), source }),
    }
}

impl From<sqlx::Error> for StoreError {
    /// Sorts the engine's errors by what a person can do about them.
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        // SQLite's primary result code is the low byte of the extended one.
        match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
            Some(5 | 6) => Self::Busy,
            Some(11 | 26) => Self::Damaged { fault: error.to_string() },
            _ if matches!(error, sqlx::Error::PoolTimedOut) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

pub(super) fn migrations() -> Vec<Migration> {
    let step = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    vec![
        step(1, "init", include_str!("../../migrations/0001_init.sql")),
        step(2, "people", include_str!("../../migrations/0002_people.sql")),
        step(3, "cluster", include_str!("../../migrations/0003_cluster.sql")),
    ]
}

/// Runs what is missing. Inside the caller's transaction: two processes cannot both run it, and a crash
/// on the way leaves the schema as it was.
async fn migrate(tx: &mut Transaction) -> Result<(), StoreError> {
    let found = schema_version(tx).await?;
    Migrator::with_migrations(migrations())
        .run(&mut **tx)
        .await
        .map_err(|error| StoreError::Database(sqlx::Error::Migrate(Box::new(error))))?;
    if found.is_some_and(|found| found < audit_chain::FIRST_SCHEMA) {
        audit_chain::fill(tx).await?;
    }
    Ok(())
}

/// The newest migration that ran. `None`: this is no database of ours.
async fn schema_version(conn: &mut Connection) -> Result<Option<i64>, StoreError> {
    let ours: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'")
            .fetch_optional(&mut *conn)
            .await?;
    match ours {
        None => Ok(None),
        Some(_) => Ok(sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
            .fetch_one(conn)
            .await?),
    }
}

/// An empty file, readable by its owner alone; SQLite gives the WAL the same mode. An empty one that
/// a crash left behind is taken over.
fn create_file(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => sync_directory(path).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(failed(source)),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}
