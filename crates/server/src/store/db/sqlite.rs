//! SQLite: one file, one writer at a time, readers that wait for nobody.
//!
//! Invariants: a write transaction holds the write lock from its first statement (`BEGIN IMMEDIATE`), so
//! what it reads is what it changes; a commit that returned is on disk (WAL, `synchronous=FULL`).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};

use super::connection::Connection;
use crate::limits::{STORE_READERS, STORE_WAIT};
use crate::store::StoreError;

/// How long a statement waits for another process's lock before it looks at the clock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// The open database of one process.
#[derive(Debug, Clone)]
pub(super) struct SqliteFile {
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

impl SqliteFile {
    /// Makes the file (0600), empty.
    pub(super) async fn create(path: &Path) -> Result<Self, StoreError> {
        create_file(path)?;
        Self::connect(path).await
    }

    /// Opens an existing file. `Err(Missing)`: there is none.
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        identity(path)?;
        Self::connect(path).await
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Waits for other writers, here and in other processes, but not for ever.
    pub(super) async fn begin_write(&self) -> Result<Connection, StoreError> {
        self.file.check()?;
        let begun = async {
            loop {
                match self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from) {
                    Err(StoreError::Busy) => {}
                    begun => return begun.map(Connection::Sqlite),
                }
            }
        };
        tokio::time::timeout(STORE_WAIT, begun).await.unwrap_or(Err(StoreError::Busy))
    }

    /// Never waits for a writer.
    pub(super) async fn begin_read(&self) -> Result<Connection, StoreError> {
        self.file.check()?;
        Ok(Connection::Sqlite(self.readers.begin().await?))
    }

    /// The last process to do so folds the WAL into the file.
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
            .busy_timeout(STORE_WAIT)
            .row_buffer_size(1_024)
            .disable_statement_logging();
        let pool = || SqlitePoolOptions::new().test_before_acquire(false).max_lifetime(None);
        let writer = options.clone().busy_timeout(BUSY_TIMEOUT);
        // A full disk ends a transaction without sqlx knowing; its connection begins no other.
        let sound = pool().before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        });
        let writer = sound.max_connections(1).connect_with(writer).await?;
        let readers = options.pragma("query_only", "ON");
        let readers = pool().max_connections(STORE_READERS).connect_lazy_with(readers);
        let file = Arc::new(OpenFile { identity: identity(&path)?, path });
        Ok(Self { writer, readers, file })
    }
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
