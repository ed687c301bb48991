//! Which licences there were, by app, revision and key.
//!
//! Invariant: equal (app, hour, revision, key) give equal bytes, so an hour is counted once, however
//! often its licence was minted: hours only grow, and one that is within those known is known.

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_protocol::AppId;

use super::app_row::column;
use super::{Store, StoreError, db};
use crate::limits::ISSUED_KEPT_SECS;

/// The licences of one app, revision and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedLicenses {
    /// Whose.
    pub app_id: AppId,
    /// Of which revision of the app.
    pub rev: u32,
    /// Serial of the key that signed them.
    pub serial: u32,
    /// The hour of the first, Unix seconds.
    pub first_hour: i64,
    /// The hour of the last, Unix seconds.
    pub last_hour: i64,
    /// How many different ones, at most one an hour.
    pub licenses: u64,
}

impl IssuedLicenses {
    /// Takes in more of the same app, revision and key; hours that are known do not count again.
    pub(crate) fn add(&mut self, new: &Self) {
        let later = (new.last_hour - self.last_hour).max(0) / HOUR_SECS;
        let earlier = (self.first_hour - new.first_hour).max(0) / HOUR_SECS;
        let unknown = u64::try_from(later + earlier).unwrap_or(0);
        self.licenses += new.licenses.min(unknown);
        self.first_hour = self.first_hour.min(new.first_hour);
        self.last_hour = self.last_hour.max(new.last_hour);
    }
}

impl Store {
    /// The licences of an app, newest first.
    pub async fn issued(&self, app: AppId) -> Result<Vec<IssuedLicenses>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        of_app(&mut tx, app).await
    }
}

/// Rows of one statement. Few: SQLite looks a parameter up by going through those before it.
const ROWS_AT_ONCE: usize = 50;

/// Adds to what is known of each key. Two of a batch never have the same key.
pub(super) async fn upsert(
    tx: &mut db::Connection,
    issued: &[IssuedLicenses],
) -> Result<(), StoreError> {
    for issued in issued.chunks(ROWS_AT_ONCE) {
        upsert_some(tx, issued).await?;
    }
    Ok(())
}

async fn upsert_some(tx: &mut db::Connection, issued: &[IssuedLicenses]) -> Result<(), StoreError> {
    let mut insert = db::QueryBuilder::new(
        "INSERT INTO issued (app_id, rev, serial, first_hour, last_hour, licenses) ",
    );
    insert.push_values(issued, |row, new| {
        row.push_bind(i64::from(new.app_id.0)).push_bind(i64::from(new.rev));
        row.push_bind(i64::from(new.serial)).push_bind(new.first_hour).push_bind(new.last_hour);
        row.push_bind(new.licenses.cast_signed());
    });
    // `IssuedLicenses::add`, in SQL: new hours are those after the last and before the first, and as
    // many as were minted at most.
    insert.push(
        " ON CONFLICT (app_id, rev, serial) DO UPDATE SET \
         licenses = issued.licenses + CASE WHEN excluded.licenses < \
         CASE WHEN excluded.last_hour > issued.last_hour \
         THEN (excluded.last_hour - issued.last_hour) / 3600 ELSE 0 END + \
         CASE WHEN excluded.first_hour < issued.first_hour \
         THEN (issued.first_hour - excluded.first_hour) / 3600 ELSE 0 END \
         THEN excluded.licenses ELSE \
         CASE WHEN excluded.last_hour > issued.last_hour \
         THEN (excluded.last_hour - issued.last_hour) / 3600 ELSE 0 END + \
         CASE WHEN excluded.first_hour < issued.first_hour \
         THEN (issued.first_hour - excluded.first_hour) / 3600 ELSE 0 END END, \
         first_hour = CASE WHEN excluded.first_hour < issued.first_hour \
         THEN excluded.first_hour ELSE issued.first_hour END, \
         last_hour = CASE WHEN excluded.last_hour > issued.last_hour \
         THEN excluded.last_hour ELSE issued.last_hour END",
    );
    insert.build().once().execute(tx).await?;
    Ok(())
}

/// Forgets the old ones of the apps numbered so.
pub(super) async fn prune(
    tx: &mut db::Connection,
    apps: std::ops::RangeInclusive<i64>,
    now: i64,
) -> Result<(), StoreError> {
    db::query("DELETE FROM issued WHERE app_id >= $1 AND app_id <= $2 AND last_hour < $3")
        .bind(apps.start())
        .bind(apps.end())
        .bind(now - ISSUED_KEPT_SECS)
        .execute(tx)
        .await?;
    Ok(())
}

async fn of_app(tx: &mut db::Connection, app: AppId) -> Result<Vec<IssuedLicenses>, StoreError> {
    let rows = db::query(
        "SELECT rev, serial, first_hour, last_hour, licenses FROM issued WHERE app_id = $1 \
         ORDER BY last_hour DESC, rev DESC, serial DESC",
    )
    .bind(i64::from(app.0))
    .fetch_all(tx)
    .await?;
    let read = |row: &db::Row| {
        Ok(IssuedLicenses {
            app_id: app,
            rev: column(row, "issued", "rev", app).number()?,
            serial: column(row, "issued", "serial", app).number()?,
            first_hour: row.try_get("first_hour")?,
            last_hour: row.try_get("last_hour")?,
            licenses: column(row, "issued", "licenses", app).number()?,
        })
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::UsageBatch;
    use super::super::testing::{House, NOW};
    use super::*;

    const HOUR: i64 = NOW - NOW % 3_600;

    fn minted(rev: u32, first: i64, last: i64, licenses: u64) -> IssuedLicenses {
        let (first_hour, last_hour) = (HOUR + first * HOUR_SECS, HOUR + last * HOUR_SECS);
        IssuedLicenses { app_id: AppId(7), rev, serial: 3, first_hour, last_hour, licenses }
    }

    #[tokio::test]
    async fn an_hour_counts_once_in_memory_and_in_the_store() {
        let house = House::with_apps([7]).await;
        let mut known = minted(1, 5, 5, 1);
        let batches =
            [(5, 5, 1), (6, 6, 1), (6, 6, 1), (7, 9, 2), (20, 20, 1), (1, 1, 1), (8, 21, 3)];
        let note = async |issued| {
            let batch = UsageBatch { issued: vec![issued], ..UsageBatch::default() };
            house.store.note_usage(&batch).await.unwrap();
        };
        note(known).await;
        for (first, last, licenses) in batches {
            known.add(&minted(1, first, last, licenses));
            note(minted(1, first, last, licenses)).await;
            assert_eq!(house.store.issued(AppId(7)).await.unwrap(), [known]);
        }
        assert_eq!(known, minted(1, 1, 21, 7));
        note(minted(2, 22, 22, 1)).await;
        assert_eq!(house.store.issued(AppId(7)).await.unwrap()[0].rev, 2, "newest first");
        assert_eq!(house.store.issued(AppId(8)).await.unwrap(), []);
    }
}
