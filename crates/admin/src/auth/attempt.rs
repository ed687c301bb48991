//! Somebody tries to prove who they are.
//!
//! Invariants: what is wrong about it is never told, nor whether the name is anybody's; failures in a
//! row cost growing time, alike for names that nobody has; a failure is on disk before it is answered,
//! and before another attempt takes its place.

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use tonegate_listener::Peer;
use tonegate_server::model::{User, UserStatus};
use tonegate_server::store::{Credentials, Origin, Tx};

use super::factor::{self, Step};
use crate::admin::Admin;
use crate::limits::{CLIENT_CHARS_MAX, REFUSAL_AUDITED_SECS};
use crate::problem::{Code, Problem};

/// What somebody shows.
pub(crate) struct Attempt<'a> {
    pub(crate) name: &'a str,
    /// `None`: they are signed in, and a code is enough.
    pub(crate) password: Option<&'a str>,
    pub(crate) code: &'a str,
}

/// Somebody who showed the right things.
pub(crate) struct Proven {
    pub(crate) user: User,
    password_hash: String,
    step: Step,
}

impl Admin {
    /// Judges an attempt. What comes of a good one is for `then` to write, in the transaction that uses
    /// the code up.
    ///
    /// `Err(WrongCredentials)`; `Err(Locked)`: not judged; `Err(TooManyRequests)`: nor this.
    pub(crate) async fn prove<T>(
        &self,
        attempt: &Attempt<'_>,
        origin: &Origin,
        then: impl AsyncFnOnce(&mut Tx, &User) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        // Kept until all is written: no more attempts at once than there are slots.
        let slot = self.passwords.slot().await?;
        let known = self.store().user_named(attempt.name).await?;
        self.check_lock(attempt.name, known.as_ref().map(|(user, _)| user))?;
        let active = known.as_ref().and_then(|(user, credentials)| {
            let credentials = credentials.as_ref().filter(|_| user.status == UserStatus::Active)?;
            Some((user, credentials))
        });
        let password_is_right = match attempt.password {
            Some(password) => {
                let hash = active.map(|(_, credentials)| &*credentials.password_hash);
                slot.verify(password, hash).await?
            }
            None => true,
        };
        let proven = active
            .filter(|_| password_is_right)
            .and_then(|(user, credentials)| self.proven(user, credentials, attempt.code));
        if let Some(proven) = proven
            && let Some(result) = self.accept(proven, then).await?
        {
            return Ok(result);
        }
        self.count_failure(attempt.name, known.as_ref().map(|(user, _)| user), origin).await?;
        let detail = "name, password or code is wrong, or the code was used already; \
                      wait for the next code and try again";
        Err(Problem::new(Code::WrongCredentials, detail))
    }

    fn proven(&self, user: &User, credentials: &Credentials, code: &str) -> Option<Proven> {
        let step = factor::proven(credentials, code, self.now())?;
        let password_hash = credentials.password_hash.clone();
        Some(Proven { user: user.clone(), password_hash, step })
    }

    /// `None`: somebody else was faster with the same code.
    async fn accept<T>(
        &self,
        proven: Proven,
        then: impl AsyncFnOnce(&mut Tx, &User) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        let Proven { user, password_hash, step } = proven;
        let mut tx = self.store().begin(&format!("user {}", user.name), self.now()).await?;
        if !tx.accept_proof(&user, &password_hash, step.0).await? {
            return Ok(None);
        }
        let result = then(&mut tx, &user).await?;
        self.commit(tx).await?;
        Ok(Some(result))
    }

    fn check_lock(&self, name: &str, user: Option<&User>) -> Result<(), Problem> {
        let now = self.now();
        let until =
            user.map_or_else(|| self.unknown_names.locked_until(name), |user| user.locked_until);
        if until <= now {
            return Ok(());
        }
        let detail = "too many attempts failed in a row; wait, then try again: \
                      each further failure makes the wait longer, up to 15 minutes";
        Err(Problem::new(Code::Locked, detail).retry_after((until - now).unsigned_abs()))
    }

    async fn count_failure(
        &self,
        name: &str,
        user: Option<&User>,
        origin: &Origin,
    ) -> Result<(), Problem> {
        let now = self.now();
        let mut tx = self.store().begin("server", now).await?;
        match user {
            Some(user) => tx.count_failure(user).await?,
            None => self.unknown_names.count_failure(name, now),
        }
        let key = format!("refused {}", user.map_or("", |user| &user.id));
        if self.callers.is_use_due(&key, None, now, REFUSAL_AUDITED_SECS) {
            tx.audit_refusal(user, &origin.network).await?;
        }
        self.commit(tx).await
    }
}

/// Where a request comes from, as sessions and the audit log remember it.
#[derive(Debug, Clone)]
pub(crate) struct SentFrom(pub(crate) Origin);

impl FromRequestParts<Admin> for SentFrom {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        Ok(Self(origin(parts)))
    }
}

pub(super) fn origin(parts: &Parts) -> Origin {
    let network = parts.extensions.get::<Peer>().map(|peer| peer.address.to_string());
    let client = parts.headers.get(USER_AGENT).and_then(|client| client.to_str().ok());
    let client = client.unwrap_or_default().chars().take(CLIENT_CHARS_MAX).collect();
    Origin { network: network.unwrap_or_default(), client }
}
