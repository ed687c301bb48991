//! The issuing keys at hand, and which of them signs an hour.

use std::sync::Arc;

use tonegate_license::{Chain, KeyId, Pins, Reason, Root};

use crate::jws::base64url;
use crate::limits::SIGNING_SECS;
use crate::signer::Signer;

/// A key that may sign licences, with the certificate that says so.
#[derive(Clone)]
pub struct IssuingKey {
    certificate: Arc<str>,
    license_header: Arc<str>,
    chain: Chain,
    signer: Arc<dyn Signer>,
}

/// Why a key and a certificate are not an issuing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The certificate does not pass the verifier with these pins.
    #[error("the pins do not accept the key certificate: {0}")]
    Certificate(Reason),
    /// The certificate is for another key.
    #[error("the certificate is for key {certified}, the private key at hand is {at_hand}")]
    OtherKey {
        /// The key in the certificate.
        certified: KeyId,
        /// The private key's name.
        at_hand: KeyId,
    },
}

impl IssuingKey {
    /// Joins a private key and its certificate, both checked against the pins.
    pub fn new(certificate: &str, signer: Arc<dyn Signer>, pins: &Pins) -> Result<Self, KeyError> {
        let chain = Chain::verify(certificate, pins).map_err(KeyError::Certificate)?;
        let at_hand = signer.public_key();
        if at_hand != *chain.public_key() {
            let (certified, at_hand) = (chain.key_id(), KeyId::of(&at_hand));
            return Err(KeyError::OtherKey { certified, at_hand });
        }
        let license_header = license_header(certificate, chain.key_id()).into();
        Ok(Self { certificate: certificate.into(), license_header, chain, signer })
    }

    /// What every licence of this key begins with: its header, in base64url.
    pub(crate) fn license_header(&self) -> &str {
        &self.license_header
    }

    /// The verified certificate.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The certificate's text.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The private key.
    #[must_use]
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }

    /// Unix seconds from which it signs no more.
    #[must_use]
    pub fn signs_until(&self) -> i64 {
        self.chain.sign_from() + SIGNING_SECS
    }
}

/// docs/FORMAT.md §4: the header of a licence.
fn license_header(certificate: &str, kid: KeyId) -> String {
    let header =
        format!(r#"{{"alg":"EdDSA","crt":"{certificate}","kid":"{kid}","typ":"license+jwt"}}"#);
    base64url(header.as_bytes())
}

/// The issuing keys of one issuer.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Vec<IssuingKey>,
    has_token_keys: bool,
}

impl Keyring {
    /// A keyring of these keys.
    #[must_use]
    pub fn new(mut keys: Vec<IssuingKey>) -> Self {
        keys.sort_by_key(|key| key.chain.serial());
        let has_token_keys = keys.iter().any(|key| key.signer.token_label().is_some());
        Self { keys, has_token_keys }
    }

    /// The key that signs licences of `hour`: the highest serial whose 30 days hold it, and that is
    /// not withdrawn by then.
    ///
    /// Every node with the same keys picks the same one.
    #[must_use]
    pub fn signer_of(&self, hour: i64) -> Option<&IssuingKey> {
        let signs = |key: &&IssuingKey| (key.chain.sign_from()..key.signs_until()).contains(&hour);
        self.keys.iter().rev().find(|key| signs(key) && !self.is_withdrawn(&key.chain, hour))
    }

    /// Does any key live in a hardware token?
    #[must_use]
    pub const fn has_token_keys(&self) -> bool {
        self.has_token_keys
    }

    /// Does the key that signs licences of `hour` live in a hardware token? Then a mint may take a while.
    #[must_use]
    pub fn is_in_token(&self, hour: i64) -> bool {
        self.signer_of(hour).is_some_and(|key| key.signer().token_label().is_some())
    }

    /// Would a device that has seen every certificate in force at `at` (Unix seconds) refuse this
    /// one: for its serial under a floor, or for its root?
    #[must_use]
    pub fn is_withdrawn(&self, chain: &Chain, at: i64) -> bool {
        let in_force = self.keys.iter().map(IssuingKey::chain).filter(|by| by.sign_from() <= at);
        in_force.into_iter().any(|by| match (by.root(), chain.root()) {
            (Root::Standby, Root::Active) => true,
            (root, own) => root == own && chain.serial() < by.floor(),
        })
    }

    /// Unix seconds until which some key can sign without a gap, from `now` on.
    #[must_use]
    pub fn covered_until(&self, now: i64) -> i64 {
        let mut until = now;
        while let Some(key) = self.signer_of(until) {
            until = key.signs_until();
        }
        until
    }

    /// All keys, by serial.
    #[must_use]
    pub fn keys(&self) -> &[IssuingKey] {
        &self.keys
    }
}
