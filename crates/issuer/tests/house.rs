//! An issuer with keys from fixed seeds, and the app that its licences are for.

use std::sync::Arc;

use tonegate_issuer::{Grant, GrantedFeature, IssuingKey, KeyCertificate, Keyring, SoftwareKey};
use tonegate_license::{Environment, Expect, OnExpiry, Pins};
use zeroize::Zeroizing;

pub(crate) const ISSUER: &str = "tonegate-test";
pub(crate) const APP_ID: u32 = 12345;
/// Where every test's time begins: on the hour, and the first key's `sign_from`.
pub(crate) const START: i64 = 1_763_838_000;
pub(crate) const HOUR: i64 = 3_600;

pub(crate) fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(Zeroizing::new([seed; 32])).unwrap()
}

pub(crate) fn pins() -> Pins {
    use tonegate_issuer::Signer as _;
    Pins::new(&key(1).public_key(), &key(2).public_key()).unwrap()
}

/// The issuing key number `serial`, signing from `sign_from`.
pub(crate) fn issuing_key(serial: u8, sign_from: i64) -> IssuingKey {
    certified(1, serial, 1, sign_from)
}

/// As [`issuing_key`], certified by the root with this seed and with this floor.
pub(crate) fn certified(root: u8, serial: u8, floor: u32, sign_from: i64) -> IssuingKey {
    use tonegate_issuer::Signer as _;
    let signer = key(100 + serial);
    let certificate = KeyCertificate {
        issuer: ISSUER.to_owned(),
        public_key: signer.public_key(),
        serial: serial.into(),
        floor,
        sign_from,
    };
    let text = certificate.sign(&key(root), &pins()).unwrap();
    IssuingKey::new(&text, Arc::new(signer), &pins()).unwrap()
}

/// One key, which signs from [`START`] on.
pub(crate) fn keyring() -> Keyring {
    Keyring::new(vec![issuing_key(1, START)])
}

/// An app with noise suppression, for an hour at least.
pub(crate) fn grant() -> Grant {
    let forever = |name: &str| GrantedFeature { name: name.to_owned(), from: None, until: None };
    Grant {
        app_id: APP_ID,
        environment: Environment::Production,
        revision: 1,
        lifetime: 3_600,
        ends_at: None,
        features: vec![forever("agc"), forever("ans")],
        identities: Vec::new(),
        on_expiry: Vec::new(),
    }
}

/// [`grant`] whose noise suppression goes on for so many hours; gain control stops.
pub(crate) fn grant_with_grace(hours: u32) -> Grant {
    let stop = ("agc".to_owned(), OnExpiry::Stop);
    Grant { on_expiry: vec![stop, ("ans".to_owned(), OnExpiry::Grace(hours))], ..grant() }
}

pub(crate) fn expect() -> Expect<'static> {
    Expect {
        issuer: ISSUER,
        environment: Environment::Production,
        app_id: Some(APP_ID),
        identity: None,
    }
}
