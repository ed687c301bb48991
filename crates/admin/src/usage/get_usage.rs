//! `GET /usage`: how often there was which return code, over time.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::period::{PeriodQuery, ResolutionWord};
use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::Query;
use crate::problem::Problem;

/// Usage over time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UsageView {
    resolution: ResolutionWord,
    from: i64,
    until: i64,
    /// By return code, in the order of their numbers.
    series: Vec<SeriesView>,
}

/// One return code over time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SeriesView {
    code: u32,
    /// Where a period begins (Unix seconds), and how many answers; periods without any are left out.
    #[schema(value_type = Vec<Vec<i64>>)]
    points: Vec<(i64, u64)>,
}

#[utoipa::path(
    get,
    path = "/usage",
    tag = "usage",
    operation_id = "get_usage",
    params(PeriodQuery),
    responses((status = 200, body = UsageView)),
    extensions(
        ("x-access" = json!("viewer scoped")),
        ("x-problems" = json!(["app_unknown", "confined_to_apps"]))
    )
)]
/// Shows how often the licence API answered what, over time.
pub(crate) async fn get_usage(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Query(query): Query<PeriodQuery>,
) -> Result<Json<UsageView>, Problem> {
    let period = query.for_caller(&by.caller, admin.now())?;
    let series = admin
        .store()
        .usage_series(period.app_id, period.resolution, period.from, period.until)
        .await?;
    let series = series.into_iter().map(|it| SeriesView { code: it.code, points: it.points });
    Ok(Json(UsageView {
        resolution: query.resolution,
        from: period.from,
        until: period.until,
        series: series.collect(),
    }))
}
