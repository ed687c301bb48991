//! Keeps a running server in step with its store: apps, keys, and the last use of secrets.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tonegate_protocol::AppId;

use crate::directory::{Change, Entry, Secret};
use crate::installation::{InstallationError, load_keyring};
use crate::keys;
use crate::limits::{AUTO_ROOT_LEAD_SECS, LAST_USE_FLUSH, STORE_POLL};
use crate::model::Generation;
use crate::service::Service;
use crate::store::{Changes, Revision, SecretUse, StoreError, StoredApp, StoredSecret};

/// Follows the store until the server stops. A store that does not answer is asked again.
pub(crate) async fn follow(service: Arc<Service>) {
    loop {
        tokio::time::sleep(STORE_POLL).await;
        let outcome = catch_up(&service).await;
        let answered = service.store_answers.swap(outcome.is_ok(), Ordering::Relaxed);
        match outcome {
            Err(error) => {
                service.metrics.store_failures.inc();
                if answered {
                    tracing::error!(%error, "the store does not answer; licences go on, changes wait");
                }
            }
            Ok(()) if !answered => tracing::info!("the store answers again"),
            Ok(()) => {}
        }
    }
}

/// Brings the directory and the keyring to the store's newest revision.
pub(crate) async fn catch_up(service: &Service) -> Result<(), StoreError> {
    let seen = Revision(service.directory.revision());
    if service.store.revision().await? == seen {
        return Ok(());
    }
    let changes = service.store.changed_since(seen).await?;
    if changes.keys {
        // Also at the start: a key may have come since the installation was opened.
        reload_keys(service).await?;
    }
    let revision = changes.revision.0;
    let changes = directory_changes(changes);
    tracing::debug!(revision, apps = changes.len(), "the store has changed");
    service.directory.apply(changes, revision);
    Ok(())
}

/// A key that does not fit stops no server that is running: the keys it has go on.
///
/// `Err`: the store did not answer; to be tried again, or the change would be passed over.
async fn reload_keys(service: &Service) -> Result<(), StoreError> {
    let installation = &service.installation;
    match load_keyring(&service.store, &installation.pins, &installation.issuer).await {
        Ok(keyring) => {
            tracing::info!(keys = keyring.keys().len(), "issuing keys loaded");
            service.keyring.store(Arc::new(keyring));
        }
        Err(InstallationError::Store(error)) if !matches!(error, StoreError::Row(_)) => {
            return Err(error);
        }
        Err(error) => tracing::error!(%error, "the new issuing keys cannot be used; the old go on"),
    }
    Ok(())
}

fn directory_changes(changes: Changes) -> Vec<Change> {
    let removed = changes.removed.into_iter().map(|app_id| Change { app_id, entry: None });
    let changed =
        changes.apps.into_iter().map(|app| Change { app_id: app.id, entry: Some(entry(app)) });
    removed.chain(changed).collect()
}

fn entry(stored: StoredApp) -> Entry {
    Entry {
        app_id: stored.id,
        app: stored.app.ok(),
        secrets: stored.secrets.into_iter().filter_map(secret).collect(),
        memory: Arc::default(),
    }
}

/// `None`: its row does not open, which the store has logged.
fn secret(stored: StoredSecret) -> Option<Secret> {
    Some(Secret {
        generation: stored.generation,
        state: stored.state,
        secret: stored.secret?,
        last_used: AtomicI64::new(0),
    })
}

/// Writes to the store when secrets were last used, every few seconds and at the end.
#[derive(Debug, Default)]
pub(crate) struct LastUses {
    written: HashMap<(AppId, Generation), i64>,
}

impl LastUses {
    /// Writes until the server stops.
    pub(crate) async fn keep(mut self, service: Arc<Service>) {
        loop {
            tokio::time::sleep(LAST_USE_FLUSH).await;
            self.flush(&service).await;
        }
    }

    /// Writes what is new. A failure costs nothing but the freshness of a date.
    pub(crate) async fn flush(&mut self, service: &Service) {
        let mut uses = Vec::new();
        for entry in service.directory.entries() {
            for secret in &entry.secrets {
                let at = secret.last_used.load(Ordering::Relaxed);
                let known = self.written.get(&(entry.app_id, secret.generation));
                if at > known.copied().unwrap_or(0) {
                    uses.push(SecretUse { app: entry.app_id, generation: secret.generation, at });
                }
            }
        }
        if uses.is_empty() {
            return;
        }
        match service.store.touch_secrets(&uses).await {
            Ok(()) => self.written.extend(uses.iter().map(|it| ((it.app, it.generation), it.at))),
            Err(error) => tracing::warn!(%error, "the last use of secrets was not written"),
        }
    }
}

/// An installation with its own roots certifies its next key in time, by itself.
pub(crate) async fn renew_keys(service: &Service) {
    let now = service.time.now();
    if !service.installation.auto_root || !service.time.may_mint() {
        return;
    }
    let Some(rotation) = keys::due(&service.keyring.load(), now, AUTO_ROOT_LEAD_SECS) else {
        return;
    };
    match keys::rotate(&service.store, "auto-root", now, rotation).await {
        Ok(key) => {
            tracing::info!(serial = key.serial, sign_from = key.sign_from, "next key certified")
        }
        Err(error) => tracing::error!(%error, "the next issuing key could not be certified"),
    }
}
