//! Who did what, written in the transaction that did it.
//!
//! Invariant: entries are numbered without gaps in the order of commit, and never hold a secret.

use serde::Serialize;
use sqlx::Row as _;

use super::app_row::{column, json};
use super::{Store, StoreError, Tx};

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Its number, from 1.
    pub seq: i64,
    /// Unix seconds.
    pub at: i64,
    /// Who, as the caller of [`Store::begin`] named them.
    pub actor: String,
    /// What, as `<resource>.<verb>`: `app.create`, `secret.rotate`.
    pub action: String,
    /// To what: `app 12345`.
    pub subject: String,
    /// The facts of that action; a change is `[before, after]`.
    pub detail: serde_json::Value,
}

impl Store {
    /// The newest entries older than `before` (`None`: the newest), newest first, at most `limit`.
    pub async fn audit(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = sqlx::query(
            "SELECT seq, at, actor, action, subject, detail FROM audit \
             WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        rows.iter()
            .map(|row| {
                let seq: i64 = row.try_get("seq")?;
                Ok(AuditEntry {
                    seq,
                    at: row.try_get("at")?,
                    actor: row.try_get("actor")?,
                    action: row.try_get("action")?,
                    subject: row.try_get("subject")?,
                    detail: column(row, "audit", "detail", seq).json()?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Records something that is no change of the store (a key shown, a ceremony held). Operations
    /// record themselves. Does not raise the revision.
    pub async fn audit(
        &mut self,
        action: &str,
        subject: &str,
        detail: &impl Serialize,
    ) -> Result<(), StoreError> {
        let seq: i64 =
            sqlx::query_scalar("UPDATE meta SET last_audit = last_audit + 1 RETURNING last_audit")
                .fetch_one(&mut *self.inner)
                .await?;
        sqlx::query(
            "INSERT INTO audit (seq, at, actor, action, subject, detail) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(seq)
        .bind(self.now)
        .bind(&self.actor)
        .bind(action)
        .bind(subject)
        .bind(json(detail))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use serde_json::json;

    #[tokio::test]
    async fn entries_page_newest_first_and_vanish_with_their_transaction() {
        let house = House::new().await;
        for (step, keep) in [(1, true), (2, false), (3, true)] {
            let mut tx = house.store.begin("owner", NOW + step).await.unwrap();
            tx.audit("test.step", "nothing", &json!({ "step": step })).await.unwrap();
            if keep {
                tx.commit().await.unwrap();
            }
        }
        let newest = house.store.audit(None, 1).await.unwrap();
        assert_eq!((newest[0].at, &newest[0].detail), (NOW + 3, &json!({ "step": 3 })));
        let rest = house.store.audit(Some(newest[0].seq), 10).await.unwrap();
        let actions: Vec<_> = rest.iter().map(|entry| (entry.seq, &*entry.action)).collect();
        assert_eq!(actions, [(2, "test.step"), (1, "installation.create")]);
    }
}
