//! Who did what, written in the transaction that did it.
//!
//! Invariants: entries are numbered without gaps in the order of commit, each has a hash that follows
//! from it and the one before (`audit_chain`), and none ever holds a secret.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::app_row::{column, json};
use super::audit_chain::{self, AuditHash, ChainEntry};
use super::{RowFault, Store, StoreError, Tx, db};

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Its number, from 1.
    pub seq: i64,
    /// Unix seconds.
    pub at: i64,
    /// Who, such as `user alice`: whatever the change was begun as.
    pub actor: String,
    /// What, as `<resource>.<verb>`: `app.create`, `secret.rotate`.
    pub action: String,
    /// To what: `app 12345`.
    pub subject: String,
    /// The facts of that action; a change is `[before, after]`.
    pub detail: Value,
    /// Its hash, 64 hex characters, which stands for all entries up to it; `None`: somebody took it away.
    #[schema(value_type = Option<String>)]
    pub hash: Option<AuditHash>,
}

/// Which entries are wanted: those that equal everything given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who.
    pub actor: Option<String>,
    /// What.
    pub action: Option<String>,
    /// To what.
    pub subject: Option<String>,
}

impl Store {
    /// The newest entries older than `before` (`None`: the newest), newest first, at most `limit`.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut query = db::QueryBuilder::new(
            "SELECT seq, at, actor, action, subject, detail, hash FROM audit WHERE seq < ",
        );
        query.push_bind(before.unwrap_or(i64::MAX));
        let AuditFilter { actor, action, subject } = filter;
        for (condition, wanted) in
            [(" AND actor = ", actor), (" AND action = ", action), (" AND subject = ", subject)]
        {
            if let Some(wanted) = wanted {
                query.push(condition).push_bind(wanted);
            }
        }
        query.push(" ORDER BY seq DESC LIMIT ").push_bind(i64::from(limit));
        let mut tx = self.db.begin_read().await?;
        let rows = query.build().fetch_all(&mut tx).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
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
        let meta = db::query(
            "UPDATE meta SET last_audit = last_audit + 1 RETURNING last_audit, installation_id",
        )
        .fetch_one(&mut self.inner)
        .await?;
        let entry = ChainEntry {
            seq: meta.try_get("last_audit")?,
            at: self.now,
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: json(detail),
            hash: None,
        };
        // Where the entry before is gone or has no hash, the log is broken already, and verification says
        // so; changes go on.
        let before = audit_chain::kept_hash(&mut self.inner, entry.seq - 1).await?;
        let start = || Some(AuditHash::start(meta.try_get("installation_id").ok()?));
        let hash = before.or_else(start).map(|before| entry.hash_after(&before));
        self.insert_audit(&ChainEntry { hash, ..entry }).await
    }

    async fn insert_audit(&mut self, entry: &ChainEntry) -> Result<(), StoreError> {
        db::query(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(entry.seq)
        .bind(entry.at)
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.subject)
        .bind(&entry.detail)
        .bind(entry.hash.map(|hash| hash.as_bytes().to_vec()))
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }
}

/// A detail that is no JSON (any more) is shown as the text it is: one edited entry must not hide others.
fn read(row: &db::Row) -> Result<AuditEntry, RowFault> {
    let seq: i64 = column(row, "audit", "seq", "?").get()?;
    let text = |name| column(row, "audit", name, seq).get::<String>();
    let detail = text("detail")?;
    let hash: Option<Vec<u8>> = column(row, "audit", "hash", seq).get()?;
    Ok(AuditEntry {
        seq,
        at: column(row, "audit", "at", seq).get()?,
        actor: text("actor")?,
        action: text("action")?,
        subject: text("subject")?,
        detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
        hash: hash.and_then(|hash| AuditHash::from_bytes(&hash)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{House, NOW};
    use super::*;

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
        let newest = house.store.audit(&AuditFilter::default(), None, 1).await.unwrap();
        assert_eq!((newest[0].at, &newest[0].detail), (NOW + 3, &json!({ "step": 3 })));
        let rest =
            house.store.audit(&AuditFilter::default(), Some(newest[0].seq), 10).await.unwrap();
        let actions: Vec<_> = rest.iter().map(|entry| (entry.seq, &*entry.action)).collect();
        assert_eq!(actions, [(2, "test.step"), (1, "installation.create")]);
    }

    #[tokio::test]
    async fn entries_are_found_by_who_what_and_to_what() {
        let house = House::with_apps([1, 2]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.suspend_app(crate::model::AppId(2)).await.unwrap();
        tx.commit().await.unwrap();
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            (AuditFilter::default(), vec![4, 3, 2, 1]),
            (AuditFilter { actor: some("owner"), ..AuditFilter::default() }, vec![4]),
            (AuditFilter { action: some("app.create"), ..AuditFilter::default() }, vec![3, 2]),
            (AuditFilter { subject: some("app 2"), ..AuditFilter::default() }, vec![4, 3]),
            (AuditFilter { actor: some("init"), action: None, subject: some("app 2") }, vec![3]),
            (AuditFilter { actor: some("Owner"), ..AuditFilter::default() }, vec![]),
        ];
        for (filter, expected) in cases {
            let found = house.store.audit(&filter, None, 9).await.unwrap();
            let found: Vec<_> = found.iter().map(|entry| entry.seq).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
    }

    #[tokio::test]
    async fn an_edited_entry_hides_no_other() {
        let house = House::with_apps([1]).await;
        house.vandalise("UPDATE audit SET detail = 'no json', hash = x'00' WHERE seq = 1").await;
        let entries = house.store.audit(&AuditFilter::default(), None, 9).await.unwrap();
        assert_eq!((&entries[1].detail, entries[1].hash), (&json!("no json"), None));
        assert!(entries[0].hash.is_some());
    }
}
