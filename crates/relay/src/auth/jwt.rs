//! Tokens of the app's own identity provider: JWT (RFC 7519), signed with RS256, ES256 or EdDSA.
//!
//! Invariant: a principal comes from a signature that a key of the provider's present set verified,
//! now or when the token was seen first. `alg` is matched against the key's type, never the other way
//! round, and the set holds public keys only, so neither `none` nor an HMAC has anything to verify it.
//!
//! The order is: what was remembered, then what costs little (shape, issuer, claims), then the
//! signature. A forger learns nothing from it that he did not write himself.

mod app_rule;
mod jwk;
mod jwks;
mod provider;
mod remembered;
mod schedule;
mod token;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256};

pub use jwks::{JwkSet, JwksError, LeftOut};
pub use provider::Provider;

use super::AuthError;
use super::config::JwtProvider;
use super::limits::TOKEN_BYTES_MAX;
use super::principal::{Principal, PrincipalKind};
use super::refused::{Refused, TokenFault};
use provider::Verified;
use remembered::{Remembered, TokenHash, Verdict};
use token::Token;

/// Judges tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    providers: Vec<Provider>,
    remembered: Remembered,
    hasher: RandomState,
}

impl Tokens {
    /// # Errors
    /// A provider's key file is bad.
    pub(super) fn open(providers: &[JwtProvider]) -> Result<Self, AuthError> {
        Ok(Self {
            providers: providers.iter().map(Provider::open).collect::<Result<_, _>>()?,
            remembered: Remembered::default(),
            hasher: RandomState::new(),
        })
    }

    pub(super) fn providers(&self) -> &[Provider] {
        &self.providers
    }

    pub(super) fn authenticate(&self, text: &str, now: i64) -> Result<Arc<Principal>, Refused> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Refused::BadToken(TokenFault::TooLong));
        }
        let hash = hash(text);
        match self.recall(&hash, now) {
            Some(outcome) => outcome,
            None => self.verify(text, &hash, now),
        }
    }

    /// The caller, if the token was verified before and is still good.
    pub(super) fn recognise(&self, text: &str, now: i64) -> Option<Arc<Principal>> {
        let is_sized = text.len() <= TOKEN_BYTES_MAX;
        is_sized.then(|| self.recall(&hash(text), now))??.ok()
    }

    /// What was found of the token before, if the keys that verified it are still in force.
    fn recall(&self, hash: &TokenHash, now: i64) -> Option<Result<Arc<Principal>, Refused>> {
        let verdict = self.remembered.get(hash)?;
        let provider = self.providers.get(verdict.provider)?;
        if provider.generation() != verdict.generation {
            return None;
        }
        if verdict.ends <= now {
            self.remembered.forget(hash);
            return Some(Err(Refused::TokenExpired));
        }
        Some(Ok(verdict.principal))
    }

    fn verify(&self, text: &str, hash: &TokenHash, now: i64) -> Result<Arc<Principal>, Refused> {
        let token = Token::parse(text)?;
        let place = self.providers.iter().position(|provider| provider.issued(&token));
        let place = place.ok_or(Refused::UnknownIssuer)?;
        let provider = self.providers.get(place).ok_or(Refused::UnknownIssuer)?;
        let Verified { ends, generation, apps } = provider.verify(&token, now)?;
        let id_hash = match token.subject()? {
            Some(subject) => self.hasher.hash_one((provider.issuer(), subject)),
            None => self.hasher.hash_one(hash),
        };
        let principal =
            Arc::new(Principal { id_hash, kind: PrincipalKind::Jwt, apps, id: provider.id() });
        let verdict =
            Verdict { principal: Arc::clone(&principal), ends, provider: place, generation };
        self.remembered.insert(*hash, verdict, now);
        Ok(principal)
    }
}

fn hash(text: &str) -> TokenHash {
    let mut hash = TokenHash::default();
    hash.copy_from_slice(digest::digest(&SHA256, text.as_bytes()).as_ref());
    hash
}
