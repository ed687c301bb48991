//! `GET /usage/export`: usage as CSV, for a spreadsheet.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::period::{Period, PeriodQuery};
use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::Query;
use crate::limits::USAGE_ROWS_MAX;
use crate::problem::{Code, Problem};

#[utoipa::path(
    get,
    path = "/usage/export",
    tag = "usage",
    operation_id = "export_usage",
    params(PeriodQuery),
    responses((status = 200, body = String, content_type = "text/csv")),
    extensions(
        ("x-access" = json!("viewer scoped")),
        ("x-problems" = json!(["app_unknown", "confined_to_apps"]))
    )
)]
/// Exports usage as CSV: `at,app_id,code,count`, of one app or of each app there is.
pub(crate) async fn export_usage(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let period = query.for_caller(&by.caller, admin.now())?;
    let csv = rows(&admin, period).await?;
    let head = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    Ok((head, csv).into_response())
}

async fn rows(admin: &Admin, period: Period) -> Result<String, Problem> {
    let mut csv = "at,app_id,code,count\r\n".to_owned();
    let (mut after, mut left) = (None, USAGE_ROWS_MAX);
    loop {
        let page = admin
            .store()
            .usage_rows(period.app_id, period.resolution, period.from..period.until, after, 10_000)
            .await?;
        left = left.checked_sub(page.rows.len()).ok_or_else(too_much)?;
        for row in page.rows {
            // Writing to a String cannot fail.
            let _ = write!(csv, "{},{},{},{}\r\n", row.at, row.app_id, row.code, row.count);
        }
        after = page.next;
        if after.is_none() {
            return Ok(csv);
        }
    }
}

fn too_much() -> Problem {
    let detail = format!(
        "an export has at most {USAGE_ROWS_MAX} rows; name an app, a shorter time, or a coarser resolution"
    );
    Problem::new(Code::InvalidQuery, detail.clone()).at("from", detail)
}
