//! `GET /usage/apps`: which apps asked most, on one day.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tonegate_server::store::UsageSort;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::extract::{Query, check_query_time, limit, number};
use crate::limits::PAGE_MAX;
use crate::problem::Problem;

/// Which day, and what comes first.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DayQuery {
    /// Any second of the UTC day, Unix; today when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0, maximum = 253402300799_i64)]
    day: Option<i64>,
    /// What comes first; `requests` when not given.
    #[serde(default)]
    #[param(inline)]
    sort: SortWord,
    /// At most so many apps, 1–200; 50 when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SortWord {
    #[default]
    Requests,
    Failures,
}

/// The busiest apps of a day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AppUsages {
    items: Vec<AppUsageView>,
}

/// An app's day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AppUsageView {
    app_id: u32,
    /// Empty: the app is gone.
    name: String,
    requests: u64,
    failures: u64,
    licenses: u64,
}

#[utoipa::path(
    get,
    path = "/usage/apps",
    tag = "usage",
    operation_id = "list_usage_by_app",
    params(DayQuery),
    responses((status = 200, body = AppUsages)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Lists the apps that asked, or failed, most often on a day.
pub(crate) async fn list_usage_by_app(
    State(admin): State<Admin>,
    _: By<Viewer>,
    Query(query): Query<DayQuery>,
) -> Result<Json<AppUsages>, Problem> {
    let sort = match query.sort {
        SortWord::Requests => UsageSort::Requests,
        SortWord::Failures => UsageSort::Failures,
    };
    check_query_time("day", query.day)?;
    let most = limit(query.limit, PAGE_MAX)?;
    let apps = admin.store().usage_by_app(query.day.unwrap_or(admin.now()), sort, most).await?;
    let items = apps.into_iter().map(|app| AppUsageView {
        app_id: app.app_id.0,
        name: app.name,
        requests: app.requests,
        failures: app.failures,
        licenses: app.licenses,
    });
    Ok(Json(AppUsages { items: items.collect() }))
}
