//! Keys that everybody knows, for signing fuzzed claims: the parsers behind a signature want
//! hostile input too, and a fuzzer finds no signature.

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use tonegate_issuer::{KeyCertificate, Signer as _, SoftwareKey};
use tonegate_license::Pins;
use zeroize::Zeroizing;

/// Who issues.
pub(crate) const ISSUER: &str = "fuzz";
/// The one hour in which everything happens, Unix seconds.
pub(crate) const NOW: i64 = 1_763_841_600;

/// Two roots, an issuing key, and the first root's word for it.
pub(crate) struct Keys {
    pub(crate) pins: Pins,
    pub(crate) root: SoftwareKey,
    pub(crate) issuing: SoftwareKey,
    pub(crate) certificate: String,
}

/// The same in every run, so that a licence in a corpus stays good.
pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let [root, standby, issuing] = [1, 2, 3].map(|byte| {
        SoftwareKey::from_seed(Zeroizing::new([byte; 32])).expect("any 32 bytes are a seed")
    });
    let pins = Pins::new(&root.public_key(), &standby.public_key()).expect("two sound keys");
    let certificate = KeyCertificate {
        issuer: ISSUER.to_owned(),
        public_key: issuing.public_key(),
        serial: 2,
        floor: 1,
        sign_from: NOW,
    };
    let certificate = certificate.sign(&root, &pins).expect("a sound certificate");
    Keys { pins, root, issuing, certificate }
});

/// A JWS of the header and these claims, whatever they are, whose signature holds.
pub(crate) fn jws(header: &str, claims: &[u8], key: &SoftwareKey) -> String {
    let [header, claims] = [header.as_bytes(), claims].map(|part| BASE64URL_NOPAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = key.sign(signed.as_bytes()).expect("a key in memory signs");
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}
