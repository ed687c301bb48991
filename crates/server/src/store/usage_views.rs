//! Usage, as charts, tables and exports show it: as of the last write.
//!
//! Invariant: each read looks at a bounded number of rows, whatever there is; where that may not be
//! enough for a page, the page says where the next begins.

use std::collections::BTreeMap;

use tonegate_protocol::AppId;

use super::app_row::column;
use super::{Resolution, Store, StoreError, db};

/// Apps looked at for one page of [`Store::usage_rows`]: most may have nothing to show.
const APPS_AT_ONCE: i64 = 2_000;

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
             (SELECT CAST(SUM(count) AS BIGINT) FROM usage WHERE usage.app_id = top.app_id \
             AND resolution = 86400 AND at = $1) AS requests, \
             COALESCE((SELECT CAST(SUM(count) AS BIGINT) FROM usage WHERE usage.app_id = top.app_id \
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
        let rows = db::query(
            "SELECT at, code, count FROM usage \
             WHERE app_id = $1 AND resolution = $2 AND at >= $3 AND at < $4 ORDER BY at, code",
        )
        .bind(app.map_or(0, |app| i64::from(app.0)))
        .bind(resolution.secs())
        .bind(from.div_euclid(resolution.secs()) * resolution.secs())
        .bind(until)
        .fetch_all(&mut tx)
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
        let rows = db::query(sql)
            .bind(day.div_euclid(Resolution::Day.secs()) * Resolution::Day.secs())
            .bind(i64::from(limit))
            .fetch_all(&mut tx)
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
        let rows = db::query(
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
        .fetch_all(&mut tx)
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
}

/// The last of the apps that a page has looked at; `None`: there are no more behind it.
async fn last_of(
    tx: &mut db::Connection,
    apps: std::ops::Range<i64>,
) -> Result<Option<AppId>, StoreError> {
    let ids: Vec<i64> = db::query_scalar(
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
