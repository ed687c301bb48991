//! What the server tells webhooks of itself.
//!
//! Invariant: it is enqueued in the store like every other message; while the store does not answer,
//! nothing is told, and nothing else waits for it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::limits::HEALTH_LOOK;
use crate::service::Service;
use crate::store::StoreError;

/// Tells when the server gets degraded, for another reason too, and when it has recovered. A server
/// that starts degraded tells so.
pub(crate) async fn watch_health(service: Arc<Service>) {
    let mut told = Vec::new();
    loop {
        tokio::time::sleep(HEALTH_LOOK).await;
        let degraded = service.degraded();
        if degraded == told {
            continue;
        }
        let kind = if degraded.is_empty() { "server.recovered" } else { "server.degraded" };
        // Otherwise at the next look, as it is then.
        if tell(&service, kind, &json!({ "degraded": degraded })).await.is_ok() {
            told = degraded;
        }
    }
}

/// Tells something; if the store fails, the log has to do.
pub(crate) async fn tell_once(service: &Service, kind: &str, data: &impl Serialize) {
    if let Err(error) = tell(service, kind, data).await {
        tracing::warn!(kind, %error, "webhooks were not told");
    }
}

async fn tell(service: &Service, kind: &str, data: &impl Serialize) -> Result<(), StoreError> {
    let mut tx = service.store.begin("server", service.time.now()).await?;
    tx.notify(kind, data).await?;
    tx.commit().await.map(drop)
}
