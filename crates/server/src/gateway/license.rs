//! Step 14: the app's licence of this hour, held or minted now.
//!
//! A mint takes about 60 µs and happens once per app and hour, so it is done at once, on the thread that
//! asks: nobody can make it happen more often, and handing it to another thread costs as much as a
//! held licence's whole answer. While the clock is suspect nothing is minted; then, and when the signer
//! is lost, the licence held last is handed out while it is good.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tonegate_issuer::{MintError, Minted, hour_of, mint};
use tonegate_protocol::{Refusal, ReturnCode};
use tonegate_telemetry::TARGET;
use tracing::info_span;

use crate::grant::{self, OWN_APP};
use crate::held::HeldLicense;
use crate::model::Licensee;
use crate::service::Service;

/// Who was suspended since is not known, so nobody gets a licence.
const DIRECTORY_TOO_OLD: &str =
    "the issuer has been without its database for longer than it may serve without one";

pub(super) fn of_this_hour(
    service: &Service,
    app: &Licensee,
    now: i64,
) -> Result<Arc<Minted>, Refusal> {
    if service.local_copy.contact.is_too_old() {
        return Err(Refusal::new(ReturnCode::ServiceInternal, DIRECTORY_TOO_OLD));
    }
    if let Some(held) = held(service, app, now) {
        return Ok(held);
    }
    if !service.time.may_mint() {
        return still_good(service, app, now, "the issuer's clock is being checked");
    }
    mint_and_hold(service, app, now).or_else(|error| {
        count(service, app, now, &error);
        failed(service, app, now, &error)
    })
}

fn held(service: &Service, app: &Licensee, now: i64) -> Option<Arc<Minted>> {
    let held = service.held.current(app.id, app.rev, now)?;
    // Of the key whose turn it is: another may have taken over, or come back, in the same hour.
    let keyring = service.keyring.load();
    let serial = keyring.signer_of(held.hour)?.chain().serial();
    (held.serial == serial).then_some(held)
}

fn mint_and_hold(service: &Service, app: &Licensee, now: i64) -> Result<Arc<Minted>, MintError> {
    let _span = info_span!(target: TARGET, "mint_license", app_id = app.id.0).entered();
    let (grant, hour) = (grant::of(app), hour_of(app.id.0, now));
    let minted = mint(&grant, hour, &service.installation.issuer, &service.keyring.load())?;
    let minted = Arc::new(minted);
    if app.id != OWN_APP {
        service.metrics.minted.inc();
        service.usage.minted(app.id, app.rev, minted.serial, minted.hour);
    }
    let held = HeldLicense { minted: Arc::clone(&minted), revision: app.rev };
    service.held.hold(app.id, held);
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
