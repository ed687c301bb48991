//! Passwords: which are good enough, and how they are kept.
//!
//! Invariants: two at a time are worked on, so that a flood of sign-ins takes 38 MiB and not all there
//! is; a name that nobody has costs the same time as one that somebody has.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;
use zxcvbn::Score;

use crate::limits::{PASSWORD_CHARS, PASSWORDS_AT_ONCE, PASSWORDS_WAITING};
use crate::problem::{Code, Problem};

/// Compared with where there is nothing to compare with; no password is known that has it.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$dG9uZWdhdGUgbm9ib2R5cw$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who may work on a password now.
#[derive(Debug)]
pub(crate) struct Passwords {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Leave to work on one password at a time, until dropped.
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(PASSWORDS_WAITING)),
        }
    }
}

impl Passwords {
    /// Waits for leave. `Err(TooManyRequests)`: too many are waiting.
    pub(crate) async fn slot(&self) -> Result<Slot, Problem> {
        let busy = || {
            let detail = "too many people sign in at this moment; try again in a second";
            Problem::new(Code::TooManyRequests, detail).retry_after(1)
        };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        self.slot_of_known().await
    }

    /// The same for somebody who is known: however many strangers wait, this one waits too, behind no
    /// more of them than may.
    pub(crate) async fn slot_of_known(&self) -> Result<Slot, Problem> {
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| failed())?;
        Ok(Slot { _permit: permit })
    }
}

impl Slot {
    /// What to keep of a password. `own`: words that everybody would try first.
    ///
    /// `Err(PasswordTooWeak)`: with a hint in `errors`.
    pub(crate) async fn hash(&self, password: &str, own: &str) -> Result<String, Problem> {
        check_length(password)?;
        let (password, own) = (Zeroizing::new(password.to_owned()), own.to_owned());
        blocking(move || {
            check_strength(&password, &own)?;
            let mut salt = [0; 16];
            aws_lc_rs::rand::fill(&mut salt).map_err(|_| failed())?;
            let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
            Ok(hash.map_err(|_| failed())?.to_string())
        })
        .await?
    }

    /// Is it the password of this hash? `None`: nobody's, after the same time.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Problem> {
        // Longer ones are nobody's, and cost nothing to refuse.
        if password.chars().count() > *PASSWORD_CHARS.end() {
            return Ok(false);
        }
        let password = Zeroizing::new(password.to_owned());
        let (is_somebodys, hash) = (hash.is_some(), hash.unwrap_or(NOBODYS).to_owned());
        blocking(move || {
            let is_equal = argon2()?.verify_password(password.as_bytes(), hash.as_str()).is_ok();
            Ok(is_equal && is_somebodys)
        })
        .await?
    }
}

/// The parameters that OWASP recommends: 19 MiB, two passes, one lane.
fn argon2() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(19_456, 2, 1, None).map_err(|_| failed())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Off the threads that answer.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| failed())
}

fn check_length(password: &str) -> Result<(), Problem> {
    if PASSWORD_CHARS.contains(&password.chars().count()) {
        return Ok(());
    }
    let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
    Err(weak(format!(
        "a password has {least} to {most} characters; choose a longer one, or a shorter one"
    )))
}

fn check_strength(password: &str, own: &str) -> Result<(), Problem> {
    let entropy = zxcvbn::zxcvbn(password, &[own, "tonegate"]);
    if entropy.score() >= Score::Three {
        return Ok(());
    }
    let feedback = entropy.feedback();
    let mut hints: Vec<String> = Vec::new();
    if let Some(warning) = feedback.and_then(|feedback| feedback.warning()) {
        hints.push(warning.to_string());
    }
    for suggestion in feedback.map_or(&[][..], |feedback| feedback.suggestions()) {
        hints.push(suggestion.to_string());
    }
    if hints.is_empty() {
        hints.push("Add another word or two. Uncommon words are better.".to_owned());
    }
    Err(weak(hints.join(" ")))
}

fn weak(hint: String) -> Problem {
    let detail = "this password would be found by guessing; choose another";
    Problem::new(Code::PasswordTooWeak, detail).at("password", hint)
}

fn failed() -> Problem {
    Problem::new(Code::Internal, "the password could not be worked on; the system lacks memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let slot = Passwords::default().slot().await.unwrap();
        let hash = slot.hash("correct horse staple 7", "anna").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(slot.verify("correct horse staple 7", Some(&hash)).await.unwrap());
        for wrong in ["correct horse staple 8", "", &"a".repeat(10_000)] {
            assert!(!slot.verify(wrong, Some(&hash)).await.unwrap());
        }
        assert!(!slot.verify("correct horse staple 7", None).await.unwrap());
        assert!(!slot.verify("correct horse staple 7", Some("damaged")).await.unwrap());
        // The one that stands for nobody is well formed, or it would cost no time.
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODYS).is_ok());
    }

    #[test]
    fn what_is_guessed_first_is_refused_with_a_hint() {
        for weak in ["password1234", "tonegate2024", "anna.maria1", "qwertyuiop", "aaaaaaaaaaaa"] {
            let problem = check_strength(weak, "anna.maria").unwrap_err();
            assert_eq!(problem.code, Code::PasswordTooWeak, "{weak}");
        }
        assert!(check_strength("correct horse staple 7", "anna").is_ok());
        assert!(check_length("1234567").is_err() && check_length(&"a".repeat(257)).is_err());
        assert!(check_length("äääääääß").is_ok());
    }

    #[tokio::test]
    async fn a_flood_is_refused_and_not_queued_for_ever() {
        let passwords = Arc::new(Passwords::default());
        let (one, _two) = (passwords.slot().await, passwords.slot().await);
        let waiting: Vec<_> = (0..PASSWORDS_WAITING)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.slot().await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(
            matches!(passwords.slot().await, Err(problem) if problem.code == Code::TooManyRequests)
        );
        drop(one);
        for waiter in waiting {
            waiter.await.unwrap().unwrap();
        }
    }
}
