//! `GET /users`: who may sign in.

use axum::Json;
use axum::extract::State;

use super::view::UserView;
use crate::admin::Admin;
use crate::caller::{By, Owner};
use crate::extract::{Cursor, Page, PageQuery, Query};
use crate::problem::Problem;

#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    operation_id = "list_users",
    params(PageQuery),
    responses((status = 200, body = Page<UserView>)),
    extensions(("x-access" = json!("owner whole")))
)]
/// Lists users by name.
pub(crate) async fn list_users(
    State(admin): State<Admin>,
    _: By<Owner>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<UserView>>, Problem> {
    let limit = page.limit()?;
    let after: Option<String> = Cursor::read(page.cursor.as_deref())?;
    let users = admin.store().users(after.as_deref(), limit + 1).await?;
    let users = Page::cut(users, limit, |last| Cursor(last.name.clone()));
    let items = users.items.into_iter().map(UserView::new).collect();
    Ok(Json(Page { items, next: users.next }))
}
