//! The keys of the vectors. **Test keys**: their seeds stand here for everyone to read.

use data_encoding::BASE64URL_NOPAD;
use tonegate_issuer::{Signer as _, SoftwareKey};
use tonegate_license::KeyId;
use zeroize::Zeroizing;

/// A key pair made from a public seed.
#[derive(Clone, Copy)]
pub(crate) struct TestKey {
    seed: &'static [u8; 32],
}

pub(crate) const ACTIVE_ROOT: TestKey = TestKey { seed: b"TONEGATE TEST KEY  active root  " };
pub(crate) const STANDBY_ROOT: TestKey = TestKey { seed: b"TONEGATE TEST KEY  standby root " };
/// Pinned nowhere.
pub(crate) const STRANGER: TestKey = TestKey { seed: b"TONEGATE TEST KEY  stranger     " };
pub(crate) const FIRST: TestKey = TestKey { seed: b"TONEGATE TEST KEY  first issuing" };
pub(crate) const SECOND: TestKey = TestKey { seed: b"TONEGATE TEST KEY second issuing" };

impl TestKey {
    pub(crate) fn private(self) -> SoftwareKey {
        SoftwareKey::from_seed(Zeroizing::new(*self.seed)).expect("any 32 bytes are a seed")
    }

    pub(crate) fn public(self) -> [u8; 32] {
        self.private().public_key()
    }

    pub(crate) fn id(self) -> String {
        KeyId::of(&self.public()).to_string()
    }

    pub(crate) fn sign(self, message: &str) -> [u8; 64] {
        self.private().sign(message.as_bytes()).expect("a key in memory signs")
    }
}

/// What an app pins.
pub(crate) fn pins() -> String {
    format!("{},{}", base64url(&ACTIVE_ROOT.public()), base64url(&STANDBY_ROOT.public()))
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
