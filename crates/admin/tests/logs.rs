//! What is a credential is in no log, however talkative: secrets, and the URLs that they signed.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tonegate_protocol::{AppId, ServerSecret, signed_query};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{House, NOW};

/// Keeps every event and span of its thread, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.0.lock().unwrap(), "{field}={value:?}");
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn neither_secrets_nor_signed_urls_are_logged() {
    let log = Log::default();
    let logging = tracing::subscriber::set_default(log.clone());
    let (house, _hand) = House::manual().await;
    let operator = house.operator();
    let body = json!({ "app_id": 7, "name": "K", "features": [{ "name": "ans" }] });
    let made = operator.post("/apps", body).await.expect(201);
    let secret = made["server_secret"].as_str().unwrap();
    let signing = ServerSecret::new(secret).unwrap();
    let query = signed_query(AppId(7), "thenonce", &signing, NOW);
    let signature = query.rsplit_once('=').unwrap().1.to_owned();
    for _ in 0..2 {
        operator.post("/gateway_call", json!({ "query": query })).await.expect(200);
    }
    operator.post("/requests/check", json!({ "url": query })).await.expect(200);
    operator.post("/licenses/inspect", json!({ "license": secret })).await.expect(200);
    let rotated = operator.post("/apps/7/secrets", json!({})).await.expect(201);
    operator.order("/apps/7/secrets/2/reveal").await.expect(200);
    let csv = operator.with("Content-Type", "text/csv");
    let table = format!("name,secret\nx,{secret}\ny,{}\n", "a".repeat(32));
    csv.send_bytes("POST", "/apps/import", table.as_bytes()).await.expect(200);
    drop(logging);
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("refused"), "the log is that of the server: {logged}");
    for credential in [secret, rotated["server_secret"].as_str().unwrap(), &signature, "thenonce"] {
        assert!(!logged.contains(credential), "{logged}");
    }
}
