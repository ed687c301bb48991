//! Keeps a running server in step with its store: apps, keys, and the last use of secrets.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;
use tonegate_issuer::limits::DAY_SECS;

use crate::clock::Moment;
use crate::directory::{Draft, Secret};
use crate::installation::keyring_of;
use crate::keys::{self, RotateError};
use crate::limits::{
    DATABASE_CLOCK_DIFFERS_SECS, KEYS_END_SOON_SECS, LAST_USE_FLUSH, RENEWAL_CLAIM_SECS,
    SHARED_STORE_POLL, STORE_POLL,
};
use crate::model::Policies;
use crate::service::Service;
use crate::store::{Found, Position, Revision, StoreError};

/// Last uses written in one transaction, so that the CLI never waits long for its turn.
const USES_AT_ONCE: usize = 1_000;

/// Follows the store until the server stops. A store that does not answer is asked again.
pub(crate) async fn follow(service: Arc<Service>) {
    let pause = if service.store.is_shared() { SHARED_STORE_POLL } else { STORE_POLL };
    loop {
        // Whoever changes something says so; the poll is for what got lost.
        let _ = tokio::time::timeout(pause, service.store.changed_elsewhere()).await;
        let outcome = catch_up(&service).await;
        let answered = service.store_answers.swap(outcome.is_ok(), Ordering::Relaxed);
        match outcome {
            Err(error) => {
                service.metrics.store_failures.inc();
                if answered {
                    tracing::error!(%error, "the store does not answer; licences go on, changes wait");
                }
                // What wakes might not stop, and there is nothing to be had.
                tokio::time::sleep(STORE_POLL).await;
            }
            Ok(()) if !answered => tracing::info!("the store answers again"),
            Ok(()) => {}
        }
    }
}

/// What is kept from one look at the store to the next.
#[derive(Debug, Default)]
pub(crate) struct CatchingUp {
    /// Those in use, so that apps that are alike share them.
    pub(crate) policies: Policies,
}

impl CatchingUp {
    /// With what is in use already.
    pub(crate) fn with(policies: Policies) -> Self {
        Self { policies }
    }
}

/// Brings the directory and the keyring to the store's newest revision.
pub(crate) async fn catch_up(service: &Service) -> Result<(), StoreError> {
    let mut catching_up = service.catching_up.lock().await;
    let CatchingUp { policies } = &mut *catching_up;
    let known = service.local_copy.audit_head.load_full().map(|head| *head);
    let asked_at = service.time.moment();
    let store = service.store.position(known).await?;
    check_ours(service, &store)?;
    compare_clocks(service, store.clock);
    let is_copy = service.local_copy.is_in_use.load(Ordering::Relaxed);
    let (seen, newest) = (Revision(service.directory.revision()), store.revision);
    // A backup put back in place, or a standby that lacked the last changes: what it does not know is gone,
    // at whatever revision it is by now.
    let went_back = newest < seen || !store.goes_on;
    if newest == seen && !is_copy && !went_back {
        seen_to_the_end(service, &store, asked_at);
        return Ok(());
    }
    // While only the copy was there, the store may have gone back and on to any revision.
    let is_anew = went_back || is_copy || seen == Revision::START;
    let (since, mut draft) = match is_anew {
        true => (Revision::START, Draft::of_all()),
        false => (seen, Draft::of_changes()),
    };
    let changes =
        service.store.changed_since(since, policies, |found| add(&mut draft, found)).await?;
    if went_back {
        tracing::warn!(seen = seen.0, newest = newest.0, "the store went back; all is read anew");
    }
    if changes.installation && !is_anew {
        tracing::warn!("issuer, environment or pins were changed; restart to take them up");
    }
    if changes.keys {
        // Also at the start: a key may have come since the installation was opened.
        reload_keys(service).await?;
    }
    let revision = changes.revision.0;
    service.directory.apply(draft, revision);
    if went_back || (is_copy && known.is_none()) {
        service.local_copy.is_of_another_past.store(true, Ordering::Relaxed);
        // They are known by their apps' revisions, which mean something else in another past.
        service.held.clear();
        service.preminted.sweep(service.store.kek(), |_, _, _, _| false);
    }
    seen_to_the_end(service, &store, asked_at);
    tracing::debug!(revision, apps = service.directory.len(), "the store has changed");
    if service.local_copy.is_in_use.swap(false, Ordering::Relaxed) {
        tracing::info!(
            revision,
            "the database is back: this server's own copy is no longer in use"
        );
    } else if let Some(ago) = store.raised_ms_ago
        && seen != Revision::START
    {
        let before = Duration::from_millis(u64::try_from(ago).unwrap_or(0));
        let took = service.time.monotonic().saturating_sub(asked_at.monotonic);
        service.metrics.directory_applied.observe((before + took).as_secs_f64());
    }
    Ok(())
}

/// [`catch_up`] at a start that has read everything: a database that has gone away since, and may be away for
/// long, stops no server. On SQLite nothing is away for long.
pub(crate) async fn catch_up_at_start(service: &Service) -> Result<(), StoreError> {
    match catch_up(service).await {
        Err(error) if service.store.is_shared() && error.is_passing() => {
            tracing::error!(%error, "the database went away during the start, which goes on without it");
            service.store_answers.store(false, Ordering::Relaxed);
            Ok(())
        }
        outcome => outcome,
    }
}

/// Notes where the store stood. One that says so, but not what it holds, is no contact: changes would wait
/// for ever.
fn seen_to_the_end(service: &Service, store: &Position, asked_at: Moment) {
    service.local_copy.audit_head.store(store.audit_head.map(Arc::new));
    service.local_copy.contact.made(asked_at);
}

/// `Err(OtherInstallation)`, `Err(WrongKek)`: what answers is not what this server belongs to, perhaps
/// since the address leads elsewhere now. Nothing of it is taken.
fn check_ours(service: &Service, store: &Position) -> Result<(), StoreError> {
    let (id, kek) = (&service.installation.id, service.store.kek().fingerprint());
    let checked = if store.installation_id != *id {
        let (expected, found) = (id.clone(), store.installation_id.clone());
        Err(StoreError::OtherInstallation { expected, found })
    } else if store.kek_fingerprint != kek {
        let (expected, found) = (store.kek_fingerprint.clone(), kek.to_owned());
        Err(StoreError::WrongKek { expected, found })
    } else {
        Ok(())
    };
    let was_foreign = service.store_is_foreign.swap(checked.is_err(), Ordering::Relaxed);
    if let Err(error) = &checked
        && !was_foreign
    {
        tracing::error!(%error, "another database answers in place of this server's own");
    }
    checked
}

/// Two clocks, and no telling which of them is right: a server whose own is off must not remove what all
/// share, nor take over what others have begun.
fn compare_clocks(service: &Service, databases: i64) {
    let ahead = service.time.now().saturating_sub(databases);
    let differs = service.store.is_shared()
        && ahead.unsigned_abs() > DATABASE_CLOCK_DIFFERS_SECS.unsigned_abs();
    if !service.database_clock_differs.swap(differs, Ordering::Relaxed) && differs {
        tracing::error!(
            ahead_secs = ahead,
            "this server's clock and the database's differ by more than an hour: until they agree, this \
             server renews no keys, sends no webhooks and removes nothing that is old; set the clock"
        );
    }
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
    let loaded = match service.store.issuing_keys().await {
        Ok(keys) => keyring_of(&keys, token, &installation.pins, &installation.issuer)
            .map(|keyring| (keyring, keys)),
        Err(error) if !matches!(error, StoreError::Row(_)) => return Err(error),
        Err(error) => Err(error.into()),
    };
    match loaded {
        Ok((keyring, keys)) => {
            tracing::info!(keys = keyring.keys().len(), "issuing keys loaded");
            service.use_keys(Arc::new(keyring));
            service.local_copy.keys.store(Arc::new(keys));
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
    let mut uses = service.directory.take_uses();
    // In one order on all servers: two that write the same rows wait for each other, and no more.
    uses.sort_unstable_by_key(|used| (used.app.0, used.generation));
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

impl KeysEnd {
    /// The same on every server, so that webhooks are told once.
    pub(crate) fn name(self) -> String {
        format!("key.ends_soon {} {}", self.covered_until, self.days)
    }
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
    if !service.installation.auto_root || !service.time.may_mint() || !service.acts_for_all() {
        return;
    }
    if keys::due(&service.keyring.load(), now, KEYS_END_SOON_SECS).is_none() {
        return;
    }
    // Every server comes here at about the same time; one of them does it, and the others see its key.
    match claim(service, "renew_keys", now + RENEWAL_CLAIM_SECS).await {
        Ok(true) => {}
        Ok(false) => return tracing::debug!("another server certifies the next issuing key"),
        Err(error) => return tracing::error!(%error, "the next issuing key could not be certified"),
    }
    // Perhaps one has done so just before.
    let caught_up = catch_up(service).await;
    let due = keys::due(&service.keyring.load(), now, KEYS_END_SOON_SECS);
    let (Ok(()), Some(rotation)) = (caught_up, due) else { return };
    match keys::rotate(&service.store, service.token.as_ref(), "auto-root", now, rotation).await {
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

async fn claim(service: &Service, what: &str, ends_at: i64) -> Result<bool, StoreError> {
    let mut tx = service.store.begin("server", service.time.now()).await?;
    let claimed = tx.claim(what, &service.node.id, ends_at).await?;
    tx.commit().await?;
    Ok(claimed)
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
