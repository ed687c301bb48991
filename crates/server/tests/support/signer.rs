//! Signing keys that do not work: a token that is gone, a library that breaks.

use std::sync::Arc;

use tonegate_issuer::{IssuingKey, Keyring, SignError, Signer};
use tonegate_server::Service;

/// What a key does when it is asked to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Fails,
    Panics,
}

/// Gives every issuing key of a running server a signer that is broken.
pub(crate) fn break_signers(service: &Service, broken: Broken) {
    let keyring = service.keyring.load_full();
    let keys = keyring.keys().iter().map(|key| {
        let signer = Arc::new(BrokenSigner(*key.chain().public_key(), broken));
        IssuingKey::new(key.certificate(), signer, &service.installation.pins).unwrap()
    });
    service.use_keys(Arc::new(Keyring::new(keys.collect())));
}

struct BrokenSigner([u8; 32], Broken);

impl Signer for BrokenSigner {
    fn public_key(&self) -> [u8; 32] {
        self.0
    }

    fn sign(&self, _message: &[u8]) -> Result<[u8; 64], SignError> {
        assert_ne!(self.1, Broken::Panics, "the signer broke");
        Err(SignError("the token is gone".into()))
    }
}
