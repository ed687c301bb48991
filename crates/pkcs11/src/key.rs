//! A key in a token, as the issuer uses keys.

use std::fmt;

use tonegate_issuer::{SignError, Signer};
use tonegate_license::KeyId;

use crate::token::{PROBE, Token};

/// A key in a token. The token need not be there to make one of these; it is looked for when the key
/// is to sign.
pub struct TokenKey {
    token: Token,
    public: [u8; 32],
    label: String,
}

impl TokenKey {
    /// The key with this public part. `label`: the token that it was made in.
    #[must_use]
    pub const fn new(token: Token, public: [u8; 32], label: String) -> Self {
        Self { token, public, label }
    }
}

impl Signer for TokenKey {
    fn public_key(&self) -> [u8; 32] {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        Ok(self.token.sign(self.public, message)?)
    }

    fn token_label(&self) -> Option<&str> {
        Some(&self.label)
    }

    fn probe(&self) -> Result<(), SignError> {
        self.sign(PROBE).map(drop)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({} in {})", KeyId::of(&self.public), self.label)
    }
}
