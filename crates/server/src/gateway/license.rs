//! Step 14: the app's licence of this hour, held or minted now.
//!
//! A mint takes about 60 µs and happens once per app and hour, so it is done at once, on the thread that
//! asks: nobody can make it happen more often, and handing it to another thread costs as much as a
//! held licence's whole answer. While the clock is suspect nothing is minted; then, and when the signer
//! is lost, the licence held last is handed out while it is good.
//!
//! A key in a hardware token signs slowly, and may not sign at all. Then a licence minted ahead is looked
//! for first, and a mint that is needed all the same is told apart ([`Licensed::Later`]), to be made
//! where nobody else waits for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tonegate_issuer::{Keyring, MintError, Minted, hour_of, mint, mint_signed};
use tonegate_protocol::{PublicParameters, Refusal, ReturnCode};
use tonegate_telemetry::TARGET;
use tracing::info_span;

use crate::grant::{self, OWN_APP};
use crate::held::HeldLicense;
use crate::model::Licensee;
use crate::premint::Presigned;
use crate::service::Service;

/// How the app gets its licence.
pub(super) enum Licensed {
    /// Here it is.
    Now(Arc<Minted>),
    /// It is to be minted in a token: [`later`].
    Later(Licensee),
}

impl Licensed {
    /// For an event loop, which waits for no token: who asks again is answered beside it.
    pub(super) fn without_waiting(self) -> Result<Arc<Minted>, Refusal> {
        match self {
            Self::Now(minted) => Ok(minted),
            Self::Later(_) => Err(ReturnCode::Busy.into()),
        }
    }
}

/// The app's licence of this hour, unless that takes a hardware token.
pub(super) fn at_once(service: &Service, app: &Licensee, now: i64) -> Result<Licensed, Refusal> {
    if let Some(minted) = at_hand(service, app, now)? {
        return Ok(Licensed::Now(minted));
    }
    // One look at the keys: between two of them, a key in a token could take over.
    let keyring = service.keyring.load();
    if keyring.is_in_token(hour_of(app.id.0, now)) {
        return Ok(Licensed::Later(app.clone()));
    }
    mint_now(service, &keyring, app, now).map(Licensed::Now)
}

/// Would the request that asks this be answered with a mint in a token, if it is a good one?
pub(super) fn may_block(service: &Service, query: &str, now: i64) -> bool {
    if !service.keys_in_token.load(Ordering::Relaxed) {
        return false;
    }
    let Ok(parameters) = PublicParameters::parse(query) else { return false };
    let directory = service.directory.read();
    let entry = directory.get(parameters.app_id);
    let app = entry.and_then(|entry| entry.app.as_ref());
    app.is_some_and(|app| held(service, app, now).is_none() && takes_token(service, app, now))
}

/// Would the app's licence, which is not held, be minted in a hardware token now?
fn takes_token(service: &Service, app: &Licensee, now: i64) -> bool {
    let keyring = service.keyring.load();
    if !keyring.has_token_keys() || !service.time.may_mint() {
        return false;
    }
    let hour = hour_of(app.id.0, now);
    keyring.is_in_token(hour) && presigned(service, app, hour).is_none()
}

/// The app's licence of this hour, minted beside the event loop. Who comes meanwhile waits for it.
pub(super) async fn later(
    service: &Arc<Service>,
    app: Licensee,
    now: i64,
) -> Result<Arc<Minted>, Refusal> {
    let _turn = service.mints.turn(app.id).await;
    let minter = Arc::clone(service);
    let mint = move || super::guarded(|| of_this_hour(&minter, &app, now));
    let minted = tokio::task::spawn_blocking(mint).await;
    minted.unwrap_or_else(|_| Err(ReturnCode::GatewayInternal.into()))
}

pub(super) fn of_this_hour(
    service: &Service,
    app: &Licensee,
    now: i64,
) -> Result<Arc<Minted>, Refusal> {
    match at_hand(service, app, now)? {
        Some(minted) => Ok(minted),
        None => mint_now(service, &service.keyring.load(), app, now),
    }
}

/// Who was suspended since the database was last heard of is not known; after a while nobody gets a licence.
fn check_directory(service: &Service) -> Result<(), Refusal> {
    const TOO_OLD: &str =
        "the issuer has been without its database for longer than it may serve without one";
    match service.local_copy.contact.is_too_old() {
        true => Err(Refusal::new(ReturnCode::ServiceInternal, TOO_OLD)),
        false => Ok(()),
    }
}

/// What is there without a mint; `None`: one is needed.
fn at_hand(service: &Service, app: &Licensee, now: i64) -> Result<Option<Arc<Minted>>, Refusal> {
    check_directory(service)?;
    if let Some(held) = held(service, app, now) {
        return Ok(Some(held));
    }
    if !service.time.may_mint() {
        return still_good(service, app, now, "the issuer's clock is being checked").map(Some);
    }
    Ok(preminted(service, app, now))
}

fn mint_now(
    service: &Service,
    keyring: &Keyring,
    app: &Licensee,
    now: i64,
) -> Result<Arc<Minted>, Refusal> {
    mint_and_hold(service, keyring, app, now).or_else(|error| {
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

fn mint_and_hold(
    service: &Service,
    keyring: &Keyring,
    app: &Licensee,
    now: i64,
) -> Result<Arc<Minted>, MintError> {
    let _span = info_span!(target: TARGET, "mint_license", app_id = app.id.0).entered();
    let (grant, hour) = (grant::of(app), hour_of(app.id.0, now));
    let minted = mint(&grant, hour, &service.installation.issuer, keyring);
    match &minted {
        Ok(_) => service.signer_is(None),
        Err(MintError::Sign(error)) => service.signer_is(Some(error)),
        Err(_) => {}
    }
    let minted = hold(service, app, minted?);
    if keyring.is_in_token(hour)
        && let Some(signature) = minted.signature()
    {
        let (app_id, revision, serial) = (app.id, app.rev, minted.serial);
        // For a restart without the token.
        service.preminted.keep(Presigned { app_id, revision, hour, serial, signature });
        service.preminted.note(app.id);
    }
    Ok(minted)
}

fn hold(service: &Service, app: &Licensee, minted: Minted) -> Arc<Minted> {
    let minted = Arc::new(minted);
    if app.id != OWN_APP {
        service.metrics.minted.inc();
        service.usage.minted(app.id, app.rev, minted.serial, minted.hour);
    }
    let held = HeldLicense { minted: Arc::clone(&minted), revision: app.rev };
    service.held.hold(app.id, held);
    minted
}

/// The app's licence of this hour, of a signature that was made ahead for it.
fn preminted(service: &Service, app: &Licensee, now: i64) -> Option<Arc<Minted>> {
    let hour = hour_of(app.id.0, now);
    let signature = presigned(service, app, hour)?;
    // What was minted a moment ago is held by now: it comes first.
    if let Some(held) = held(service, app, now) {
        return Some(held);
    }
    let minted = signed(service, app, hour, &signature);
    if minted.is_none() {
        // Or who asks again would be sent to the event loop for it again.
        service.preminted.forget(app.id, hour);
    }
    minted.map(|minted| hold(service, app, minted))
}

fn presigned(service: &Service, app: &Licensee, hour: i64) -> Option<[u8; 64]> {
    let keyring = service.keyring.load();
    let key = keyring.signer_of(hour).filter(|key| key.signer().token_label().is_some())?;
    service.preminted.find(app.id, app.rev, hour, key.chain().serial())
}

fn signed(service: &Service, app: &Licensee, hour: i64, signature: &[u8; 64]) -> Option<Minted> {
    let (grant, issuer) = (grant::of(app), &service.installation.issuer);
    mint_signed(&grant, hour, issuer, &service.keyring.load(), signature).ok()
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
    let held = held.filter(|held| !is_withdrawn(service, held.serial, now));
    match held.or_else(|| newest_preminted(service, app, now)) {
        Some(held) => {
            if app.id != OWN_APP {
                service.metrics.held_beyond_hour.inc();
            }
            Ok(held)
        }
        None => Err(Refusal::new(ReturnCode::ServiceInternal, hint)),
    }
}

/// After a restart without the token nothing is held: the newest of those minted ahead, while it is good.
fn newest_preminted(service: &Service, app: &Licensee, now: i64) -> Option<Arc<Minted>> {
    let keyring = service.keyring.load();
    // Another key may have taken over in the middle of what was minted ahead.
    let is_of_its_hour = |ahead: &Presigned| {
        let signer = keyring.signer_of(ahead.hour);
        signer.is_some_and(|key| key.chain().serial() == ahead.serial)
    };
    let past = service.preminted.past(app.id, app.rev, hour_of(app.id.0, now));
    let minted = past
        .into_iter()
        .filter(|ahead| is_of_its_hour(ahead) && !is_withdrawn(service, ahead.serial, now))
        .find_map(|ahead| signed(service, app, ahead.hour, &ahead.signature));
    // Where the newest has ended, so have those before it.
    minted.filter(|minted| minted.expires_at > now).map(Arc::new)
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
    use crate::model::Environment;

    #[test]
    fn an_event_loop_is_told_to_come_again_where_a_token_would_sign() {
        let licensed = Licensed::Later(grant::own_app(Environment::Production).unwrap());
        assert_eq!(licensed.without_waiting().unwrap_err().code, ReturnCode::Busy);
    }
}
