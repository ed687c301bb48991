//! Usage: how often the licence API answered what to whom, by minutes, hours and days.
//!
//! Invariant: for each period the row of app 0 is the sum of all answers, those to apps that there
//! are and those to nobody: it is made in the transaction that adds to the others. Neither audited
//! nor a change: the revision stays. What is read here is as of the last write.

use std::collections::BTreeMap;

use sqlx::Row as _;
use tonegate_protocol::{AppId, ReturnCode};

use super::app_row::column;
use super::{AnswerRecord, IssuedLicenses, Store, StoreError, db, issued, requests};
use crate::limits::{DAYS_KEPT_SECS, HOURS_KEPT_SECS, MINUTES_KEPT_SECS, PRUNED_AT_ONCE};

/// Rows of one statement: five parameters each, of which engines take some ten thousand.
const ROWS_AT_ONCE: usize = 1_000;
/// Apps looked at for one page of [`Store::usage_rows`]: most may have nothing to show.
const APPS_AT_ONCE: i64 = 2_000;

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

/// How often there was one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSeries {
    /// The return code's number.
    pub code: u32,
    /// Where a period begins (Unix seconds), and how often; none with zero, in order.
    pub points: Vec<(i64, u64)>,
}

/// One app's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppUsage {
    /// Which.
    pub app_id: AppId,
    /// Its name; empty: it has no row any more.
    pub name: String,
    /// All answers.
    pub requests: u64,
    /// Those without a licence.
    pub failures: u64,
    /// Those with one.
    pub licenses: u64,
}

/// What comes first in [`Store::usage_by_app`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageSort {
    /// The most requests.
    Requests,
    /// The most failures.
    Failures,
}

/// A row of usage, as exports show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageRow {
    /// Where the period begins, Unix seconds.
    pub at: i64,
    /// Whose.
    pub app_id: AppId,
    /// The return code's number.
    pub code: u32,
    /// How often.
    pub count: u64,
}

/// Some rows of usage, and where the next begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsagePage {
    /// By app, period and code. Perhaps fewer than asked for, even none, where there is a `next`.
    pub rows: Vec<UsageRow>,
    /// `None`: that was all.
    pub next: Option<UsageCursor>,
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageCursor {
    /// The last app looked at.
    pub app_id: AppId,
    /// The last period and code shown of it; `None`: nothing more of it.
    pub after: Option<(i64, u32)>,
}

/// A walk along the index of days, which sums up nothing but what it sorts by: the rest is looked up for
/// the few that are shown.
macro_rules! busiest {
    ($condition:literal) => {
        concat!(
            "SELECT top.app_id, COALESCE(name, '') AS name, \
             (SELECT SUM(count) FROM usage WHERE usage.app_id = top.app_id \
             AND resolution = 86400 AND at = $1) AS requests, \
             COALESCE((SELECT SUM(count) FROM usage WHERE usage.app_id = top.app_id \
             AND resolution = 86400 AND at = $1 AND code = 0), 0) AS licenses \
             FROM (SELECT app_id, SUM(count) AS weight FROM usage WHERE resolution = 86400 \
             AND at = $1 AND app_id > 0 AND ",
            $condition,
            " GROUP BY app_id ORDER BY weight DESC, app_id LIMIT $2) AS top \
             LEFT JOIN apps ON apps.id = top.app_id ORDER BY weight DESC, top.app_id"
        )
    };
}

impl Store {
    /// Adds what a server has answered, in one transaction: counts in all resolutions with their
    /// totals, single answers, licences. Neither audited nor a change.
    pub async fn note_usage(&self, batch: &UsageBatch) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        let rows: Vec<_> = rows_of(&batch.counts).into_iter().collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            add(&mut tx, rows).await?;
        }
        requests::insert(&mut tx, &batch.answers).await?;
        issued::upsert(&mut tx, &batch.issued).await?;
        Ok(tx.commit().await?)
    }

    /// The answers to an app (`None`: to all, and to nobody) by code, in the periods that begin in
    /// `from..until` (Unix seconds). Codes in the order of their numbers.
    pub async fn usage_series(
        &self,
        app: Option<AppId>,
        resolution: Resolution,
        from: i64,
        until: i64,
    ) -> Result<Vec<UsageSeries>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = sqlx::query(
            "SELECT at, code, count FROM usage \
             WHERE app_id = $1 AND resolution = $2 AND at >= $3 AND at < $4 ORDER BY at, code",
        )
        .bind(app.map_or(0, |app| i64::from(app.0)))
        .bind(resolution.secs())
        .bind(from.div_euclid(resolution.secs()) * resolution.secs())
        .bind(until)
        .fetch_all(&mut *tx)
        .await?;
        let mut codes = BTreeMap::<u32, Vec<(i64, u64)>>::new();
        for row in &rows {
            let at: i64 = row.try_get(0)?;
            codes
                .entry(number(row, "code", at)?)
                .or_default()
                .push((at, number(row, "count", at)?));
        }
        Ok(codes.into_iter().map(|(code, points)| UsageSeries { code, points }).collect())
    }

    /// The `limit` apps with the most requests, or of those with failures the ones with the most, on
    /// the UTC day that holds `day` (Unix seconds).
    pub async fn usage_by_app(
        &self,
        day: i64,
        sort: UsageSort,
        limit: u32,
    ) -> Result<Vec<AppUsage>, StoreError> {
        let sql = match sort {
            UsageSort::Requests => busiest!("code >= 0"),
            UsageSort::Failures => busiest!("code > 0"),
        };
        let mut tx = self.db.begin_read().await?;
        let rows = sqlx::query(sql)
            .bind(day.div_euclid(Resolution::Day.secs()) * Resolution::Day.secs())
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await?;
        rows.iter().map(app_usage).collect()
    }

    /// Usage row by row, for an export: of one app, or (`None`) of all apps there are or were, whose
    /// totals the caller can add up; periods as in [`usage_series`](Self::usage_series). `after`: the
    /// page before's `next`.
    pub async fn usage_rows(
        &self,
        app: Option<AppId>,
        resolution: Resolution,
        periods: std::ops::Range<i64>,
        after: Option<UsageCursor>,
        limit: u32,
    ) -> Result<UsagePage, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let apps = match (app, after) {
            (Some(app), _) => i64::from(app.0)..i64::from(app.0) + 1,
            (None, None) => 1..i64::MAX,
            (None, Some(UsageCursor { app_id, after })) => {
                i64::from(app_id.0) + i64::from(after.is_none())..i64::MAX
            }
        };
        let (at, code) = after.and_then(|it| it.after).unwrap_or((i64::MIN, 0));
        let begun = after.filter(|it| it.after.is_some()).map_or(-1, |it| i64::from(it.app_id.0));
        let rows = sqlx::query(
            "SELECT app_id, at, code, count FROM usage WHERE app_id IN (SELECT id FROM apps \
             WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3) \
             AND resolution = $4 AND at >= $5 AND at < $6 \
             AND (app_id <> $7 OR at > $8 OR (at = $8 AND code > $9)) \
             ORDER BY app_id, at, code LIMIT $10",
        )
        .bind(apps.start)
        .bind(apps.end)
        .bind(APPS_AT_ONCE)
        .bind(resolution.secs())
        .bind(periods.start.div_euclid(resolution.secs()) * resolution.secs())
        .bind(periods.end)
        .bind(begun)
        .bind(at)
        .bind(i64::from(code))
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        let rows = rows.iter().map(usage_row).collect::<Result<Vec<_>, StoreError>>()?;
        let next = match rows.last() {
            Some(last) if rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX) => {
                Some(UsageCursor { app_id: last.app_id, after: Some((last.at, last.code)) })
            }
            _ => last_of(&mut tx, apps).await?.map(|app_id| UsageCursor { app_id, after: None }),
        };
        Ok(UsagePage { rows, next })
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
                sqlx::query_scalar("SELECT id FROM apps WHERE id >= $1 ORDER BY id LIMIT $2")
                    .bind(apps.start)
                    .bind(PRUNED_AT_ONCE)
                    .fetch_all(&mut *tx)
                    .await?
            }
        };
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(None) };
        for resolution in Resolution::ALL {
            // App by app: a range of apps would be walked through whatever is young, too.
            sqlx::query(
                "DELETE FROM usage WHERE app_id IN (SELECT id FROM apps \
                 WHERE id >= $1 AND id <= $2 UNION ALL SELECT 0 WHERE $1 = 0) \
                 AND resolution = $3 AND at < $4",
            )
            .bind(first)
            .bind(last)
            .bind(resolution.secs())
            .bind(now - resolution.kept_secs())
            .execute(&mut *tx)
            .await?;
        }
        issued::prune(&mut tx, *first..=*last, now).await?;
        tx.commit().await?;
        Ok(u32::try_from(*last).ok().map(AppId))
    }
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
    let mut insert = sqlx::QueryBuilder::<db::Engine>::new(
        "INSERT INTO usage (app_id, resolution, at, code, count) ",
    );
    insert.push_values(rows, |mut row, ((app_id, resolution, at, code), count)| {
        row.push_bind(app_id).push_bind(resolution).push_bind(at).push_bind(code);
        row.push_bind(count.cast_signed());
    });
    insert.push(
        " ON CONFLICT (app_id, resolution, at, code) DO UPDATE SET count = usage.count + excluded.count",
    );
    insert.build().persistent(false).execute(tx).await?;
    Ok(())
}

/// The last of the apps that a page has looked at; `None`: there are no more behind it.
async fn last_of(
    tx: &mut db::Connection,
    apps: std::ops::Range<i64>,
) -> Result<Option<AppId>, StoreError> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM apps WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 2 OFFSET $3",
    )
    .bind(apps.start)
    .bind(apps.end)
    .bind(APPS_AT_ONCE - 1)
    .fetch_all(tx)
    .await?;
    Ok(match ids[..] {
        [last, _] => u32::try_from(last).ok().map(AppId),
        _ => None,
    })
}

fn app_usage(row: &db::Row) -> Result<AppUsage, StoreError> {
    let app: i64 = row.try_get("app_id")?;
    let (requests, licenses) = (number(row, "requests", app)?, number(row, "licenses", app)?);
    Ok(AppUsage {
        app_id: AppId(number(row, "app_id", app)?),
        name: row.try_get("name")?,
        requests,
        failures: u64::saturating_sub(requests, licenses),
        licenses,
    })
}

fn usage_row(row: &db::Row) -> Result<UsageRow, StoreError> {
    let at: i64 = row.try_get("at")?;
    let app_id = AppId(number(row, "app_id", at)?);
    Ok(UsageRow { at, app_id, code: number(row, "code", at)?, count: number(row, "count", at)? })
}

fn number<N: TryFrom<i64>>(row: &db::Row, name: &'static str, at: i64) -> Result<N, StoreError> {
    Ok(column(row, "usage", name, at).number()?)
}
