//! New issuing keys, in this process or in a hardware token, and what signs with those that are kept.

use std::sync::Arc;

use tonegate_issuer::{SignError, Signer, SoftwareKey};
use tonegate_license::KeyId;
use tonegate_pkcs11::{Token, TokenError, TokenKey};
use zeroize::Zeroizing;

use super::RotateError;
use crate::store::KeyPlace;

/// A key that was just made.
pub enum MadeKey {
    /// In this process.
    Software(SoftwareKey),
    /// In a token.
    InToken {
        /// Where.
        token: Token,
        /// The token's label.
        label: String,
        /// The public key.
        public: [u8; 32],
    },
}

impl MadeKey {
    /// Makes one, `in_token` or here.
    pub async fn make(token: Option<&Token>, in_token: bool) -> Result<Self, RotateError> {
        if !in_token {
            return Ok(Self::Software(SoftwareKey::generate()?));
        }
        let token = token.ok_or(RotateError::NoToken)?.clone();
        let maker = token.clone();
        let (public, label) = aside(move || maker.generate()).await?;
        Ok(Self::InToken { token, label, public })
    }

    /// Its public part.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        match self {
            Self::Software(key) => key.public_key(),
            Self::InToken { public, .. } => *public,
        }
    }

    /// Its name.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::of(&self.public_key())
    }

    /// Where it is to be looked for.
    #[must_use]
    pub fn place(&self) -> KeyPlace {
        match self {
            Self::Software(key) => KeyPlace::Seed(Zeroizing::new(*key.seed())),
            Self::InToken { label, .. } => KeyPlace::Token(label.clone()),
        }
    }

    /// Gives it up: nothing was certified. A key that stays behind in a token is of no use to anybody.
    pub async fn discard(self) {
        let Self::InToken { token, public, .. } = self else { return };
        if let Err(error) = aside(move || token.destroy(public)).await {
            let kid = KeyId::of(&public);
            tracing::warn!(%kid, %error, "a key that came to nothing stays in the token");
        }
    }

    /// Says that it stays in the token though what names it is perhaps not kept.
    pub(crate) fn remains(&self, error: &dyn std::fmt::Display) {
        if let Self::InToken { public, label, .. } = self {
            let kid = KeyId::of(public);
            let hint = "the key stays in the token: if neither `tonegate key list` nor pending-keys.json names it, \
                        remove it by hand";
            tracing::warn!(%kid, label, %error, hint);
        }
    }
}

/// A token may take seconds.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TokenError> + Send + 'static,
) -> Result<T, TokenError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(TokenError::Failed(error.to_string())))
}

/// What signs with a key that is kept. A key in a token is there whether the token is or not.
pub(crate) fn signer(
    place: &KeyPlace,
    public: [u8; 32],
    token: Option<&Token>,
) -> Result<Arc<dyn Signer>, SignError> {
    Ok(match (place, token) {
        (KeyPlace::Seed(seed), _) => Arc::new(SoftwareKey::from_seed(seed.clone())?),
        (KeyPlace::Token(label), Some(token)) => {
            Arc::new(TokenKey::new(token.clone(), public, label.clone()))
        }
        (KeyPlace::Token(label), None) => Arc::new(OutOfReach { public, label: label.clone() }),
    })
}

/// A key in a token that the configuration does not name.
struct OutOfReach {
    public: [u8; 32],
    label: String,
}

impl OutOfReach {
    fn error(&self) -> SignError {
        let kid = KeyId::of(&self.public);
        SignError(format!(
            "key {kid} lives in the hardware token {}; set pkcs11.module, pkcs11.token and \
             pkcs11.pin_file",
            self.label
        ))
    }
}

impl Signer for OutOfReach {
    fn public_key(&self) -> [u8; 32] {
        self.public
    }

    fn sign(&self, _message: &[u8]) -> Result<[u8; 64], SignError> {
        Err(self.error())
    }

    fn token_label(&self) -> Option<&str> {
        Some(&self.label)
    }

    fn probe(&self) -> Result<(), SignError> {
        Err(self.error())
    }
}
