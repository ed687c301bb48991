//! Usage: how often the licence API answered what to whom, by minutes, hours and days.
//!
//! Invariant: for each period the row of app 0 is the sum of all answers, those to apps that there
//! are and those to nobody: it is made in the transaction that adds to the others. Neither audited
//! nor a change: the revision stays. Reading is `usage_views`' matter.

use std::collections::BTreeMap;

use tonegate_protocol::{AppId, ReturnCode};

use super::nodes::database_secs;
use super::{AnswerRecord, IssuedLicenses, Store, StoreError, db, issued, requests};
use crate::limits::{DAYS_KEPT_SECS, HOURS_KEPT_SECS, MINUTES_KEPT_SECS, PRUNED_AT_ONCE};

/// Rows of one statement. Few: SQLite looks a parameter up by going through those before it.
const ROWS_AT_ONCE: usize = 50;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resolution {
    /// 60 s, kept for 24 h.
    Minute,
    /// 3,600 s, kept for 31 days.
    Hour,
    /// 86,400 s, kept for 400 days.
    Day,
}

impl Resolution {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Seconds.
    #[must_use]
    pub const fn secs(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// How long it is kept, in seconds.
    #[must_use]
    pub const fn kept_secs(self) -> i64 {
        match self {
            Self::Minute => MINUTES_KEPT_SECS,
            Self::Hour => HOURS_KEPT_SECS,
            Self::Day => DAYS_KEPT_SECS,
        }
    }
}

/// Answers to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageCount {
    /// Whose; 0: nobody's.
    pub app_id: AppId,
    /// What was answered.
    pub code: ReturnCode,
    /// When, Unix seconds.
    pub at: i64,
    /// How often.
    pub count: u64,
}

/// What is written in one transaction.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UsageBatch {
    /// Answers, counted.
    pub counts: Vec<UsageCount>,
    /// Single answers, oldest first.
    pub answers: Vec<AnswerRecord>,
    /// Licences, one row a key.
    pub issued: Vec<IssuedLicenses>,
}

impl UsageBatch {
    /// Is there nothing to write?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.answers.is_empty() && self.issued.is_empty()
    }
}

/// Which batch of a server this is: sent again under the same number, it counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchId<'a> {
    /// The server's id.
    pub node: &'a str,
    /// Random; the next batch is sent only when this one is known to be in the store.
    pub number: i64,
}

impl Store {
    /// Adds what a server has answered, in one transaction: counts in all resolutions with their
    /// totals, single answers, licences. Neither audited nor a change.
    pub async fn note_usage(&self, batch: &UsageBatch) -> Result<(), StoreError> {
        self.note(batch, None).await
    }

    /// The same, if it was not done already: an answer to a commit can be lost on its way.
    pub async fn note_usage_once(
        &self,
        id: BatchId<'_>,
        batch: &UsageBatch,
    ) -> Result<(), StoreError> {
        self.note(batch, Some(id)).await
    }

    async fn note(&self, batch: &UsageBatch, id: Option<BatchId<'_>>) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        if let Some(id) = id
            && !is_new(&mut tx, id).await?
        {
            return Ok(());
        }
        let rows: Vec<_> = rows_of(&batch.counts).into_iter().collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            add(&mut tx, rows).await?;
        }
        requests::insert(&mut tx, &batch.answers).await?;
        issued::upsert(&mut tx, &batch.issued).await?;
        tx.commit().await
    }

    /// Deletes what is too old at `now` of the first 1,000 apps above `after` (`None`: from the first,
    /// and totals). The last of them; `None`: there were no more.
    pub async fn prune_usage(
        &self,
        after: Option<AppId>,
        now: i64,
    ) -> Result<Option<AppId>, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let apps = match after {
            None => 0..1,
            Some(app) => i64::from(app.0) + 1..i64::MAX,
        };
        let ids: Vec<i64> = match after {
            None => vec![0],
            Some(_) => {
                db::query_scalar("SELECT id FROM apps WHERE id >= $1 ORDER BY id LIMIT $2")
                    .bind(apps.start)
                    .bind(PRUNED_AT_ONCE)
                    .fetch_all(&mut tx)
                    .await?
            }
        };
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(None) };
        for resolution in Resolution::ALL {
            // App by app: a range of apps would be walked through whatever is young, too.
            db::query(
                "DELETE FROM usage WHERE app_id IN (SELECT id FROM apps \
                 WHERE id >= $1 AND id <= $2 UNION ALL SELECT 0 WHERE $1 = 0) \
                 AND resolution = $3 AND at < $4",
            )
            .bind(first)
            .bind(last)
            .bind(resolution.secs())
            .bind(now - resolution.kept_secs())
            .execute(&mut tx)
            .await?;
        }
        issued::prune(&mut tx, *first..=*last, now).await?;
        tx.commit().await?;
        Ok(u32::try_from(*last).ok().map(AppId))
    }
}

/// Is this not the batch that was taken last? From now on it is.
async fn is_new(tx: &mut db::Connection, id: BatchId<'_>) -> Result<bool, StoreError> {
    // Usage may come before the first heartbeat, which then fills in the rest.
    let sql = concat!(
        "INSERT INTO nodes (id, name, release, started_at, seen_at, revision, usage_batch, state) \
         VALUES ($1, '', '', 0, ",
        database_secs!(),
        ", 0, $2, '{}') ON CONFLICT (id) DO UPDATE SET usage_batch = excluded.usage_batch \
         WHERE nodes.usage_batch <> excluded.usage_batch"
    );
    let taken = db::query(sql).bind(id.node).bind(id.number).execute(tx).await?;
    Ok(taken == 1)
}

/// App, resolution, period, code.
type Key = (i64, i64, i64, i64);

/// One row for each resolution, and those of app 0: no key twice, in the order of the table.
fn rows_of(counts: &[UsageCount]) -> BTreeMap<Key, u64> {
    let mut rows = BTreeMap::new();
    for UsageCount { app_id, code, at, count } in counts {
        for resolution in Resolution::ALL.map(Resolution::secs) {
            let period = at.div_euclid(resolution) * resolution;
            let mut add = |app_id| {
                *rows.entry((app_id, resolution, period, code.number().into())).or_default() +=
                    count;
            };
            add(0);
            if app_id.0 != 0 {
                add(app_id.0.into());
            }
        }
    }
    rows
}

async fn add(tx: &mut db::Connection, rows: &[(Key, u64)]) -> Result<(), StoreError> {
    let mut insert =
        db::QueryBuilder::new("INSERT INTO usage (app_id, resolution, at, code, count) ");
    insert.push_values(rows, |row, ((app_id, resolution, at, code), count)| {
        row.push_bind(app_id).push_bind(resolution).push_bind(at).push_bind(code);
        row.push_bind(count.cast_signed());
    });
    insert.push(
        " ON CONFLICT (app_id, resolution, at, code) DO UPDATE SET count = usage.count + excluded.count",
    );
    insert.build().once().execute(tx).await?;
    Ok(())
}
