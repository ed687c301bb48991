//! `GET /webhooks`: every webhook; there are few.

use axum::Json;
use axum::extract::State;
use tonegate_server::store::Webhook;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::extract::Page;
use crate::problem::Problem;

#[utoipa::path(
    get,
    path = "/webhooks",
    tag = "webhooks",
    operation_id = "list_webhooks",
    responses((status = 200, body = Page<Webhook>)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Lists all webhooks, oldest first.
pub(crate) async fn list_webhooks(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<Page<Webhook>>, Problem> {
    let webhooks = admin.store().webhooks().await?;
    let items = webhooks.into_iter().collect();
    Ok(Json(Page { items, next: None }))
}
