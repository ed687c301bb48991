//! Private keys. Nothing outside this file sees one, but for the seed that is sealed and stored.

use std::fmt;

use aws_lc_rs::rand;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use tonegate_license::KeyId;
use zeroize::Zeroizing;

/// The signing key cannot be used now: a lost token, a closed session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key cannot be used: {0}")]
pub struct SignError(pub String);

/// What makes Ed25519 signatures: a key in software, or one in a hardware token.
pub trait Signer: Send + Sync {
    /// The public key, 32 bytes.
    fn public_key(&self) -> [u8; 32];

    /// Signs a message of under 2 KiB (RFC 8032, pure Ed25519).
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;

    /// The label of the hardware token that the key lives in; `None`: it is in this process. One in a
    /// token may take a while to sign, and may be gone.
    fn token_label(&self) -> Option<&str> {
        None
    }

    /// Can it sign now? Costs a signature at most.
    fn probe(&self) -> Result<(), SignError> {
        Ok(())
    }
}

/// An Ed25519 key in memory.
pub struct SoftwareKey {
    pair: Ed25519KeyPair,
    seed: Zeroizing<[u8; 32]>,
}

impl SoftwareKey {
    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, SignError> {
        let mut seed = Zeroizing::new([0; 32]);
        rand::fill(&mut *seed).map_err(|_| SignError("no randomness to be had".to_owned()))?;
        Self::from_seed(seed)
    }

    /// The key of a stored seed.
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, SignError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed)
            .map_err(|_| SignError("the seed is not one of Ed25519".to_owned()))?;
        Ok(Self { pair, seed })
    }

    /// The seed, to be sealed and stored.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The key's name.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::of(&self.public_key())
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(self.pair.public_key().as_ref());
        key
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        Ok(signature)
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({})", self.key_id())
    }
}
