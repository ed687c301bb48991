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
        let node = json!({ "id": service.node.id, "name": service.node.name });
        if tell(&service, kind, &json!({ "degraded": degraded, "node": node })).await.is_ok() {
            told = degraded;
        }
    }
}

/// Tells something that every server of the installation would tell, once until `until` (Unix seconds)
/// under the name `what`. If the store fails, the log has to do.
pub(crate) async fn tell_once(
    service: &Service,
    what: &str,
    until: i64,
    kind: &str,
    data: &impl Serialize,
) {
    if let Err(error) = claim_and_tell(service, what, until, kind, data).await {
        tracing::warn!(kind, %error, "webhooks were not told");
    }
}

async fn claim_and_tell(
    service: &Service,
    what: &str,
    until: i64,
    kind: &str,
    data: &impl Serialize,
) -> Result<(), StoreError> {
    let mut tx = service.store.begin("server", service.time.now()).await?;
    if tx.claim(what, &service.node.id, until).await? {
        tx.notify(kind, data).await?;
    }
    tx.commit().await.map(drop)
}

async fn tell(service: &Service, kind: &str, data: &impl Serialize) -> Result<(), StoreError> {
    let mut tx = service.store.begin("server", service.time.now()).await?;
    tx.notify(kind, data).await?;
    tx.commit().await.map(drop)
}
