//! Single answers of the licence API, for a week: what was refused, why, and to which network.
//!
//! Invariant: rows are numbered in the order in which they came, so a look at them is one walk back
//! along an index; times follow that order, but for what a clock that was set makes of it. Never kept:
//! the query, and more of an address than its network.

use std::borrow::Cow;
use std::net::IpAddr;

use tonegate_protocol::{AppId, ReturnCode};

use super::app_row::column;
use super::{Store, StoreError, db};
use crate::limits::{PRUNED_AT_ONCE, REQUESTS_KEPT_ROWS, REQUESTS_KEPT_SECS};

/// Rows of one statement. Few: SQLite looks a parameter up by going through those before it.
const ROWS_AT_ONCE: usize = 50;
/// Rows looked at for one page, where two conditions hold rarely together.
const LOOKED_AT: i64 = 10_000;
/// How far the order of times may be off that of numbers: what waits for the store is written late.
const SLACK_SECS: i64 = 60;

/// An answer to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRecord {
    /// The number that its RequestId is.
    pub request_id: u64,
    /// Unix seconds.
    pub at: i64,
    /// The app that the request named, whether there is one or not; 0: none.
    pub app_id: AppId,
    /// What was answered.
    pub code: ReturnCode,
    /// A refusal's hint, bounded.
    pub reason: Cow<'static, str>,
    /// Where it came from, without host bits.
    pub network: IpAddr,
    /// How long the answer took, microseconds.
    pub duration_us: u64,
}

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// Its number here.
    pub seq: i64,
    /// The number that its RequestId is.
    pub request_id: u64,
    /// Unix seconds.
    pub at: i64,
    /// The app that the request named, whether there is one or not; 0: none.
    pub app_id: AppId,
    /// The return code's number.
    pub code: u32,
    /// A refusal's hint, bounded.
    pub reason: String,
    /// Where it came from, without host bits: IPv4 /24, IPv6 /48.
    pub network: String,
    /// How long the answer took, microseconds.
    pub duration_us: u64,
}

/// Which answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestFilter<'a> {
    /// Only of these apps.
    pub apps: Option<&'a [AppId]>,
    /// Only with this return code.
    pub code: Option<u32>,
    /// Not before this second, Unix.
    pub from: Option<i64>,
    /// Before this second, Unix.
    pub until: Option<i64>,
}

/// Some answers, and where the next are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPage {
    /// Newest first. Perhaps fewer than asked for, even none, where there is a `next`.
    pub requests: Vec<StoredRequest>,
    /// To be asked for as `before`; `None`: that was all.
    pub next: Option<i64>,
}

macro_rules! columns {
    () => {
        "seq, id, at, app_id, code, reason, network, duration_us"
    };
}

impl Store {
    /// The newest answers that pass `filter`, numbered below `before` (`None`: the newest).
    pub async fn requests(
        &self,
        filter: &RequestFilter<'_>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<RequestPage, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let from = filter.from.map(|from| from.saturating_sub(SLACK_SECS));
        let first = seq_at(&mut tx, from, i64::MIN).await?;
        let until = filter.until.map(|until| until.saturating_add(SLACK_SECS));
        let end = seq_at(&mut tx, until, i64::MAX).await?.min(before.unwrap_or(i64::MAX));
        let walk = Walk { first, end, filter, limit };
        match filter.apps {
            None => walk.page(&mut tx, None).await,
            Some(apps) => {
                let mut pages = Vec::new();
                for app in apps {
                    pages.push(walk.page(&mut tx, Some(*app)).await?);
                }
                Ok(RequestPage::merged(pages, limit))
            }
        }
    }

    /// The answer with this RequestId.
    pub async fn request(&self, request_id: u64) -> Result<Option<StoredRequest>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM requests WHERE id = $1 ORDER BY seq DESC");
        let row = db::query(sql).bind(request_id.cast_signed()).fetch_optional(&mut tx).await?;
        row.as_ref().map(read).transpose()
    }

    /// Deletes some of those too old at `now`, or too many. How many; 0: there are no more of them.
    pub async fn prune_requests(&self, now: i64) -> Result<u64, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let deleted = db::query(
            "DELETE FROM requests WHERE \
             seq IN (SELECT seq FROM requests ORDER BY seq LIMIT $1) \
             AND (at < $2 OR seq <= (SELECT MAX(seq) FROM requests) - $3)",
        )
        .bind(PRUNED_AT_ONCE)
        .bind(now - REQUESTS_KEPT_SECS)
        .bind(REQUESTS_KEPT_ROWS)
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

/// Inserts them in their order, and deletes as many of the oldest as are too many by then, and as many
/// again: so their number stays bounded between two prunings.
pub(super) async fn insert(
    tx: &mut db::Connection,
    answers: &[AnswerRecord],
) -> Result<(), StoreError> {
    for answers in answers.chunks(ROWS_AT_ONCE) {
        let mut insert = db::QueryBuilder::new(
            "INSERT INTO requests (id, at, app_id, code, reason, network, duration_us) ",
        );
        insert.push_values(answers, |row, answer| {
            row.push_bind(answer.request_id.cast_signed()).push_bind(answer.at);
            row.push_bind(i64::from(answer.app_id.0)).push_bind(i64::from(answer.code.number()));
            row.push_bind(answer.reason.as_ref()).push_bind(answer.network.to_string());
            row.push_bind(answer.duration_us.cast_signed());
        });
        insert.build().once().execute(&mut *tx).await?;
        db::query(
            "DELETE FROM requests WHERE seq <= (SELECT MAX(seq) FROM requests) - $1 \
             AND seq < (SELECT MIN(seq) FROM requests) + $2",
        )
        .bind(REQUESTS_KEPT_ROWS)
        .bind(i64::try_from(2 * answers.len()).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The numbers from `first` up to `end`, walked from above.
struct Walk<'f> {
    first: i64,
    end: i64,
    filter: &'f RequestFilter<'f>,
    limit: u32,
}

impl Walk<'_> {
    async fn page(
        &self,
        tx: &mut db::Connection,
        app: Option<AppId>,
    ) -> Result<RequestPage, StoreError> {
        let floor = self.floor(tx, app).await?;
        // A `+` keeps the engine from walking another index than the one it is to walk.
        let sql = match (app, self.filter.code) {
            (Some(_), _) => "app_id = $3 AND +code = COALESCE($4, code)",
            (None, Some(_)) => "$3 IS NULL AND code = $4",
            (None, None) => "$3 IS NULL AND $4 IS NULL",
        };
        let sql = format!(
            concat!(
                "SELECT ",
                columns!(),
                " FROM requests WHERE seq < $1 AND seq >= $2 AND {} AND at >= $5 AND at < $6 \
                 ORDER BY seq DESC LIMIT $7"
            ),
            sql
        );
        let rows = db::query_of(sql)
            .bind(self.end)
            .bind(floor.unwrap_or(self.first))
            .bind(app.map(|app| i64::from(app.0)))
            .bind(self.filter.code.map(i64::from))
            .bind(self.filter.from.unwrap_or(i64::MIN))
            .bind(self.filter.until.unwrap_or(i64::MAX))
            .bind(i64::from(self.limit))
            .fetch_all(tx)
            .await?;
        let requests = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let is_full = requests.len() >= usize::try_from(self.limit).unwrap_or(usize::MAX);
        let last = requests.last().map(|last| last.seq).filter(|_| is_full);
        Ok(RequestPage { next: last.or(floor), requests })
    }

    /// How far down this page looks; `None`: to the end.
    async fn floor(
        &self,
        tx: &mut db::Connection,
        app: Option<AppId>,
    ) -> Result<Option<i64>, StoreError> {
        let (Some(app), Some(_)) = (app, self.filter.code) else { return Ok(None) };
        let sql = "SELECT seq FROM requests WHERE app_id = $1 AND seq < $2 AND seq >= $3 \
                   ORDER BY seq DESC LIMIT 1 OFFSET $4";
        let floor = db::query_scalar(sql)
            .bind(i64::from(app.0))
            .bind(self.end)
            .bind(self.first)
            .bind(LOOKED_AT);
        floor.fetch_optional(tx).await
    }
}

impl RequestPage {
    /// The newest of several pages. What is below the highest `next` may lie between rows not seen yet.
    fn merged(pages: Vec<Self>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let floor = pages.iter().filter_map(|page| page.next).max();
        let all = pages.into_iter().flat_map(|page| page.requests);
        let mut requests: Vec<_> =
            all.filter(|request| floor.is_none_or(|floor| request.seq >= floor)).collect();
        requests.sort_by_key(|request| std::cmp::Reverse(request.seq));
        if requests.len() > limit {
            requests.truncate(limit);
            return Self { next: requests.last().map(|last| last.seq), requests };
        }
        Self { requests, next: floor }
    }
}

/// The first number whose time is not before `at`, or about so: found by halves, since times follow
/// numbers. `None` as time: `default`.
async fn seq_at(tx: &mut db::Connection, at: Option<i64>, default: i64) -> Result<i64, StoreError> {
    let Some(at) = at else { return Ok(default) };
    let ends = db::query("SELECT (SELECT MIN(seq) FROM requests), (SELECT MAX(seq) FROM requests)")
        .fetch_one(&mut *tx)
        .await?;
    let (first, last): (Option<i64>, Option<i64>) = (ends.try_get(0)?, ends.try_get(1)?);
    let (Some(mut low), Some(last)) = (first, last) else { return Ok(default) };
    let mut high = last + 1;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: i64 =
            db::query_scalar("SELECT at FROM requests WHERE seq >= $1 ORDER BY seq LIMIT 1")
                .bind(middle)
                .fetch_one(&mut *tx)
                .await?;
        if found < at { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn read(row: &db::Row) -> Result<StoredRequest, StoreError> {
    let seq: i64 = row.try_get("seq")?;
    Ok(StoredRequest {
        seq,
        request_id: row.try_get::<i64, _>("id")?.cast_unsigned(),
        at: row.try_get("at")?,
        app_id: AppId(column(row, "requests", "app_id", seq).number()?),
        code: column(row, "requests", "code", seq).number()?,
        reason: row.try_get("reason")?,
        network: row.try_get("network")?,
        duration_us: column(row, "requests", "duration_us", seq).number()?,
    })
}
