//! One identity provider: its rules, and the key set in force.
//!
//! Fetching over HTTPS is left to whoever runs the relay: it asks [`Provider::wants_keys`] and answers
//! with [`Provider::replace_keys`] or [`Provider::fetch_failed`]. While fetching fails, the last keys
//! stay in force: tokens of theirs are as good as they were.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::app_rule::AppRule;
use super::jwks::{JwkSet, JwksError};
use super::schedule::Schedule;
use super::token::Token;
use crate::auth::config::{Algorithm, JwtProvider};
use crate::auth::limits::JWKS_BYTES_MAX;
use crate::auth::principal::Apps;
use crate::auth::refused::{Refused, TokenFault};
use crate::auth::watched_file::{Guarded, WatchedFile};
use crate::auth::{AuthError, Reloaded};

/// An identity provider whose tokens are accepted.
#[derive(Debug)]
pub struct Provider {
    issuer: Arc<str>,
    audience: Vec<String>,
    algorithms: Vec<Algorithm>,
    leeway: i64,
    app_rule: AppRule,
    source: Source,
    keys: ArcSwap<Keys>,
    /// Also held while `keys` is replaced, so that generations follow each other.
    schedule: Mutex<Schedule>,
    /// A token named a key that the set has not, or may have been signed with one.
    asked: AtomicBool,
}

#[derive(Debug)]
enum Source {
    Url(String),
    File(WatchedFile),
}

#[derive(Debug, Default)]
struct Keys {
    /// Raised whenever other tokens are good than before.
    generation: u64,
    /// `None`: not loaded yet.
    set: Option<JwkSet>,
}

/// What a good token grants.
#[derive(Debug)]
pub(super) struct Verified {
    /// From when on it is refused.
    pub(super) ends: i64,
    /// The keys that verified it.
    pub(super) generation: u64,
    pub(super) apps: Apps,
}

impl Provider {
    /// Reads the key file where there is one; keys from a URL are to be fetched.
    pub(super) fn open(config: &JwtProvider) -> Result<Self, AuthError> {
        let file = |path: &Path| WatchedFile::new(path, JWKS_BYTES_MAX, Guarded::Unforgeable);
        let source = match (&config.jwks_url, &config.jwks_file) {
            (Some(url), _) => Source::Url(url.clone()),
            (None, path) => Source::File(file(path.as_deref().unwrap_or(Path::new("")))),
        };
        let provider = Self {
            issuer: config.issuer.as_str().into(),
            audience: config.audience.clone(),
            algorithms: config.algorithms.clone(),
            leeway: config.leeway.into(),
            app_rule: AppRule::new(config),
            source,
            keys: ArcSwap::default(),
            schedule: Mutex::default(),
            asked: AtomicBool::new(false),
        };
        provider.reload_if_changed().map_err(|source| provider.refused(source))?;
        Ok(provider)
    }

    /// `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where its key set is fetched; `None`: it lies in a file.
    pub fn keys_url(&self) -> Option<&str> {
        match &self.source {
            Source::Url(url) => Some(url),
            Source::File(_) => None,
        }
    }

    /// How many keys are in force; 0: none were loaded yet, and its tokens cannot be judged.
    pub fn usable_keys(&self) -> usize {
        self.keys.load().set.as_ref().map_or(0, JwkSet::usable)
    }

    /// Whether the key set is to be fetched now; stays so until the outcome is reported.
    pub fn wants_keys(&self, now: i64) -> bool {
        let asked = self.asked.load(Ordering::Relaxed);
        self.keys_url().is_some() && self.schedule().is_due(asked, now)
    }

    /// Puts a fetched set in force. `true`: it is another than before, and what was remembered of
    /// tokens is void.
    pub fn replace_keys(&self, set: JwkSet, now: i64) -> bool {
        let mut schedule = self.schedule();
        schedule.fetched(now);
        self.asked.store(false, Ordering::Relaxed);
        let before = self.keys.load();
        if before.set.as_ref().is_some_and(|old| old.same_keys(&set)) {
            return false;
        }
        let generation = before.generation.wrapping_add(1);
        self.keys.store(Arc::new(Keys { generation, set: Some(set) }));
        true
    }

    /// The set could not be fetched, or was refused; the keys in force stay.
    pub fn fetch_failed(&self, now: i64) {
        self.schedule().failed(now);
    }

    /// Reads the key file again if it changed; `true`: other keys are in force. Nothing for a URL.
    ///
    /// # Errors
    /// The new file is bad or gone: the keys in force stay, and this is said once per change.
    pub fn reload_if_changed(&self) -> Result<bool, JwksError> {
        let Source::File(file) = &self.source else {
            return Ok(false);
        };
        let changed = file.if_changed(|read| {
            let set = JwkSet::parse(&read?)?;
            // A file has no schedule, so no time.
            Ok::<_, JwksError>(self.replace_keys(set, 0))
        })?;
        Ok(changed.unwrap_or(false))
    }

    pub(in crate::auth) fn reloaded(&self) -> Reloaded {
        Reloaded::KeySet { issuer: self.id(), keys: self.usable_keys() }
    }

    pub(in crate::auth) fn refused(&self, source: JwksError) -> AuthError {
        AuthError::Provider { issuer: self.issuer().to_owned(), source }
    }

    /// For logs.
    pub(super) fn id(&self) -> Arc<str> {
        Arc::clone(&self.issuer)
    }

    /// Of the keys in force.
    pub(super) fn generation(&self) -> u64 {
        self.keys.load().generation
    }

    /// Whether the token says that it comes from here.
    pub(super) fn issued(&self, token: &Token<'_>) -> bool {
        token.issuer() == Some(&self.issuer)
    }

    /// Judges a token that says it comes from here. What is cheap comes first: an expired token, the
    /// commonest bad one, costs no verification.
    pub(super) fn verify(&self, token: &Token<'_>, now: i64) -> Result<Verified, Refused> {
        let algorithm = self.accepted(token)?;
        let ends = self.ends(token, now)?;
        let apps = self.app_rule.apps(&token.claims);
        let keys = self.keys.load();
        let set = keys.set.as_ref().ok_or(Refused::KeysNotLoaded)?;
        set.verify(token.kid.as_deref(), algorithm, token.message, &token.signature)
            .inspect_err(|refused| self.ask_for_keys(token, *refused))?;
        Ok(Verified { ends, generation: keys.generation, apps: apps? })
    }

    fn accepted(&self, token: &Token<'_>) -> Result<Algorithm, Refused> {
        let known = token.algorithm.filter(|algorithm| self.algorithms.contains(algorithm));
        known.ok_or(Refused::BadToken(TokenFault::Algorithm))
    }

    /// When the token ends, if it is for us and in force.
    fn ends(&self, token: &Token<'_>, now: i64) -> Result<i64, Refused> {
        if !token.is_for(&self.audience) {
            return Err(Refused::WrongAudience);
        }
        let expiry = token.time("exp")?.ok_or(Refused::BadToken(TokenFault::NoExpiry))?;
        let ends = expiry.saturating_add(self.leeway);
        if ends <= now {
            return Err(Refused::TokenExpired);
        }
        match token.time("nbf")? {
            Some(start) if start > now.saturating_add(self.leeway) => {
                Err(Refused::TokenNotYetValid)
            }
            _ => Ok(ends),
        }
    }

    /// A newer set may have the key. Without a `kid`, a key not loaded yet looks like a forgery.
    fn ask_for_keys(&self, token: &Token<'_>, refused: Refused) {
        if refused == Refused::UnknownSigningKey || token.kid.is_none() {
            self.asked.store(true, Ordering::Relaxed);
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
