//! Random texts that prove who holds them: API tokens, sessions, invitations.
//!
//! Invariant: 256 random bits each, so that a plain hash is enough to keep and nobody finds another
//! text with it; what is kept and compared is the hash alone. The text itself exists once, for whoever
//! gets it, and does not print.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::{Zeroize as _, Zeroizing};

use super::ModelError;

/// A new text of this kind, in plain.
#[derive(Clone)]
pub struct BearerToken(Zeroizing<String>);

/// What is kept of one: SHA-256 of the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl BearerToken {
    /// What API tokens begin with, so that scanners for lost secrets know them.
    pub const API: &'static str = "tgt_";
    /// What invitations begin with.
    pub const INVITATION: &'static str = "tgi_";
    /// Sessions are in no text that anybody looks at.
    pub const SESSION: &'static str = "";

    /// `prefix` and 43 random characters. `Err(NoRandomness)`.
    pub fn generate(prefix: &str) -> Result<Self, ModelError> {
        let mut bits = [0; 32];
        aws_lc_rs::rand::fill(&mut bits).map_err(|_| ModelError::NoRandomness)?;
        // Of the right size at once: growing would leave halves behind.
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 43));
        text.push_str(prefix);
        BASE64URL_NOPAD.encode_append(&bits, &mut text);
        bits.zeroize();
        Ok(Self(text))
    }

    /// The text, for whoever is to hold it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What to keep of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl TokenHash {
    /// Of any text, as somebody sent it.
    pub fn of(text: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(hash)
    }

    /// The bytes to keep.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

/// A name for a new row that was never given before: `prefix` and 16 hex digits.
pub(crate) fn new_id(prefix: &str) -> Result<String, ModelError> {
    let mut bits = [0; 8];
    aws_lc_rs::rand::fill(&mut bits).map_err(|_| ModelError::NoRandomness)?;
    Ok(format!("{prefix}{}", HEXLOWER.encode(&bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_distinct_long_and_do_not_print() {
        let one = BearerToken::generate(BearerToken::API).unwrap();
        let two = BearerToken::generate(BearerToken::API).unwrap();
        assert_ne!(one.expose(), two.expose());
        assert_eq!((one.expose().len(), &one.expose()[..4]), (47, "tgt_"));
        assert_eq!(one.hash(), TokenHash::of(one.expose()));
        assert_ne!(one.hash(), two.hash());
        assert!(!format!("{one:?}").contains(&one.expose()[4..]));
    }
}
