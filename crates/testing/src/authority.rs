//! A licence authority of a test's own: roots, issuing keys, pins, and licences that verify.
//!
//! Invariant: what [`mint`](Authority::mint) gives, the shipped verifier accepts under
//! [`pins`](Authority::pins), at any time: each 28 days have an issuing key of their own, made when
//! first needed. Licences that it must not accept are `forgery.rs`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use tonegate_issuer::{
    Grant, GrantedFeature, IssuingKey, KeyCertificate, Keyring, Signer as _, SoftwareKey, hour_of,
    mint,
};
use tonegate_license::{Environment, Pins, Root};

use crate::limits::KEY_SECS;

/// Roots of its own, and whatever issuing keys are needed. Two of the same name trust each other
/// no more than strangers.
pub struct Authority {
    issuer: String,
    root: SoftwareKey,
    pins: Pins,
    /// By issuer and `sign_from`.
    keys: Mutex<HashMap<(String, i64), IssuingKey>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({} {})", self.issuer, self.pins_text())
    }
}

impl Authority {
    /// New roots for `issuer`: 1 to 32 characters of `[A-Za-z0-9._:/-]`.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        let (root, standby) = (new_key(), new_key());
        let pins = Pins::new(&root.public_key(), &standby.public_key());
        let pins = pins.expect("two new keys are sound and different");
        Self { issuer: issuer.to_owned(), root, pins, keys: Mutex::default() }
    }

    /// What apps and relays pin.
    #[must_use]
    pub fn pins(&self) -> Pins {
        self.pins
    }

    /// The pins as `tonegate key pins` prints them and configurations hold them.
    #[must_use]
    pub fn pins_text(&self) -> String {
        let text = |root| BASE64URL_NOPAD.encode(self.pins.key(root));
        format!("{},{}", text(Root::Active), text(Root::Standby))
    }

    /// The issuer that its licences name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What an app of the default kind is granted: `agc` and `ans` in production, without end.
    #[must_use]
    pub fn grant(app_id: u32, lifetime_secs: u32) -> Grant {
        let forever =
            |name: &str| GrantedFeature { name: name.to_owned(), from: None, until: None };
        Grant {
            app_id,
            environment: Environment::Production,
            revision: 1,
            lifetime: lifetime_secs,
            ends_at: None,
            features: vec![forever("agc"), forever("ans")],
            identities: Vec::new(),
            on_expiry: Vec::new(),
        }
    }

    /// The licence that the issuer gives at `now` (Unix seconds): the same all through the app's
    /// hour, good for `lifetime_secs` (3,600 to 1,209,600) from the hour's end.
    #[must_use]
    pub fn mint(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        self.mint_grant(&Self::grant(app_id, lifetime_secs), now)
    }

    /// As [`mint`](Self::mint), of anything that can be granted.
    #[must_use]
    pub fn mint_grant(&self, grant: &Grant, now: i64) -> String {
        self.mint_as(&self.issuer, grant, now)
    }

    /// A licence under this authority's roots that names `issuer`.
    pub(crate) fn mint_as(&self, issuer: &str, grant: &Grant, now: i64) -> String {
        let hour = hour_of(grant.app_id, now);
        let keys = Keyring::new(vec![self.key_of(issuer, hour)]);
        mint(grant, hour, issuer, &keys).expect("the grant is inside the format").license
    }

    /// The key whose 28 days hold `hour`.
    pub(crate) fn key_of(&self, issuer: &str, hour: i64) -> IssuingKey {
        let sign_from = hour.div_euclid(KEY_SECS) * KEY_SECS;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.entry((issuer.to_owned(), sign_from));
        key.or_insert_with(|| self.certify(issuer, sign_from)).clone()
    }

    /// A new key that signs for `issuer` from `sign_from` on, a full hour.
    pub(crate) fn certify(&self, issuer: &str, sign_from: i64) -> IssuingKey {
        let signer = new_key();
        let certificate = KeyCertificate {
            issuer: issuer.to_owned(),
            public_key: signer.public_key(),
            serial: u32::try_from(sign_from / KEY_SECS).unwrap_or_default(),
            floor: 0,
            sign_from,
        };
        let certificate = certificate.sign(&self.root, &self.pins).expect("the root is pinned");
        let key = IssuingKey::new(&certificate, Arc::new(signer), &self.pins);
        key.expect("the certificate is the key's")
    }
}

fn new_key() -> SoftwareKey {
    SoftwareKey::generate().expect("the system has randomness")
}
