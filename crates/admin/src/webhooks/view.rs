//! Webhooks and deliveries as the API shows them.

use serde::Serialize;
use tonegate_server::store::{Delivery, Webhook};

/// A receiver of messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// `whk_` and 16 hex characters.
    id: String,
    url: String,
    /// Which messages it gets: `app.created`, `app.*` or `*`.
    events: Vec<String>,
    enabled: bool,
    note: String,
    /// The ETag.
    rev: i64,
    created_at: i64,
    updated_at: i64,
}

/// One message to one webhook.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    /// As the receiver sees it in `webhook-id`.
    id: String,
    webhook_id: String,
    /// The event.
    kind: String,
    created_at: i64,
    /// `null`: nothing more is tried.
    next_try_at: Option<i64>,
    tries: i64,
    /// When the receiver took it.
    delivered_at: Option<i64>,
    /// When it was given up.
    gave_up_at: Option<i64>,
    /// The HTTP status of the last try; `null`: there was no answer.
    last_status: Option<i64>,
    last_error: Option<String>,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        let Webhook { id, url, events, enabled, note, rev, created_at, updated_at } = webhook;
        Self { id, url, events, enabled, note, rev, created_at, updated_at }
    }
}

impl WebhookView {
    /// Its version, as ETags count.
    pub(crate) fn etag(&self) -> u32 {
        u32::try_from(self.rev).unwrap_or(u32::MAX)
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            webhook_id: delivery.webhook_id,
            kind: delivery.kind,
            created_at: delivery.created_at,
            next_try_at: delivery.next_try_at,
            tries: delivery.tries,
            delivered_at: delivery.delivered_at,
            gave_up_at: delivery.gave_up_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
        }
    }
}
