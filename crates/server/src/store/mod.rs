//! The store: apps, secrets, keys, webhooks, meta and audit, in SQLite or PostgreSQL.
//!
//! A [`Store`] reads; a [`Tx`] changes. Invariants: every change is one transaction together with its
//! audit entry; a transaction that changed apps, secrets, keys or meta has raised `revision` by
//! one, so a server that polls [`Store::revision`] misses nothing that others do on the same
//! database; an operation that fails has written nothing, so the transaction may go on. Secrets and seeds
//! are only ever written sealed. Time, actor and the key-encryption key are passed in. Leaves to
//! others: the rules (`model`), the cipher (`seal`), the engine (`db`), what a server keeps in memory.

mod api_tokens;
mod app_row;
mod app_search;
#[cfg(test)]
mod app_search_tests;
mod apps;
mod audit;
mod audit_chain;
mod audit_key;
mod changes;
mod confined;
mod copy;
mod database;
mod db;
mod deliveries;
mod error;
mod facts;
#[cfg(test)]
mod fail_points;
#[cfg(test)]
mod file_tests;
mod idempotency;
mod invitations;
mod issued;
mod keys;
#[cfg(test)]
mod kill_tests;
mod load;
mod meta;
#[cfg(test)]
mod million;
mod nodes;
mod packed;
#[cfg(test)]
mod postgres_tests;
mod proofs;
mod requests;
mod restored;
mod secrets;
mod sessions;
mod tables;
#[cfg(test)]
pub(crate) mod testing;
mod usage;
#[cfg(test)]
mod usage_million;
#[cfg(test)]
mod usage_tests;
mod usage_views;
mod user_row;
mod users;
mod webhooks;

use std::sync::Arc;

use tonegate_telemetry::TARGET;
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::seal::Kek;

pub use api_tokens::{ApiToken, NewApiToken};
pub use app_search::{AppOrder, AppPlace, AppSearch, FoundApp};
pub use audit::{AuditEntry, AuditFilter};
pub use audit_chain::{AuditHash, AuditWalk, ChainEntry};
pub use changes::{Changes, Found};
pub use copy::{Copied, CopyError, copy};
pub use database::{Database, PostgresUrl, PostgresUrlError};
pub use deliveries::{Delivery, DueDelivery};
pub use error::{RowFault, StoreError};
pub use facts::ServerFacts;
pub use idempotency::Asked;
pub use invitations::{Chosen, Invitation};
pub use issued::IssuedLicenses;
pub use keys::{KeyPlace, NewIssuingKey, StoredIssuingKey, StoredRootKey};
pub use load::StoredApp;
pub use meta::{Installation, Meta};
pub use nodes::{AuditHead, Beat, Beaten, Node, NodeState, Position};
pub use requests::{AnswerRecord, RequestFilter, RequestPage, StoredRequest};
pub(crate) use restored::{Restored, schema_known};
pub use secrets::{SecretUse, StoredSecret};
pub use sessions::{Origin, Session};
pub(crate) use tables::{Cell, Cells, Column, Range, Snapshot, TABLES, Table, key_of};
pub use usage::{BatchId, Resolution, UsageBatch, UsageCount};
pub use usage_views::{AppUsage, UsageCursor, UsagePage, UsageRow, UsageSeries, UsageSort};
pub use user_row::Credentials;
pub use users::{NewUser, UserChange};
pub use webhooks::{NewWebhook, Webhook};

/// The database of one installation, open in this process. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    db: db::Db,
    kek: Arc<Kek>,
}

/// A transaction that changes the store. Dropped without [`Tx::commit`], it never was.
pub struct Tx {
    inner: db::Transaction,
    kek: Arc<Kek>,
    actor: String,
    now: i64,
    /// The revision that this transaction raised to; `None` while it has changed nothing.
    raised: Option<Revision>,
    /// For whoever watches; ends with the transaction.
    span: Span,
}

/// Counts the changes of an installation. What was read at one revision is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl Revision {
    /// Before everything: `changed_since(Revision::START)` gives all there is.
    pub const START: Self = Self(0);
}

impl Store {
    /// Makes a database for a new installation: a file (mode 0600), or the tables of an empty PostgreSQL
    /// database.
    ///
    /// `Err(Exists)`, `Err(Taken)`: there is one. `Err(Occupied)`: something else is there. `Err(File)`:
    /// the directory cannot be written. A crash on the way leaves nothing that a second `create` would
    /// not finish.
    pub async fn create(
        database: &Database,
        kek: Kek,
        installation: Installation,
        actor: &str,
        now: i64,
    ) -> Result<Self, StoreError> {
        let installation = installation.checked()?;
        let (db, inner) = db::Db::create(database, kek.fingerprint()).await?;
        let store = Self { db, kek: Arc::new(kek) };
        let mut tx = store.tx(inner, actor, now);
        tx.insert_meta(&installation).await?;
        tx.commit().await?;
        Ok(store)
    }

    /// Opens a database and brings an older schema up to date.
    ///
    /// `Err(Missing)`, `Err(Foreign)`, `Err(Empty)`, `Err(Damaged)`, `Err(SchemaNewer)`: it is not one to
    /// work on. `Err(WrongKek)`: it was sealed with another key. `Err(Unreachable)`: PostgreSQL does not
    /// answer; try again.
    pub async fn open(database: &Database, kek: Kek) -> Result<Self, StoreError> {
        let db = db::Db::open(database, kek.fingerprint()).await?;
        Ok(Self { db, kek: Arc::new(kek) })
    }

    /// A store that was not looked at yet: the first operation that reaches the database does what
    /// [`open`](Self::open) does, and can end in its errors. PostgreSQL only.
    pub fn unopened(database: &Database, kek: Kek) -> Result<Self, StoreError> {
        let db = db::Db::unopened(database, kek.fingerprint()).ok_or(StoreError::NotShared)?;
        Ok(Self { db, kek: Arc::new(kek) })
    }

    /// May other servers use the database at the same time? So it is with PostgreSQL.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.db.is_shared()
    }

    /// Waits until another process says that it has changed something; with SQLite, for ever. May end
    /// without a change, and a change may not be heard of: poll as well.
    pub async fn changed_elsewhere(&self) {
        self.db.changed_elsewhere().await;
    }

    /// Begins a change, as `actor` (who is named in the audit), at `now` (Unix seconds). Waits for
    /// whoever is writing. `Err(Busy)`: others kept the database locked for 5 s.
    pub async fn begin(&self, actor: &str, now: i64) -> Result<Tx, StoreError> {
        Ok(self.tx(self.db.begin_write().await?, actor, now))
    }

    /// The newest revision: one cheap read, meant for polling. Never waits for a writer.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        let mut tx = self.db.begin_read().await?;
        meta::revision(&mut tx).await
    }

    /// Has every page, index and reference of the database checked; seconds for a million apps.
    /// `Err(Damaged)`: the first fault found.
    pub async fn integrity_check(&self) -> Result<(), StoreError> {
        self.db.integrity_check().await
    }

    /// What seals and opens what this store keeps.
    pub(crate) fn kek(&self) -> &Kek {
        &self.kek
    }

    /// Closes every connection and waits for it.
    pub async fn close(self) {
        self.db.close().await;
    }

    fn tx(&self, inner: db::Transaction, actor: &str, now: i64) -> Tx {
        let span = info_span!(target: TARGET, "change_store", committed = false, failed = Empty);
        Tx { inner, kek: self.kek.clone(), actor: actor.to_owned(), now, raised: None, span }
    }
}

impl Tx {
    /// Keeps what was done. When it returns, the change is on disk. The revision it made, if any.
    ///
    /// `Err(CommitUnknown)`: the answer was lost, and it may be there.
    pub async fn commit(self) -> Result<Option<Revision>, StoreError> {
        let committed = match self.raised {
            Some(_) => self.inner.commit_and_tell().await,
            None => self.inner.commit().await,
        };
        self.span.record("committed", committed.is_ok());
        self.span.record("failed", committed.is_err());
        committed?;
        Ok(self.raised)
    }

    /// The revision of this transaction's changes; raises it on the first call.
    async fn raise(&mut self) -> Result<Revision, StoreError> {
        if let Some(revision) = self.raised {
            return Ok(revision);
        }
        let revision = meta::raise(&mut self.inner).await?;
        self.raised = Some(revision);
        Ok(revision)
    }
}
