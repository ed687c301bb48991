//! Somebody tries to prove who they are: a stranger who signs in, or somebody who is signed in and steps
//! up.
//!
//! Invariants: what is wrong about it is never told, nor whether the name is anybody's, also not by the
//! time that it takes; failures cost a stranger growing time, and a session itself; neither is refused
//! for the other's. An attempt counts before another one takes its slot, and the slot is free before
//! anything is written.

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use tonegate_listener::Peer;
use tonegate_server::model::{User, UserStatus};
use tonegate_server::store::{Credentials, Origin, Session, Tx};

use super::factor::{self, Step};
use super::failed_sign_ins::Claim;
use super::password::Slot;
use super::{Person, Stranger};
use crate::admin::Admin;
use crate::limits::{CLIENT_CHARS_MAX, REFUSAL_AUDITED_SECS, STEP_UP_FAILURES_MAX};
use crate::problem::{Code, Problem};

/// What somebody shows.
pub(crate) struct Attempt<'a> {
    pub(crate) name: &'a str,
    /// `None`: they are signed in, and a code is enough.
    pub(crate) password: Option<&'a str>,
    pub(crate) code: &'a str,
}

/// Somebody who showed the right things.
struct Proven {
    user: User,
    password_hash: String,
    step: Step,
}

/// What is known of a name.
type Known = Option<(User, Option<Credentials>)>;

impl Admin {
    /// Signs a stranger in. What comes of it is for `then` to write, in the transaction that uses the
    /// code up.
    ///
    /// `Err(WrongCredentials)`; `Err(Locked)`: not judged; `Err(TooManyRequests)`: nor this.
    pub(crate) async fn prove<T>(
        &self,
        attempt: &Attempt<'_>,
        stranger: &Stranger,
        then: impl AsyncFnOnce(&mut Tx, &User) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let claim = Claim::new(attempt.name, stranger.address());
        // Who has to wait takes no place in the queue.
        self.failed_sign_ins.check(&claim, self.now())?;
        let known = self.store().user_named(attempt.name).await?;
        let proven = self.judge_stranger(attempt, &claim, &known).await?;
        let was_proven = proven.is_some();
        if let Some(proven) = proven
            && let Some(result) = self.accept(proven, then).await?
        {
            self.failed_sign_ins.forget(&claim);
            return Ok(result);
        }
        if was_proven {
            self.failed_sign_ins.count(&claim, self.now());
        }
        self.note_refusal(known.map(|(user, _)| user), &stranger.origin);
        Err(wrong())
    }

    /// Proves again whose session it is.
    ///
    /// `Err(WrongCredentials)`; `Err(SessionEnded)`: too many proofs of this session were wrong.
    pub(crate) async fn prove_again(
        &self,
        by: &Person,
        attempt: &Attempt<'_>,
        origin: &Origin,
    ) -> Result<Session, Problem> {
        let begun = self.callers.begin_proof(&by.session_id);
        if begun > STEP_UP_FAILURES_MAX {
            return Err(proved_wrong_too_often());
        }
        let proven = self.proven_again(by, attempt).await;
        let not_judged = |_: &Problem| self.callers.take_proof_back(&by.session_id);
        if let Some(session) = proven.inspect_err(not_judged)? {
            self.callers.forget_proofs(&by.session_id);
            return Ok(session);
        }
        self.refuse_again(by, origin, begun).await
    }

    /// The slot is held for no longer than this.
    async fn judge_stranger(
        &self,
        attempt: &Attempt<'_>,
        claim: &Claim,
        known: &Known,
    ) -> Result<Option<Proven>, Problem> {
        let slot = self.passwords.slot().await?;
        self.failed_sign_ins.admit(claim, self.now())?;
        let proven = self.judge(attempt, known, Some(&slot)).await?;
        if proven.is_none() {
            self.failed_sign_ins.count(claim, self.now());
        }
        Ok(proven)
    }

    async fn proven_again(
        &self,
        by: &Person,
        attempt: &Attempt<'_>,
    ) -> Result<Option<Session>, Problem> {
        let known = self.store().user_named(attempt.name).await?;
        let slot = match attempt.password {
            Some(_) => Some(self.passwords.slot_of_known().await?),
            None => None,
        };
        let proven = self.judge(attempt, &known, slot.as_ref()).await?;
        drop(slot);
        let Some(proven) = proven else { return Ok(None) };
        self.accept(proven, async |tx, _| Ok(tx.step_up(&by.session_id).await?)).await
    }

    /// `slot`: to look at the password with, if there is one.
    async fn judge(
        &self,
        attempt: &Attempt<'_>,
        known: &Known,
        slot: Option<&Slot>,
    ) -> Result<Option<Proven>, Problem> {
        let active = known.as_ref().and_then(|(user, credentials)| {
            let credentials = credentials.as_ref().filter(|_| user.status == UserStatus::Active)?;
            Some((user, credentials))
        });
        let password_is_right = match (attempt.password, slot) {
            (Some(password), Some(slot)) => {
                let hash = active.map(|(_, credentials)| &*credentials.password_hash);
                slot.verify(password, hash).await?
            }
            (Some(_), None) => false,
            (None, _) => true,
        };
        Ok(active
            .filter(|_| password_is_right)
            .and_then(|(user, credentials)| self.proven(user, credentials, attempt.code)))
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

    /// Off the request's way: whether there is something to write would tell whose name it is.
    fn note_refusal(&self, user: Option<User>, origin: &Origin) {
        let key = format!("refused {}", user.as_ref().map_or("", |user| &user.id));
        if !self.callers.is_use_due(&key, None, self.now(), REFUSAL_AUDITED_SECS) {
            return;
        }
        let (admin, network) = (self.clone(), origin.network.clone());
        tokio::spawn(async move {
            let noted = admin.audit_refusal(user.as_ref(), &network).await;
            noted.unwrap_or_else(|problem| {
                tracing::warn!(error = problem.detail(), "a refused sign-in was not noted");
            });
        });
    }

    async fn audit_refusal(&self, user: Option<&User>, network: &str) -> Result<(), Problem> {
        let mut tx = self.store().begin("server", self.now()).await?;
        tx.audit_refusal(user, network).await?;
        self.commit(tx).await
    }

    async fn refuse_again(
        &self,
        by: &Person,
        origin: &Origin,
        begun: u32,
    ) -> Result<Session, Problem> {
        let user = self.store().user_named(&by.name).await?.map(|(user, _)| user);
        self.note_refusal(user, origin);
        if begun < STEP_UP_FAILURES_MAX {
            return Err(wrong());
        }
        let mut tx = self.store().begin("server", self.now()).await?;
        tx.end_session(&by.session_id).await?;
        self.commit(tx).await?;
        Err(proved_wrong_too_often())
    }
}

fn wrong() -> Problem {
    let detail = "name, password or code is wrong, or the code was used already; \
                  wait for the next code and try again";
    Problem::new(Code::WrongCredentials, detail)
}

fn proved_wrong_too_often() -> Problem {
    let detail = format!(
        "{STEP_UP_FAILURES_MAX} codes in a row were wrong, and this session has ended; sign in again"
    );
    Problem::new(Code::SessionEnded, detail)
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
