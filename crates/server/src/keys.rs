//! Root and issuing keys of an installation: making them, certifying the next, rotating.
//!
//! Where an installation keeps its own roots (`auto-root`), it certifies its next issuing key by
//! itself, 14 days before the last one ends; otherwise certificates come from ceremonies.

mod calendar;
mod made;

use data_encoding::BASE64URL_NOPAD;
use tonegate_issuer::limits::{DAY_SECS, HOUR_SECS};
use tonegate_issuer::{
    CertificateError, KeyCertificate, Keyring, SignError, Signer as _, SoftwareKey,
    emergency_sign_from, planned_sign_from,
};
use tonegate_license::{Chain, Pins, PinsError, Reason, Root};
use tonegate_pkcs11::{Token, TokenError};
use zeroize::Zeroizing;

use crate::store::{NewIssuingKey, Store, StoreError};

pub use calendar::{CalendarKey, KeyState, PinnedRoot, calendar, gap_until, role, roots};
pub use made::MadeKey;
pub(crate) use made::signer;

/// Two new root keys, active and standby.
#[derive(Debug)]
pub struct NewRoots([SoftwareKey; 2]);

/// How to rotate.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// When the new key begins to sign.
    pub start: Start,
    /// Withdraw every earlier key?
    pub raise_floor: bool,
    /// Have the standby root certify it, and with that give up the active root for good?
    pub standby: bool,
    /// Make the key in the hardware token?
    pub in_token: bool,
}

/// When a new key begins to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first full hour at least 2 h ahead: every node has it by then.
    Planned,
    /// At once.
    Now,
    /// At this full hour, Unix seconds, at least 2 h ahead.
    At(i64),
}

/// Why keys could not be rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The roots live elsewhere.
    #[error(
        "the root keys are kept offline: certify the next key in a ceremony, see `tonegate key ceremony --help`"
    )]
    NoRoot,
    /// Not a full hour that leaves two hours' notice.
    #[error(
        "a key begins to sign on a full hour at least 2 hours ahead; the earliest is {earliest} (Unix seconds)"
    )]
    TooSoon {
        /// The earliest there is.
        earliest: i64,
    },
    /// The keys in the database do not fit its pins.
    #[error("the stored keys do not fit the pins: {0}")]
    Chain(Reason),
    /// No token is configured.
    #[error("no hardware token is configured: set pkcs11.module, pkcs11.token and pkcs11.pin_file")]
    NoToken,
    /// The token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Every serial is used.
    #[error("no serial is left")]
    SerialsUsedUp,
    /// The pins in the database.
    #[error(transparent)]
    Pins(#[from] PinsError),
    /// A key cannot be made or used.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The verifier refuses the new certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Rotation {
    /// The first key of an installation: at once.
    #[must_use]
    pub const fn first() -> Self {
        Self { start: Start::Now, raise_floor: false, standby: false, in_token: false }
    }
}

/// Two new root keys.
pub fn new_roots() -> Result<NewRoots, SignError> {
    Ok(NewRoots([SoftwareKey::generate()?, SoftwareKey::generate()?]))
}

impl NewRoots {
    /// Their public keys, as apps pin them.
    pub fn pins(&self) -> Result<Pins, RotateError> {
        let [active, standby] = &self.0;
        Ok(Pins::new(&active.public_key(), &standby.public_key())?)
    }

    /// The keys, active first.
    #[must_use]
    pub const fn keys(&self) -> &[SoftwareKey; 2] {
        &self.0
    }

    /// Seals them into the store.
    pub async fn keep(&self, store: &Store, now: i64) -> Result<(), StoreError> {
        let mut tx = store.begin("init", now).await?;
        for key in &self.0 {
            tx.add_root_key(&key.key_id().to_string(), key.seed()).await?;
        }
        tx.commit().await.map(drop)
    }
}

/// A public key as it stands in pins.
#[must_use]
pub fn pin_text(key: &[u8; 32]) -> String {
    BASE64URL_NOPAD.encode(key)
}

/// The public key of a stored seed.
pub fn public_key(seed: &Zeroizing<[u8; 32]>, kid: &str) -> Result<[u8; 32], SignError> {
    let key = SoftwareKey::from_seed(seed.clone())
        .map_err(|error| SignError(format!("key {kid}: {error}")))?;
    Ok(key.public_key())
}

/// What the next key's certificate would say, without making one. The public key in it is nobody's.
pub async fn preview(
    store: &Store,
    now: i64,
    rotation: Rotation,
) -> Result<(KeyCertificate, Vec<Chain>), RotateError> {
    let installation = store.meta().await?.installation;
    let pins: Pins = installation.pins.join(",").parse()?;
    let chains = chains(store, &pins).await?;
    let next = next_certificate(&chains, installation.iss, [0; 32], now, rotation)?;
    Ok((next, chains))
}

/// Makes the next issuing key, has the installation's own root certify it, and keeps it.
pub async fn rotate(
    store: &Store,
    token: Option<&Token>,
    actor: &str,
    now: i64,
    rotation: Rotation,
) -> Result<NewIssuingKey, RotateError> {
    let root = store.root_keys().await?;
    let installation = store.meta().await?.installation;
    let pins: Pins = installation.pins.join(",").parse()?;
    let chains = chains(store, &pins).await?;
    let root = certifying_root(root, &pins, &chains, rotation.standby)?;
    let key = MadeKey::make(token.filter(|_| rotation.in_token), rotation.in_token).await?;
    let kept = async {
        let next = next_certificate(&chains, installation.iss, key.public_key(), now, rotation)?;
        let certificate = next.sign(&root, &pins)?;
        let new = new_issuing_key(&key, &next, certificate);
        let mut tx = store.begin(actor, now).await?;
        tx.add_issuing_key(&new).await?;
        Ok((new, tx))
    };
    let (new, tx) = match kept.await {
        Ok(kept) => kept,
        Err(error) => {
            key.discard().await;
            return Err(error);
        }
    };
    // From here on the key is never destroyed: its certificate may be kept whatever is heard of it.
    tx.commit().await.inspect_err(|error| key.remains(error))?;
    Ok(new)
}

/// What the next key's certificate is to say.
pub fn next_certificate(
    chains: &[Chain],
    issuer: String,
    public_key: [u8; 32],
    now: i64,
    rotation: Rotation,
) -> Result<KeyCertificate, RotateError> {
    let last = chains.iter().map(Chain::serial).max().unwrap_or(0);
    let serial = last.checked_add(1).ok_or(RotateError::SerialsUsedUp)?;
    let floor = chains.iter().map(Chain::floor).max().unwrap_or(1).max(1);
    let earliest = planned_sign_from(now);
    let sign_from = match rotation.start {
        Start::Planned => earliest,
        Start::Now => emergency_sign_from(now),
        Start::At(at) if at >= earliest && at % HOUR_SECS == 0 => at,
        Start::At(_) => return Err(RotateError::TooSoon { earliest }),
    };
    let floor = if rotation.raise_floor { serial } else { floor };
    Ok(KeyCertificate { issuer, public_key, serial, floor, sign_from })
}

/// A certified key, to be kept.
#[must_use]
pub fn new_issuing_key(
    key: &MadeKey,
    certified: &KeyCertificate,
    certificate: String,
) -> NewIssuingKey {
    NewIssuingKey {
        serial: certified.serial,
        kid: key.key_id().to_string(),
        certificate,
        place: key.place(),
        sign_from: certified.sign_from,
        exp: certified.expires_at(),
    }
}

/// When an installation with its own roots should certify its next key, and for when; `None`: later.
#[must_use]
pub fn due(keyring: &Keyring, now: i64, lead: i64) -> Option<Rotation> {
    let covered_until = keyring.covered_until(now);
    if covered_until - now > lead {
        return None;
    }
    let hour = (covered_until - DAY_SECS).div_euclid(HOUR_SECS) * HOUR_SECS;
    let planned = hour.max(planned_sign_from(now));
    // With no key left to sign the coming hours, waiting would only lengthen the gap.
    let start = if covered_until < planned { Start::Now } else { Start::At(planned) };
    // The next key lives where the last one does.
    let last = keyring.keys().last();
    let in_token = last.is_some_and(|key| key.signer().token_label().is_some());
    Some(Rotation { start, raise_floor: false, standby: false, in_token })
}

/// The verified certificates of all issuing keys.
pub async fn chains(store: &Store, pins: &Pins) -> Result<Vec<Chain>, RotateError> {
    let stored = store.issuing_keys().await?;
    let verify = |stored: &crate::store::StoredIssuingKey| {
        Chain::verify(&stored.key.certificate, pins).map_err(RotateError::Chain)
    };
    stored.iter().map(verify).collect()
}

/// The root that certifies now: the active one, until the standby was called on.
fn certifying_root(
    roots: Vec<crate::store::StoredRootKey>,
    pins: &Pins,
    chains: &[Chain],
    standby: bool,
) -> Result<SoftwareKey, RotateError> {
    let superseded = chains.iter().any(|chain| chain.root() == Root::Standby);
    let wanted = pins.key(if standby || superseded { Root::Standby } else { Root::Active });
    for root in roots {
        let key = SoftwareKey::from_seed(root.seed)?;
        if key.public_key() == *wanted {
            return Ok(key);
        }
    }
    Err(RotateError::NoRoot)
}
