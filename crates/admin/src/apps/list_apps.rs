//! `GET /apps`: apps, by what they are.

use axum::Json;
use axum::extract::State;

use super::search::apps_query;
use super::view::AppItem;
use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::{Page, Query};
use crate::limits::PAGE_MAX;
use crate::problem::Problem;

apps_query! {
    /// Which apps, and which page of them.
    ListApps {
        /// Items of the page, 1–200; 50 when not given.
        #[serde(default, deserialize_with = "crate::extract::number")]
        #[param(minimum = 1, maximum = 200)]
        pub(crate) limit: Option<u32>,
    }
}

#[utoipa::path(
    get,
    path = "/apps",
    tag = "apps",
    operation_id = "list_apps",
    params(ListApps),
    responses((status = 200, body = Page<AppItem>)),
    extensions(("x-access" = json!("viewer scoped")))
)]
/// Lists apps.
pub(crate) async fn list_apps(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Query(query): Query<ListApps>,
) -> Result<Json<Page<AppItem>>, Problem> {
    let found = query.filters().find(&admin, &by.caller, query.limit, PAGE_MAX).await?;
    let items = found.apps.iter().map(AppItem::from).collect();
    Ok(Json(Page { items, next: found.next }))
}
