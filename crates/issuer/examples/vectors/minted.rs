//! The sample licence as the issuer itself mints it: the anchor of all that is forged from it.

use std::sync::Arc;

use tonegate_issuer::{Grant, GrantedFeature, IssuingKey, KeyCertificate, Keyring, hour_of, mint};
use tonegate_license::{Environment, Pins};

use crate::forge::{IAT, ISSUER, SIGN_FROM};
use crate::keys::{ACTIVE_ROOT, FIRST, pins};

/// The licence of app 12345 for the hour of [`IAT`].
pub(crate) fn license() -> String {
    let pins: Pins = pins().parse().expect("two different keys");
    let certificate = KeyCertificate {
        issuer: ISSUER.to_owned(),
        public_key: FIRST.public(),
        serial: 1,
        floor: 0,
        sign_from: SIGN_FROM,
    };
    let certificate = certificate.sign(&ACTIVE_ROOT.private(), &pins).expect("the root is pinned");
    let key = IssuingKey::new(&certificate, Arc::new(FIRST.private()), &pins);
    let keys = Keyring::new(vec![key.expect("the certificate is the key's")]);
    let grant = grant();
    let hour = hour_of(grant.app_id, IAT + 60);
    mint(&grant, hour, ISSUER, &keys).expect("the sample is inside the format").license
}

fn grant() -> Grant {
    let forever = |name: &str| GrantedFeature { name: name.to_owned(), from: None, until: None };
    Grant {
        app_id: 12345,
        environment: Environment::Production,
        revision: 1,
        lifetime: 604_800,
        ends_at: None,
        features: vec![forever("agc"), forever("ans")],
        identities: Vec::new(),
        on_expiry: Vec::new(),
    }
}
