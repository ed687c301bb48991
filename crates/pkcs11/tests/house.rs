//! How the tests see their token, [`SoftHsm`].

use std::path::PathBuf;
use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use tonegate_issuer::Signer;
use tonegate_pkcs11::{PinSource, Token, TokenConfig, TokenKey, Which};
use tonegate_testing::SoftHsm;

/// Runs a test in a process of its own ([`SoftHsm::alone`]), and leaves the module before that ends.
pub(crate) fn alone(name: &str, test: impl FnOnce(SoftHsm)) {
    SoftHsm::alone(name, |token| {
        test(token);
        tonegate_pkcs11::finalize();
    });
}

/// SoftHSM itself.
pub(crate) fn plain(token: &SoftHsm) -> TokenConfig {
    of_module(token, SoftHsm::module())
}

/// SoftHSM as the test turns it.
pub(crate) fn turned(token: &SoftHsm) -> TokenConfig {
    of_module(token, token.turned())
}

fn of_module(token: &SoftHsm, module: PathBuf) -> TokenConfig {
    let which = Which::Label(SoftHsm::LABEL.to_owned());
    TokenConfig { module, which, pin: PinSource::File(token.pin_file()) }
}

/// A new key in the token.
pub(crate) fn key(token: &Token) -> TokenKey {
    let (public, label) = token.generate().unwrap();
    assert_eq!(label, SoftHsm::LABEL);
    TokenKey::new(token.clone(), public, label)
}

/// Signs, and checks what comes back. `Err`: the key does not sign.
pub(crate) fn signs(key: &TokenKey) -> Result<(), String> {
    let message = b"a licence, as it were";
    let signature = key.sign(message).map_err(|error| error.to_string())?;
    let verifier = VerifyingKey::from_bytes(&key.public_key()).unwrap();
    verifier.verify_strict(message, &Signature::from_bytes(&signature)).unwrap();
    Ok(())
}

pub(crate) fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}
