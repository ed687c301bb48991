//! Step 14: the app's licence of this hour, held or minted now.
//!
//! Minting runs on blocking threads, a few at once. While the clock is suspect nothing is minted; then,
//! when too many wait, and when the signer is lost, the licence held last is handed out while it is
//! good.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tonegate_issuer::{Grant, MintError, Minted, hour_of, mint};
use tonegate_protocol::{AppId, Refusal, ReturnCode};

use crate::grant::{self, OWN_APP};
use crate::held::HeldLicense;
use crate::model::Licensee;
use crate::service::Service;

/// The one that is held.
pub(super) fn held(service: &Service, app: &Licensee, now: i64) -> Option<Arc<Minted>> {
    let hour = hour_of(app.id.0, now);
    let serial = service.keyring.load().signer_of(hour)?.chain().serial();
    service.held.current(app.id, hour, app.rev, serial)
}

/// A new one, where none is held.
pub(super) async fn fresh(service: &Arc<Service>, app: &Licensee) -> Result<Arc<Minted>, Refusal> {
    let now = service.time.now();
    if !service.time.may_mint() {
        return still_good(service, app, now, "the issuer's clock is being checked");
    }
    match minted(service, app).await {
        Ok(minted) => Ok(minted),
        // Not code 1: that never uses a signature, and this one is used already.
        Err(Failure::Busy) => still_good(service, app, now, "too many licences are being made"),
        Err(Failure::Mint(error)) => {
            count(service, app, now, &error);
            failed(service, app, now, &error)
        }
    }
}

/// Why there is no new licence.
enum Failure {
    /// Too many wait already.
    Busy,
    /// It cannot be made.
    Mint(MintError),
}

async fn minted(service: &Arc<Service>, app: &Licensee) -> Result<Arc<Minted>, Failure> {
    let Ok(_waiting) = service.mints_waiting.try_acquire() else { return Err(Failure::Busy) };
    let turn = Arc::clone(&service.mints_at_once).acquire_owned().await;
    let Ok(turn) = turn else { return Err(Failure::Busy) };
    // While this one waited, the hour may have ended, or others may have asked for the same.
    let now = service.time.now();
    if let Some(held) = held(service, app, now) {
        return Ok(held);
    }
    let hour = hour_of(app.id.0, now);
    let (minter, grant) = (Arc::clone(service), grant::of(app));
    // Turn and result belong to the mint: a caller that goes away meanwhile changes neither.
    let minted = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        mint_and_hold(&minter, &grant, hour)
    });
    match minted.await {
        Ok(minted) => minted.map_err(Failure::Mint),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn mint_and_hold(service: &Service, grant: &Grant, hour: i64) -> Result<Arc<Minted>, MintError> {
    let minted = mint(grant, hour, &service.installation.issuer, &service.keyring.load())?;
    let minted = Arc::new(minted);
    if grant.app_id != OWN_APP.0 {
        service.metrics.minted.inc();
    }
    let held = HeldLicense { minted: Arc::clone(&minted), revision: grant.revision };
    service.held.hold(AppId(grant.app_id), held);
    Ok(minted)
}

/// Counts a fault of ours, and logs the first of a minute: a lost signer fails every request. An
/// entitlement that holds nothing any more is no fault.
fn count(service: &Service, app: &Licensee, now: i64, error: &MintError) {
    if matches!(error, MintError::NothingGranted { .. }) {
        return;
    }
    service.metrics.mint_failures.inc();
    let due = |logged: i64| (now.abs_diff(logged) >= 60).then_some(now);
    let logged = &service.mint_failure_logged;
    if logged.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok() {
        tracing::error!(app_id = app.id.0, %error, "no licence minted");
    }
}

/// A fault of the keys, the signer, or of what was granted.
fn failed(
    service: &Service,
    app: &Licensee,
    now: i64,
    error: &MintError,
) -> Result<Arc<Minted>, Refusal> {
    let certificate = |hint: &'static str| Refusal::new(ReturnCode::CertificateInvalid, hint);
    match error {
        MintError::NothingGranted { .. } => {
            Err(certificate("no feature of the app is granted for as long as a licence lasts"))
        }
        MintError::NoKey { .. } => still_good(service, app, now, "")
            .map_err(|_| certificate("the issuer has no usable issuing key")),
        MintError::Sign(_) | MintError::Refused(_) | MintError::Differs => {
            still_good(service, app, now, "the issuer cannot sign now")
        }
    }
}

/// What is held already, perhaps shorter than promised; else 910003.
fn still_good(
    service: &Service,
    app: &Licensee,
    now: i64,
    hint: &'static str,
) -> Result<Arc<Minted>, Refusal> {
    let held = service.held.still_good(app.id, app.rev, now);
    match held.filter(|held| !is_withdrawn(service, held.serial, now)) {
        Some(held) => {
            if app.id != OWN_APP {
                service.metrics.held_beyond_hour.inc();
            }
            Ok(held)
        }
        None => Err(Refusal::new(ReturnCode::ServiceInternal, hint)),
    }
}

/// Was the key with this serial withdrawn since?
fn is_withdrawn(service: &Service, serial: u32, now: i64) -> bool {
    let keyring = service.keyring.load();
    let mut signers = keyring.keys().iter().map(|key| key.chain());
    let signer = signers.find(|chain| chain.serial() == serial);
    signer.is_none_or(|chain| keyring.is_withdrawn(chain, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::data_dir::DataDir;
    use crate::installation::{Installation, NewInstallation, Roots};
    use crate::limits::MINTS_WAITING_MAX;
    use crate::model::Environment;

    const NOW: i64 = 1_763_840_000;

    #[tokio::test]
    async fn when_too_many_wait_the_code_is_not_one_that_spares_the_signature() {
        let home = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data.directory = home.path().join("data");
        let (issuer, environment) = ("test".to_owned(), Environment::Test);
        let new = NewInstallation { issuer, environment, roots: Roots::Auto };
        let data = DataDir::new(&config.data.directory);
        Installation::make(&data, None, new, NOW).await.unwrap();
        let service = Service::open(config, Clock::manual(NOW).0).await.unwrap();
        let all = u32::try_from(MINTS_WAITING_MAX).unwrap();
        let waiting = service.mints_waiting.acquire_many(all).await.unwrap();
        let refused = super::super::self_issue(&service).await.unwrap_err();
        assert_eq!(refused.code, ReturnCode::ServiceInternal);
        drop(waiting);
        super::super::self_issue(&service).await.unwrap();
    }
}
