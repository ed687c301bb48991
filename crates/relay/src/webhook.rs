//! Tells somebody: a POST signed as Standard Webhooks has it, again and again until it is taken.
//!
//! Invariant: every try of a notice has its id, so that receivers can tell a repeat; the secret is never
//! printed.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Uri};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonegate_client::HttpClient;

use crate::config;
use crate::limits::{WEBHOOK_ANSWER_BYTES_MAX, WEBHOOK_RETRIES, WEBHOOKS_AT_ONCE};
use crate::notice::Notice;
use crate::secret::{SecretError, read_private};
use crate::service::Service;

/// Where notices go.
#[derive(Clone)]
pub(crate) struct Webhook {
    url: Uri,
    key: hmac::Key,
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
        let secret = text.trim_end().strip_prefix("whsec_").ok_or(WebhookError::NotASecret)?;
        let secret = BASE64.decode(secret.as_bytes()).map_err(|_| WebhookError::NotASecret)?;
        if !(24..=64).contains(&secret.len()) {
            return Err(WebhookError::NotASecret);
        }
        Ok(Self { url, key: hmac::Key::new(hmac::HMAC_SHA256, &secret) })
    }

    /// `v1,` and the HMAC-SHA256 of `id.timestamp.body`.
    fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        format!("v1,{}", BASE64.encode(hmac::sign(&self.key, signed.as_bytes()).as_ref()))
    }

    /// One try; `Err`: what went wrong.
    async fn send(
        &self,
        http: &HttpClient,
        id: &str,
        now: i64,
        body: String,
    ) -> Result<(), String> {
        let signature = self.signature(id, now, &body);
        let request = http::Request::post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signature)
            .body(body.into())
            .map_err(|error| error.to_string())?;
        let answer = http.send(request, WEBHOOK_ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match answer.status {
            200..=299 => Ok(()),
            status => Err(format!("the receiver answered with HTTP status {status}")),
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
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
    let id = format!("msg_{}", HEXLOWER.encode(&fastrand::u128(..).to_be_bytes()));
    let said_at = service.clock.unix_seconds();
    let body = notice.body(said_at);
    let mut retries = WEBHOOK_RETRIES.into_iter();
    loop {
        // Only who sends holds a place, not who waits for the next try. It is never closed.
        let place = sending.acquire().await;
        let now = service.clock.unix_seconds();
        let Err(error) = webhook.send(&service.http, &id, now, body.clone()).await else {
            service.metrics.webhook("delivered");
            return;
        };
        drop(place);
        service.metrics.webhook("failed");
        let Some(wait) = retries.next() else {
            service.metrics.webhook("dropped");
            tracing::error!(%id, kind = notice.kind, %error, "a webhook was never taken: it is given up");
            return;
        };
        tracing::warn!(%id, kind = notice.kind, %error, again_in = wait.as_secs(), "a webhook was not taken");
        tokio::time::sleep(wait).await;
        if service.notices.is_superseded(&notice) {
            service.metrics.webhook("superseded");
            return;
        }
    }
}
