//! `GET /webhooks/{webhook_id}`: one webhook.

use axum::extract::{Path, State};
use tonegate_server::store::Webhook;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::extract::Versioned;
use crate::problem::{Code, Problem};

#[utoipa::path(
    get,
    path = "/webhooks/{webhook_id}",
    tag = "webhooks",
    operation_id = "get_webhook",
    params(("webhook_id" = String, Path)),
    responses((status = 200, body = Webhook, headers(("ETag" = String)))),
    extensions(("x-access" = json!("viewer whole")), ("x-problems" = json!(["webhook_unknown"])))
)]
/// Shows a webhook.
pub(crate) async fn get_webhook(
    State(admin): State<Admin>,
    _: By<Viewer>,
    Path(id): Path<String>,
) -> Result<Versioned<Webhook>, Problem> {
    let unknown = || Problem::new(Code::WebhookUnknown, format!("there is no webhook {id}"));
    Ok(super::versioned(admin.store().webhook(&id).await?.ok_or_else(unknown)?))
}
