//! `PATCH /webhooks/{webhook_id}`: another address, other events, on or off.

use axum::extract::{Path, State};
use serde::Deserialize;
use tonegate_server::store::Webhook;

use super::check_address;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::{Body, IfMatch, Versioned};
use crate::problem::Problem;

/// What is to change.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookPatch {
    #[schema(min_length = 8, max_length = 2048, pattern = "^https?://")]
    url: Option<String>,
    #[schema(min_items = 1, max_items = 32)]
    events: Option<Vec<String>>,
    #[schema(max_length = 1000)]
    note: Option<String>,
    enabled: Option<bool>,
}

#[utoipa::path(
    patch,
    path = "/webhooks/{webhook_id}",
    tag = "webhooks",
    operation_id = "update_webhook",
    params(("webhook_id" = String, Path), ("If-Match" = String, Header)),
    request_body = WebhookPatch,
    responses((status = 200, body = Webhook, headers(("ETag" = String)))),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["webhook_unknown", "address_refused", "invalid_settings"]))
    )
)]
/// Changes a webhook. What waits for one that is switched off is given up.
pub(crate) async fn update_webhook(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    Path(id): Path<String>,
    IfMatch(rev): IfMatch,
    Body(patch): Body<WebhookPatch>,
) -> Result<Versioned<Webhook>, Problem> {
    if let Some(url) = &patch.url {
        check_address(&admin, url).await?;
    }
    let mut tx = admin.begin(&by.caller).await?;
    let webhook = tx
        .update_webhook(&id, rev.map(i64::from), |it| {
            let WebhookPatch { url, events, note, enabled } = patch;
            it.url = url.unwrap_or_else(|| it.url.clone());
            it.events = events.unwrap_or_else(|| it.events.clone());
            it.note = note.unwrap_or_else(|| it.note.clone());
            it.enabled = enabled.unwrap_or(it.enabled);
        })
        .await?;
    admin.commit(tx).await?;
    Ok(super::versioned(webhook))
}
