//! `GET /webhooks/{webhook_id}/deliveries`: what was sent to a webhook, and how that went.

use axum::Json;
use axum::extract::{Path, State};
use tonegate_server::store::Delivery;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::extract::{Cursor, Page, PageQuery, Query};
use crate::problem::{Code, Problem};

#[utoipa::path(
    get,
    path = "/webhooks/{webhook_id}/deliveries",
    tag = "webhooks",
    operation_id = "list_deliveries",
    params(("webhook_id" = String, Path), PageQuery),
    responses((status = 200, body = Page<Delivery>)),
    extensions(("x-access" = json!("viewer whole")), ("x-problems" = json!(["webhook_unknown"])))
)]
/// Lists the messages to a webhook, newest first, kept for 30 days.
pub(crate) async fn list_deliveries(
    State(admin): State<Admin>,
    _: By<Viewer>,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Delivery>>, Problem> {
    let unknown = || Problem::new(Code::WebhookUnknown, format!("there is no webhook {id}"));
    admin.store().webhook(&id).await?.ok_or_else(unknown)?;
    let (limit, before) = (page.limit()?, Cursor::read(page.cursor.as_deref())?);
    let found = admin.store().deliveries(&id, before, limit + 1).await?;
    let page = Page::cut(found, limit, |last| Cursor(last.seq));
    Ok(Json(Page { items: page.items.into_iter().collect(), next: page.next }))
}
