//! A receiver of webhooks on loopback.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use tokio::task::JoinHandle;
use tonegate_listener::{Drain, Listener, ListenerConfig, Request, RequestBody, uncached};
use tonegate_server::store::{Delivery, NewWebhook, Webhook};
use tonegate_webhook::WebhookSecret;

use super::{House, eventually};

/// Answers as it is told, and remembers what it was sent.
pub(crate) struct Receiver {
    port: u16,
    status: Arc<AtomicU16>,
    messages: Arc<Mutex<Vec<Received>>>,
    serving: JoinHandle<()>,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Receiver {
    /// Answers with this status; 0: never.
    pub(crate) async fn start(status: u16) -> Self {
        let listener = ListenerConfig::new(([127, 0, 0, 1], 0).into());
        let listener = Listener::bind(listener).await.unwrap();
        let port = listener.local_addr().port();
        let status = Arc::new(AtomicU16::new(status));
        let messages = Arc::<Mutex<Vec<Received>>>::default();
        let (answer, received) = (Arc::clone(&status), Arc::clone(&messages));
        let handle = move |request: Request<RequestBody>, _| {
            let (answer, received) = (Arc::clone(&answer), Arc::clone(&received));
            async move {
                let message = Received::read(request).await;
                received.lock().unwrap().push(message);
                match answer.load(Ordering::Relaxed) {
                    0 => std::future::pending().await,
                    status => uncached(status, "text/plain", String::new()),
                }
            }
        };
        let serving = tokio::spawn(listener.serve(handle, Drain::new()));
        Self { port, status, messages, serving }
    }

    pub(crate) fn set(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// Its URL, with its address written as `host`.
    pub(crate) fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/hook", self.port)
    }

    /// What has come, in order.
    pub(crate) fn messages(&self) -> Vec<Received> {
        self.messages.lock().unwrap().clone()
    }

    /// Waits until so many have come.
    pub(crate) async fn heard(&self, count: usize) -> Vec<Received> {
        let what = format!("{count} messages");
        eventually(&what, async || self.messages().len() >= count).await;
        self.messages()
    }

    /// Has a house's server send it messages.
    pub(crate) async fn listen_to(&self, house: &House, events: &str) -> (Webhook, WebhookSecret) {
        let new = NewWebhook {
            url: self.url("127.0.0.1"),
            events: events.split(' ').map(str::to_owned).collect(),
            note: String::new(),
            enabled: true,
        };
        house.change(async |tx| tx.create_webhook(new).await.unwrap()).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Received {
    async fn read(request: Request<RequestBody>) -> Self {
        let header = |name| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/json");
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let signature = header("webhook-signature");
        let body = request.into_body().read().await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Self { id, timestamp, signature, body }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Its type.
    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Checks it as the standard tells receivers to, without our code.
    pub(crate) fn is_signed_with(&self, secret: &WebhookSecret) -> bool {
        let secret = secret.expose();
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let tag = self.signature.strip_prefix("v1,").unwrap();
        let tag = BASE64.decode(tag.as_bytes()).unwrap();
        let signed = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &tag).is_ok()
    }
}

impl House {
    /// A webhook's deliveries, newest first.
    pub(crate) async fn deliveries(&self, webhook: &Webhook) -> Vec<Delivery> {
        let store = self.store().await;
        let found = store.deliveries(&webhook.id, None, 100).await.unwrap();
        store.close().await;
        found
    }
}
