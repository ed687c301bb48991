//! How much does minting cost above the signature and the verification that it cannot do without?
//!
//! `cargo bench -p tonegate-issuer`. Aim: `mint` within a tenth of `raw_sign` plus
//! `raw_verify_strict`, so that the request around it has the rest.

#![expect(clippy::unwrap_used, reason = "keys, grant and hour are inside the format")]

use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use divan::{Bencher, black_box};
use ed25519_dalek::{Signature, VerifyingKey};
use tonegate_issuer::{
    Grant, GrantedFeature, IssuingKey, KeyCertificate, Keyring, Signer as _, SoftwareKey, hour_of,
};
use tonegate_license::{Environment, Pins};
use zeroize::Zeroizing;

const ISSUER: &str = "tonegate";
const HOUR: i64 = 1_763_838_000;

fn main() {
    divan::main();
}

/// One Ed25519 signature over a licence, as the issuer makes it.
#[divan::bench]
fn raw_sign(bencher: Bencher<'_, '_>) {
    let (license, key) = (license(), issuing_key());
    let (message, _) = license.rsplit_once('.').unwrap();
    bencher.bench_local(|| key.sign(black_box(message.as_bytes())).unwrap());
}

/// One check of it by ed25519-dalek, the key at hand.
#[divan::bench]
fn raw_verify_strict(bencher: Bencher<'_, '_>) {
    let (message, signature) = signed();
    let key = VerifyingKey::from_bytes(&issuing_key().public_key()).unwrap();
    let signature = Signature::from_bytes(&signature);
    bencher.bench_local(|| key.verify_strict(black_box(message.as_bytes()), &signature).unwrap());
}

/// One check of it by aws-lc, the key at hand.
#[divan::bench]
fn raw_verify_aws_lc(bencher: Bencher<'_, '_>) {
    let (message, signature) = signed();
    let key = ParsedPublicKey::new(&ED25519, issuing_key().public_key()).unwrap();
    bencher.bench_local(|| key.verify_sig(black_box(message.as_bytes()), &signature).unwrap());
}

/// A licence from grant to text, verified.
#[divan::bench]
fn mint(bencher: Bencher<'_, '_>) {
    let (grant, keys) = (grant(), keyring());
    bencher.bench_local(|| {
        tonegate_issuer::mint(black_box(&grant), HOUR, ISSUER, black_box(&keys)).unwrap()
    });
}

/// The hour that an app's request falls in: asked once a request.
#[divan::bench]
fn app_hour() -> i64 {
    hour_of(black_box(12345), black_box(HOUR))
}

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(Zeroizing::new([seed; 32])).unwrap()
}

fn issuing_key() -> SoftwareKey {
    key(3)
}

fn keyring() -> Keyring {
    let (root, signer) = (key(1), issuing_key());
    let pins = Pins::new(&root.public_key(), &key(2).public_key()).unwrap();
    let certificate = KeyCertificate {
        issuer: ISSUER.to_owned(),
        public_key: signer.public_key(),
        serial: 1,
        floor: 0,
        sign_from: HOUR,
    };
    let certificate = certificate.sign(&root, &pins).unwrap();
    Keyring::new(vec![IssuingKey::new(&certificate, Arc::new(signer), &pins).unwrap()])
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

fn license() -> String {
    tonegate_issuer::mint(&grant(), HOUR, ISSUER, &keyring()).unwrap().license
}

/// What was signed, and the signature.
fn signed() -> (String, [u8; 64]) {
    let license = license();
    let (message, signature) = license.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    (message.to_owned(), signature.try_into().unwrap())
}
