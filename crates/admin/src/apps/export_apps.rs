//! `GET /apps/export`: apps as a table, or as lines of JSON.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;

use super::search::apps_query;
use super::sheet;
use super::view::AppItem;
use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::Query;
use crate::limits::EXPORT_PAGE_MAX;
use crate::problem::Problem;

apps_query! {
    /// Which apps, and in which form.
    ExportApps {
        /// Apps of the page, 1–1,000; 1,000 when not given.
        #[serde(default, deserialize_with = "crate::extract::number")]
        #[param(minimum = 1, maximum = 1000)]
        pub(crate) limit: Option<u32>,
        #[serde(default)]
        #[param(inline)]
        format: Format,
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Csv,
    Jsonl,
}

#[utoipa::path(
    get,
    path = "/apps/export",
    tag = "apps",
    operation_id = "export_apps",
    params(ExportApps),
    responses((
        status = 200,
        content((String = "text/csv"), (String = "application/jsonl")),
        headers(("Next-Cursor" = String, description = "the `cursor` of the next page, if there is one"))
    )),
    extensions(("x-access" = json!("viewer scoped")))
)]
/// Exports apps without their secrets. The table leaves out apps that cannot be used, and puts an
/// apostrophe before what a spreadsheet would run; lines of JSON are exact.
pub(crate) async fn export_apps(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Query(query): Query<ExportApps>,
) -> Result<Response, Problem> {
    let limit = query.limit.or(Some(EXPORT_PAGE_MAX));
    let found = query.filters().find(&admin, &by.caller, limit, EXPORT_PAGE_MAX).await?;
    let (kind, name, body) = match query.format {
        Format::Csv => {
            let apps = found.apps.iter().filter_map(|found| found.app.as_ref().ok());
            ("text/csv; charset=utf-8", "attachment; filename=\"apps.csv\"", sheet::write(apps))
        }
        Format::Jsonl => {
            let lines = found.apps.iter().map(|found| line(&AppItem::from(found)));
            (
                "application/jsonl",
                "attachment; filename=\"apps.jsonl\"",
                lines.collect::<Vec<_>>().concat(),
            )
        }
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    if let Some(next) = found.next.and_then(|next| HeaderValue::try_from(next).ok()) {
        headers.insert("next-cursor", next);
    }
    Ok(response)
}

fn line(item: &AppItem) -> Vec<u8> {
    let mut line = serde_json::to_vec(item).unwrap_or_default();
    line.push(b'\n');
    line
}
