//! Tells somebody of trouble, again and again until it is heard.
//!
//! Invariant: every try of a notice has its id, so that receivers can tell a repeat. Leaves to others:
//! signature and transport (`tonegate_webhook`), what there is to tell (`notice`).

use std::sync::Arc;

use http::Uri;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonegate_webhook::{WebhookSecret, retry_after, send};

use crate::config;
use crate::limits::WEBHOOKS_AT_ONCE;
use crate::notice::Notice;
use crate::secret::{SecretError, read_private};
use crate::service::Service;

/// Where notices go.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    url: Uri,
    secret: WebhookSecret,
}

/// Why there is no webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Its secret cannot be read.
    #[error("webhook.secret_file: {0}")]
    Secret(#[from] SecretError),
    /// It is no secret of Standard Webhooks.
    #[error(
        "webhook.secret_file holds no secret of the form `whsec_` and 24 to 64 bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)"
    )]
    NotASecret,
    /// It is no URL.
    #[error("webhook.url is no URL")]
    NotAUrl,
}

impl Webhook {
    /// Reads the secret.
    pub(crate) fn open(config: &config::Webhook) -> Result<Self, WebhookError> {
        let url = config.url.parse().map_err(|_| WebhookError::NotAUrl)?;
        let text = read_private(&config.secret_file)?;
        let secret = WebhookSecret::parse(text.trim_end());
        Ok(Self { url, secret: secret.map_err(|_| WebhookError::NotASecret)? })
    }
}

/// Delivers what there is to tell, for ever.
pub(crate) async fn deliver_all(service: Arc<Service>) {
    let Some(webhook) = service.webhook.clone() else { return std::future::pending().await };
    let sending = Arc::new(Semaphore::new(WEBHOOKS_AT_ONCE));
    let mut under_way = JoinSet::new();
    loop {
        let (notices, dropped) = service.notices.take().await;
        if dropped > 0 {
            tracing::error!(dropped, "too many webhooks wait: the oldest are lost");
        }
        for notice in notices {
            let sending = Arc::clone(&sending);
            under_way.spawn(deliver(Arc::clone(&service), webhook.clone(), notice, sending));
        }
        while under_way.try_join_next().is_some() {}
    }
}

/// Delivers a notice, or gives it up in the end, or when there is a newer one of its app.
async fn deliver(service: Arc<Service>, webhook: Webhook, notice: Notice, sending: Arc<Semaphore>) {
    let message = notice.message(service.clock.unix_seconds());
    let mut tries = 0;
    loop {
        // Only who sends holds a place, not who waits for the next try. It is never closed.
        let place = sending.acquire().await;
        let now = service.clock.unix_seconds();
        let outcome = send(&service.http, &webhook.url, &webhook.secret, &message, now).await;
        let Some(error) = outcome.error else {
            service.metrics.webhook("delivered");
            return;
        };
        drop(place);
        tries += 1;
        service.metrics.webhook("failed");
        let (id, kind) = (&message.id, &message.kind);
        let Some(wait) = retry_after(tries) else {
            service.metrics.webhook("dropped");
            tracing::error!(id, kind, error, "a webhook was never taken: it is given up");
            return;
        };
        tracing::warn!(id, kind, error, again_in = wait.as_secs(), "a webhook was not taken");
        tokio::time::sleep(wait).await;
        if service.notices.is_superseded(&notice) {
            service.metrics.webhook("superseded");
            return;
        }
    }
}
