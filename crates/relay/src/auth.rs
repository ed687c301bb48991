//! Who may have licences: API keys, and tokens of the app's own identity provider.
//!
//! [`Authenticator::authenticate`] is called from event loops: it neither waits nor reads a clock or
//! a file, and a caller seen before costs one SHA-256 and one lookup. No text that leaves this module
//! holds a credential ([`Refused`] has static texts only). Rates and HTTP answers are left to others,
//! and so is fetching key sets over HTTPS ([`Provider`]).

pub mod config;
mod jwt;
mod keys;
pub(crate) mod limits;
mod principal;
mod refused;
#[cfg(test)]
mod tests;
pub(crate) mod watched_file;

use std::sync::Arc;

pub use jwt::{JwkSet, JwksError, LeftOut, Provider};
pub use keys::{ApiKey, KeyFile, KeyFileError, KeyHash, KeyRecord, KeyRing};
pub use principal::{Apps, Principal, PrincipalKind};
pub use refused::{Refused, TokenFault};
pub use watched_file::FileError;

use config::Auth;
use jwt::Tokens;

/// Tells good credentials from others.
#[derive(Debug)]
pub struct Authenticator {
    keys: Option<KeyRing>,
    tokens: Tokens,
}

/// A file that changed, in force from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// The API keys.
    ApiKeys {
        /// How many there are now.
        keys: usize,
    },
    /// A provider's key set.
    KeySet {
        /// The provider.
        issuer: Arc<str>,
        /// How many keys can verify its tokens now.
        keys: usize,
    },
}

/// Why authentication could not be set up, or a changed file not be put in force.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The API keys.
    #[error("API keys: {0}")]
    Keys(#[from] KeyFileError),
    /// A provider's key file.
    #[error("keys of the identity provider {issuer}: {source}")]
    Provider {
        /// The provider.
        issuer: String,
        /// What is wrong with its file.
        source: JwksError,
    },
}

impl Authenticator {
    /// Loads the files of a configuration that [`Auth::check`] found good.
    ///
    /// # Errors
    /// A file that is named cannot be used; a file of API keys may be absent, a key set may not.
    pub fn open(config: &Auth) -> Result<Self, AuthError> {
        let keys = match config.api_keys.as_os_str().is_empty() {
            true => None,
            false => Some(KeyRing::open(&config.api_keys)?),
        };
        Ok(Self { keys, tokens: Tokens::open(&config.jwt)? })
    }

    /// Reads again what changed of the files. What cannot be used is told once per change, and what
    /// was in force stays. Where nothing changed, this is empty and costs a stat each.
    pub fn reload_if_changed(&self) -> Vec<Result<Reloaded, AuthError>> {
        let keys = self.keys.iter().filter_map(|ring| match ring.reload_if_changed() {
            Ok(false) => None,
            Ok(true) => Some(Ok(Reloaded::ApiKeys { keys: ring.len() })),
            Err(error) => Some(Err(error.into())),
        });
        let sets =
            self.providers().iter().filter_map(|provider| match provider.reload_if_changed() {
                Ok(false) => None,
                Ok(true) => Some(Ok(provider.reloaded())),
                Err(error) => Some(Err(provider.refused(error))),
            });
        keys.chain(sets).collect()
    }

    /// Is there nobody who could be let in: no API key, and no identity provider?
    pub fn is_empty(&self) -> bool {
        self.providers().is_empty() && self.keys.as_ref().is_none_or(KeyRing::is_empty)
    }

    /// The API keys; `None`: none are configured.
    pub fn key_ring(&self) -> Option<&KeyRing> {
        self.keys.as_ref()
    }

    /// The identity providers, to fetch or reload their keys.
    pub fn providers(&self) -> &[Provider] {
        self.tokens.providers()
    }

    /// Whose request this is, where that is known without verifying a signature: an API key, or a token
    /// seen before. What others cost depends on what they send.
    pub fn recall(&self, authorization: Option<&str>, now: i64) -> Option<Arc<Principal>> {
        let credential = authorization.and_then(bearer)?;
        match (credential.starts_with(keys::PREFIX), &self.keys) {
            (true, keys) => keys.as_ref()?.find(credential, now).ok(),
            (false, _) => self.tokens.recognise(credential, now),
        }
    }

    /// Whose request this is. `authorization`: the value of the one header of that name; `now`: Unix
    /// seconds.
    ///
    /// # Errors
    /// Why the caller is turned away.
    pub fn authenticate(
        &self,
        authorization: Option<&str>,
        now: i64,
    ) -> Result<Arc<Principal>, Refused> {
        let credential = authorization.and_then(bearer).ok_or(Refused::NoCredential)?;
        match (credential.starts_with(keys::PREFIX), &self.keys) {
            (true, Some(keys)) => keys.find(credential, now),
            (true, None) => Err(Refused::UnknownKey),
            (false, _) => self.tokens.authenticate(credential, now),
        }
    }
}

/// The credential in `Bearer <credential>` (RFC 6750, section 2.1): the scheme in any case, one blank
/// or more, nothing behind.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let credential = rest.trim_start_matches(' ');
    let whole = !credential.is_empty() && credential.bytes().all(|c| c.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && whole).then_some(credential)
}
