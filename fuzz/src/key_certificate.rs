//! Target `key_certificate`: a key certificate from a licence's header, or the claims of one.

use tonegate_license::{Chain, KeyId};

use crate::keys::{KEYS, jws};

/// Reads `data` as a certificate, or, when it begins as JSON does, as claims that the root signs
/// first. What is accepted names its own key and is not under its own floor.
pub fn key_certificate(data: &[u8]) {
    if data.starts_with(b"{") {
        verify(&signed(data));
    } else if let Ok(text) = str::from_utf8(data) {
        verify(text);
    }
}

fn verify(text: &str) {
    let Ok(chain) = Chain::verify(text, &KEYS.pins) else { return };
    assert_eq!(chain.key_id(), KeyId::of(chain.public_key()));
    assert!(chain.floor() <= chain.serial(), "under its own floor");
    assert!(!chain.issuer().is_empty(), "no issuer");
}

fn signed(claims: &[u8]) -> String {
    let kid = KEYS.root.key_id();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"license-key+jwt"}}"#);
    jws(&header, claims, &KEYS.root)
}
