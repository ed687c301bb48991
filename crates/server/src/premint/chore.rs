//! Mints ahead in the signer's spare time, and looks whether the signer is there.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_issuer::{MintError, hour_of, mint};
use tonegate_protocol::AppId;

use super::plan::{Plan, Wish};
use super::{Presigned, number_of};
use crate::grant::{self, OWN_APP};
use crate::limits::{
    PREMINT_LOOK, PREMINT_LOOK_AGAIN, PREMINT_SEEN_SECS, PREMINT_TICK, SIGNER_PROBE,
};
use crate::model::{AppStatus, Licensee};
use crate::service::Service;

/// Mints licences ahead until the server stops.
pub(crate) async fn mint_ahead(service: Arc<Service>) {
    if service.token.is_none() || service.config.pkcs11.premint_hours == 0 {
        return std::future::pending().await;
    }
    let (seen, plan) = (HashMap::new(), Plan::default());
    let mut ahead = Ahead { service, seen, plan, spare: 0, has_minted: false };
    let mut looked: Option<tokio::time::Instant> = None;
    loop {
        let pause = ahead.pause();
        if looked.is_none_or(|at| at.elapsed() >= pause) {
            looked = Some(tokio::time::Instant::now());
            ahead.look().await;
        }
        tokio::time::sleep(PREMINT_TICK).await;
        ahead.welcome();
        ahead.mint_some().await;
    }
}

struct Ahead {
    service: Arc<Service>,
    /// When apps were last seen, by any server, Unix seconds.
    seen: HashMap<AppId, i64>,
    plan: Plan,
    /// Tenths of a licence that the last tick left.
    spare: u32,
    /// Since the last look.
    has_minted: bool,
}

impl Ahead {
    /// How long after a look the next one comes.
    fn pause(&self) -> Duration {
        match (self.plan.wishes.is_empty(), self.plan.is_cut) {
            (true, true) => Duration::ZERO,
            (true, false) if self.has_minted => PREMINT_LOOK_AGAIN,
            _ => PREMINT_LOOK,
        }
    }

    /// Looks who was seen, forgets what is of no use, and plans anew.
    async fn look(&mut self) {
        self.notice().await;
        self.has_minted = false;
        let (service, seen) = (Arc::clone(&self.service), std::mem::take(&mut self.seen));
        let planned = tokio::task::spawn_blocking(move || {
            let plan = plan(&service, &seen);
            service.metrics.gauges.preminted_hours.set(plan.hours);
            (seen, plan)
        });
        match planned.await {
            Ok((seen, plan)) => (self.seen, self.plan) = (seen, plan),
            Err(_) => tracing::error!("planning licences ahead panicked"),
        }
    }

    /// Which apps were seen: by this server, and as the store knows by the others.
    async fn notice(&mut self) {
        let now = self.service.time.now();
        let since = now - PREMINT_SEEN_SECS;
        if self.seen.is_empty() {
            // Of an earlier run, for when the store does not answer.
            self.seen.extend(self.service.preminted.app_ids().into_iter().map(|id| (id, now)));
        }
        match self.service.store.apps_used_since(since).await {
            Ok(used) => self.seen.extend(used),
            Err(error) => tracing::debug!(%error, "the store does not say which apps were seen"),
        }
        for entry in self.service.directory.read().apps() {
            let used = entry.last_used();
            if used > since {
                self.seen.insert(entry.app_id, used);
            }
        }
        self.seen.retain(|_, at| *at > since);
    }

    /// Apps that came since: their licences are minted ahead without waiting for the next look.
    fn welcome(&mut self) {
        let (service, now) = (&self.service, self.service.time.now());
        let newcomers = service.preminted.take_newcomers();
        if newcomers.is_empty() {
            return;
        }
        self.seen.extend(newcomers.iter().map(|id| (*id, now)));
        let apps: Vec<_> = newcomers.iter().filter_map(|id| licensee(service, *id)).collect();
        let hours = service.config.pkcs11.premint_hours;
        let plan = Plan::of(apps.iter(), &service.keyring.load(), &service.preminted, now, hours);
        self.plan.wishes.extend(plan.wishes);
    }

    /// As many as the rate allows, and none while a request waits for the signer.
    async fn mint_some(&mut self) {
        let service = &self.service;
        let is_lost = service.signer_lost.load(Ordering::Relaxed);
        if self.plan.wishes.is_empty() || is_lost || !service.time.may_mint() {
            return;
        }
        let rate = service.config.pkcs11.premint_per_second;
        let tenths = self.spare.saturating_add(rate);
        self.spare = tenths % 10;
        let wishes = &mut self.plan.wishes;
        let count = usize::try_from(tenths / 10).unwrap_or(usize::MAX).min(wishes.len());
        let some: VecDeque<_> = wishes.drain(..count).collect();
        self.has_minted = true;
        let worker = Arc::clone(service);
        let minted = tokio::task::spawn_blocking(move || mint_each(&worker, some)).await;
        match minted {
            Ok(left) => left.into_iter().rev().for_each(|wish| wishes.push_front(wish)),
            Err(_) => tracing::error!("minting ahead panicked"),
        }
    }
}

/// Mints these, but for those that come back: for later.
fn mint_each(service: &Service, mut wishes: VecDeque<Wish>) -> VecDeque<Wish> {
    while !service.mints.is_wanted()
        && let Some(wish) = wishes.pop_front()
    {
        if let Err(MintError::Sign(error)) = premint(service, wish) {
            service.signer_is(Some(&error));
            wishes.push_front(wish);
            break;
        }
    }
    if let Err(error) = service.preminted.flush(service.store.kek()) {
        tracing::warn!(%error, "licences minted ahead are in memory alone");
    }
    wishes
}

fn premint(service: &Service, Wish { app_id, hour }: Wish) -> Result<(), MintError> {
    let Some(app) = licensee(service, app_id) else { return Ok(()) };
    let keyring = service.keyring.load();
    let minted = mint(&grant::of(&app), hour, &service.installation.issuer, &keyring)?;
    service.signer_is(None);
    if let Some(signature) = minted.signature() {
        let (revision, serial) = (app.rev, minted.serial);
        service.preminted.keep(Presigned { app_id, revision, hour, serial, signature });
    }
    Ok(())
}

/// The app as licences are made of it; `None`: it gets none.
fn licensee(service: &Service, app_id: AppId) -> Option<Licensee> {
    if app_id == OWN_APP {
        return grant::own_app(service.installation.environment).ok();
    }
    let entry = service.directory.get(app_id)?;
    let policy = |app: &&Licensee| {
        app.policy.environment == service.installation.environment
            && app.policy.status == AppStatus::Active
            && app.policy.service_enabled
    };
    entry.app.as_ref().filter(policy).cloned()
}

fn plan(service: &Service, seen: &HashMap<AppId, i64>) -> Plan {
    let (now, keyring) = (service.time.now(), service.keyring.load());
    if !service.signer_lost.load(Ordering::Relaxed) {
        sweep(service, now);
    }
    // The server itself first: readiness hangs on it.
    let mut ids: Vec<_> = seen.keys().copied().filter(|id| *id != OWN_APP).collect();
    ids.sort_unstable_by_key(|AppId(id)| *id);
    let apps = std::iter::once(OWN_APP).chain(ids).filter_map(|id| licensee(service, id));
    let apps: Vec<_> = apps.collect();
    let hours = service.config.pkcs11.premint_hours;
    Plan::of(apps.iter(), &keyring, &service.preminted, now, hours)
}

/// Forgets hours that are over, apps that were changed, and keys that are withdrawn or were overtaken.
fn sweep(service: &Service, now: i64) {
    let (directory, keyring) = (service.directory.read(), service.keyring.load());
    let over = number_of(now).map_or(0, i64::from) - 1;
    service.preminted.sweep(service.store.kek(), |app_id, revision, number, serial| {
        let is_now = app_id == OWN_APP
            || directory
                .get(app_id)
                .and_then(|entry| entry.app.as_ref())
                .is_some_and(|app| app.rev == revision);
        let hour = hour_of(app_id.0, number * HOUR_SECS + HOUR_SECS - 1);
        let signer = keyring.signer_of(hour).map(|key| key.chain().serial());
        number >= over && is_now && signer == Some(serial)
    });
}

/// Tries the signer now and then, so that its loss is seen before an app misses it.
pub(crate) async fn probe_signer(service: Arc<Service>) {
    loop {
        let prober = Arc::clone(&service);
        let probed = tokio::task::spawn_blocking(move || {
            let keyring = prober.keyring.load();
            let key = keyring.signer_of(prober.time.now());
            if let Some(key) = key.filter(|key| key.signer().token_label().is_some()) {
                prober.signer_is(key.signer().probe().err().as_ref());
            }
        });
        if probed.await.is_err() {
            tracing::error!("the signer's probe panicked");
        }
        tokio::time::sleep(SIGNER_PROBE).await;
    }
}
