//! `GET /api_tokens`: which programs may call this API.

use axum::Json;
use axum::extract::State;

use super::view::ApiTokenView;
use crate::admin::Admin;
use crate::caller::{By, Owner};
use crate::extract::{Cursor, Page, PageQuery, Query};
use crate::problem::Problem;

#[utoipa::path(
    get,
    path = "/api_tokens",
    tag = "api-tokens",
    operation_id = "list_api_tokens",
    params(PageQuery),
    responses((status = 200, body = Page<ApiTokenView>)),
    extensions(("x-access" = json!("owner whole")))
)]
/// Lists API tokens, newest first; revoked ones too.
pub(crate) async fn list_api_tokens(
    State(admin): State<Admin>,
    _: By<Owner>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ApiTokenView>>, Problem> {
    let limit = page.limit()?;
    let before: Option<(i64, String)> = Cursor::read(page.cursor.as_deref())?;
    let tokens = admin.store().api_tokens(before.as_ref(), limit + 1).await?;
    let tokens = Page::cut(tokens, limit, |last| Cursor((last.created_at, last.id.clone())));
    let items = tokens.items.into_iter().map(ApiTokenView::from).collect();
    Ok(Json(Page { items, next: tokens.next }))
}
