//! Keeps a running server in step with its store: apps, keys, and the last use of secrets.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use tonegate_issuer::limits::DAY_SECS;

use crate::directory::{Draft, Secret};
use crate::installation::{InstallationError, load_keyring};
use crate::keys::{self, RotateError};
use crate::limits::{KEYS_END_SOON_SECS, LAST_USE_FLUSH, STORE_POLL};
use crate::service::Service;
use crate::store::{Found, Revision, StoreError};

/// Last uses written in one transaction, so that the CLI never waits long for its turn.
const USES_AT_ONCE: usize = 1_000;

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
    let mut policies = service.catching_up.lock().await;
    let seen = Revision(service.directory.revision());
    let newest = service.store.revision().await?;
    if newest == seen {
        return Ok(());
    }
    // A backup put back in place: what it does not know is gone.
    let went_back = newest < seen;
    let (since, mut draft) = match seen {
        seen if went_back || seen == Revision::START => (Revision::START, Draft::of_all()),
        seen => (seen, Draft::of_changes()),
    };
    let changes =
        service.store.changed_since(since, &mut policies, |found| add(&mut draft, found)).await?;
    if went_back {
        tracing::warn!(seen = seen.0, newest = newest.0, "the store went back; all is read anew");
    }
    if changes.installation && seen != Revision::START {
        tracing::warn!("issuer, environment or pins were changed; restart to take them up");
    }
    if changes.keys {
        // Also at the start: a key may have come since the installation was opened.
        reload_keys(service).await?;
    }
    let revision = changes.revision.0;
    service.directory.apply(draft, revision);
    tracing::debug!(revision, apps = service.directory.len(), "the store has changed");
    Ok(())
}

/// Puts into the draft what was found.
pub(crate) fn add(draft: &mut Draft, found: Found) {
    match found {
        Found::App { id, app } => draft.add(id, app.ok()),
        Found::Secret { app, generation, state, secret } => {
            draft.add_secret(app, Secret::new(generation, state, secret));
        }
        Found::Removed(app) => draft.remove(app),
    }
}

/// A key that does not fit stops no server that is running: the keys it has go on.
///
/// `Err`: the store did not answer; to be tried again, or the change would be passed over.
async fn reload_keys(service: &Service) -> Result<(), StoreError> {
    let (installation, token) = (&service.installation, service.token.as_ref());
    match load_keyring(&service.store, token, &installation.pins, &installation.issuer).await {
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

/// Writes to the store when secrets were last used, every few seconds until the server stops.
pub(crate) async fn keep_last_uses(service: Arc<Service>) {
    loop {
        tokio::time::sleep(LAST_USE_FLUSH).await;
        flush_last_uses(&service).await;
    }
}

/// Writes the uses that the store does not know. A failure costs nothing but the freshness of a date.
pub(crate) async fn flush_last_uses(service: &Service) {
    let uses = service.directory.take_uses();
    for (number, some) in uses.chunks(USES_AT_ONCE).enumerate() {
        if let Err(error) = service.store.touch_secrets(some).await {
            tracing::warn!(%error, "the last use of secrets was not written");
            service.directory.put_back(&uses[number * USES_AT_ONCE..]);
            return;
        }
    }
}

/// Days before the keys at hand end on which the log says so.
const ALARM_DAYS: [i64; 4] = [1, 3, 7, 14];

/// Says once for each of [`ALARM_DAYS`] that the last usable certificate is about to end.
#[derive(Debug, Default)]
pub(crate) struct KeyAlarm {
    rung: Option<i64>,
}

/// What the alarm says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct KeysEnd {
    /// At most so many are left.
    days: i64,
    /// Unix seconds.
    covered_until: i64,
}

impl KeyAlarm {
    /// `Some`: it rings.
    pub(crate) fn look(&mut self, service: &Service) -> Option<KeysEnd> {
        let now = service.time.now();
        let covered_until = service.keyring.load().covered_until(now);
        let days = self.due(covered_until - now)?;
        tracing::error!(days, covered_until, "issuing keys end soon: certify the next one");
        Some(KeysEnd { days, covered_until })
    }

    /// Which of the days has been reached since the last look.
    fn due(&mut self, left: i64) -> Option<i64> {
        let reached = ALARM_DAYS.into_iter().find(|days| left <= days * DAY_SECS);
        let before = std::mem::replace(&mut self.rung, reached);
        reached.filter(|days| before.is_none_or(|before| *days < before))
    }
}

/// An installation with its own roots certifies its next key in time, by itself.
pub(crate) async fn renew_keys(service: &Service) {
    let now = service.time.now();
    if !service.installation.auto_root || !service.time.may_mint() {
        return;
    }
    let Some(rotation) = keys::due(&service.keyring.load(), now, KEYS_END_SOON_SECS) else {
        return;
    };
    let token = service.token.as_ref();
    match keys::rotate(&service.store, token, "auto-root", now, rotation).await {
        Ok(key) => {
            tracing::info!(serial = key.serial, sign_from = key.sign_from, "next key certified")
        }
        // Several servers look at the same hours. Whose key it is does not matter.
        Err(RotateError::Store(StoreError::SerialTaken { serial })) => {
            tracing::info!(serial, "another server has certified the next key");
            // That the store fails is `follow`'s to say.
            let _ = catch_up(service).await;
        }
        Err(error) => tracing::error!(%error, "the next issuing key could not be certified"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_alarm_rings_once_on_each_of_its_days() {
        let mut alarm = KeyAlarm::default();
        let hours = [400, 337, 336, 300, 168, 100, 72, 71, 24, 1, 0, -5];
        let rung: Vec<_> = hours.iter().filter_map(|hours| alarm.due(hours * 3_600)).collect();
        assert_eq!(rung, [14, 7, 3, 1]);
        assert_eq!(alarm.due(40 * DAY_SECS), None);
        assert_eq!(alarm.due(2 * DAY_SECS), Some(3), "again, for the next key");
    }
}
