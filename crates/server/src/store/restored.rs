//! What a restore does besides putting rows back: it is a change like any other, and says so.
//!
//! Invariants: everything is read anew by every server, since its revision is above all that they have seen; no
//! app's rev is one that it had, so no two licences with one id differ; nobody stays signed in; no
//! message is sent a second time.

use serde_json::json;

use super::audit_chain::{self, AuditHash};
use super::nodes::database_ms;
use super::tables::{TABLES, Table};
use super::{Database, Revision, Store, StoreError, Tx, db, meta};
use crate::seal::Kek;

/// What was restored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restored {
    /// When the backup was made, Unix seconds.
    pub(crate) created_at: i64,
    /// Its newest audit entry.
    pub(crate) audit_seq: i64,
    /// Changes that it undid, as far as is known.
    pub(crate) undone: i64,
    /// The revision from now on.
    pub(crate) revision: Revision,
    /// No app had a higher rev, as far as is known.
    pub(crate) highest_rev: i64,
}

/// The newest schema that this program knows.
pub(crate) fn schema_known() -> i64 {
    db::schema_known()
}

impl Store {
    /// A database at `database` with tables and nothing in them, and the transaction that fills it: until
    /// that commits, nothing is there. `Err(Exists)`: it holds an installation.
    pub(crate) async fn create_empty(
        database: &Database,
        kek: Kek,
        actor: &str,
        now: i64,
    ) -> Result<(Self, Tx), StoreError> {
        let (db, inner) = db::Db::create(database, kek.fingerprint()).await?;
        let store = Self { db, kek: std::sync::Arc::new(kek) };
        let tx = store.tx(inner, actor, now);
        Ok((store, tx))
    }
}

impl Store {
    /// Begins a change of everything, which may take long.
    pub(crate) async fn begin_long(&self, actor: &str, now: i64) -> Result<Tx, StoreError> {
        let mut tx = self.db.begin_long_write().await?;
        db::check_known(&mut tx).await?;
        Ok(self.tx(tx, actor, now))
    }
}

impl Tx {
    /// The newest revision.
    pub(crate) async fn revision(&mut self) -> Result<Revision, StoreError> {
        meta::revision(&mut self.inner).await
    }

    /// The newest audit entry and its hash.
    pub(crate) async fn audit_head(&mut self) -> Result<(i64, Option<AuditHash>), StoreError> {
        audit_chain::head(&mut self.inner).await
    }

    /// Which installation it is; `None`: it is none yet.
    pub(crate) async fn installation_id(&mut self) -> Result<Option<String>, StoreError> {
        db::query_scalar("SELECT installation_id FROM meta").fetch_optional(&mut self.inner).await
    }

    /// The highest rev that any app has, or had that was forgotten.
    pub(crate) async fn highest_rev(&mut self) -> Result<i64, StoreError> {
        let sql =
            "SELECT rev FROM apps UNION ALL SELECT rev_floor FROM meta ORDER BY 1 DESC LIMIT 1";
        let highest: Option<i64> = db::query_scalar(sql).fetch_optional(&mut self.inner).await?;
        Ok(highest.unwrap_or(0))
    }

    /// Makes a change out of the rows that were put back.
    pub(crate) async fn restored(&mut self, restored: &Restored) -> Result<(), StoreError> {
        let revision = restored.revision;
        self.raised = Some(revision);
        let rev = restored.highest_rev.max(self.highest_rev().await?) + 1;
        let sql = concat!(
            "UPDATE meta SET revision = $1, changed_at_revision = $1, rev_floor = $2, raised_at = ",
            database_ms!()
        );
        db::query(sql).bind(revision.0).bind(rev).execute(&mut self.inner).await?;
        db::query("DELETE FROM claims").execute(&mut self.inner).await?;
        db::query("UPDATE apps SET rev = $1, changed_at_revision = $2")
            .bind(rev)
            .bind(revision.0)
            .execute(&mut self.inner)
            .await?;
        for table in ["issuing_keys", "root_keys"] {
            db::query_of(format!("UPDATE {table} SET changed_at_revision = $1"))
                .bind(revision.0)
                .execute(&mut self.inner)
                .await?;
        }
        db::query(
            "UPDATE deliveries SET next_try_at = NULL, gave_up_at = $1, leased_by = NULL, \
             leased_until = NULL, last_error = 'not sent: restored from a backup' \
             WHERE next_try_at IS NOT NULL",
        )
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        self.renumber().await?;
        let detail = json!({
            "backup_created_at": restored.created_at,
            "backup_audit_seq": restored.audit_seq,
            "changes_undone": restored.undone,
        });
        self.audit("installation.restore", "installation", &detail).await
    }

    /// Deletes whatever is in any table.
    pub(crate) async fn clear(&mut self) -> Result<(), StoreError> {
        for table in TABLES.into_iter().rev() {
            self.delete_rows(table).await?;
        }
        Ok(())
    }
}

impl Table {
    /// Is it the one that says that all others are there?
    pub(crate) fn is_last(&self) -> bool {
        self.name == "meta"
    }
}
