//! `GET /requests`: the newest answers of the licence API.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tonegate_protocol::AppId;
use tonegate_server::store::RequestFilter;

use super::view::RequestView;
use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::{Cursor, Page, Query, check_query_time, limit, number};
use crate::limits::PAGE_MAX;
use crate::problem::Problem;

/// Which answers.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestsQuery {
    /// Only of this app; 0: those that named none.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0)]
    app_id: Option<u32>,
    /// Only with this return code.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0)]
    code: Option<u32>,
    /// Not before this second, Unix.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0, maximum = 253402300799_i64)]
    from: Option<i64>,
    /// Before this second, Unix.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0, maximum = 253402300799_i64)]
    until: Option<i64>,
    /// Items of the page, 1–200; 50 when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default)]
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(
    get,
    path = "/requests",
    tag = "requests",
    operation_id = "list_requests",
    params(RequestsQuery),
    responses((status = 200, body = Page<RequestView>)),
    extensions(("x-access" = json!("viewer scoped")), ("x-problems" = json!(["app_unknown"])))
)]
/// Lists the newest answers, kept for 7 days; a page may hold fewer than asked for and still have a next.
pub(crate) async fn list_requests(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Query(query): Query<RequestsQuery>,
) -> Result<Json<Page<RequestView>>, Problem> {
    check_query_time("from", query.from)?;
    check_query_time("until", query.until)?;
    let (one, before) = (query.app_id.map(AppId), Cursor::read(query.cursor.as_deref())?);
    one.map_or(Ok(()), |app_id| by.caller.check_app(app_id))?;
    let apps = one.as_ref().map(std::slice::from_ref).or(by.caller.apps.as_deref());
    let filter = RequestFilter { apps, code: query.code, from: query.from, until: query.until };
    let page = admin.store().requests(&filter, before, limit(query.limit, PAGE_MAX)?).await?;
    let items = page.requests.into_iter().map(RequestView::from).collect();
    Ok(Json(Page { items, next: page.next.map(|seq| Cursor(seq).to_text()) }))
}
