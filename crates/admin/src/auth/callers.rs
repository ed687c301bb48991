//! What is remembered of callers who are known: how often they ask, which uses were noted, and how often
//! a session failed to prove again whose it is.
//!
//! Invariant: only who proved a credential gets in, so there are no more than people and tokens; at a
//! bound, everything is forgotten, which costs a burst.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tonegate_listener::Gcra;

use crate::limits::{CALLER_RATE, CALLERS_MAX};
use crate::problem::{Code, Problem};

/// Each lock guards its own map.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// By the caller's key.
    rates: Mutex<HashMap<String, Gcra>>,
    /// Unix seconds of the last use that was written, by the credential's id.
    noted: Mutex<HashMap<String, i64>>,
    /// Proofs begun since the last good one, by the session's id.
    proofs: Mutex<HashMap<String, u32>>,
}

impl Callers {
    /// Charges one request. `Err(TooManyRequests)`.
    pub(crate) fn admit(&self, key: &str, monotonic: Duration) -> Result<(), Problem> {
        let passes = bounded(&self.rates, |rates| {
            rates.entry(key.to_owned()).or_default().admit(CALLER_RATE, monotonic)
        });
        if passes {
            return Ok(());
        }
        let detail = format!(
            "you send more than {} requests a second; wait a second, then go on slower",
            CALLER_RATE.per_second
        );
        Err(Problem::new(Code::TooManyRequests, detail).retry_after(1))
    }

    /// Is a use at `now` to be written, when the store knows of `last`? At most once in `every`
    /// seconds, however many ask at once.
    pub(crate) fn is_use_due(&self, id: &str, last: Option<i64>, now: i64, every: i64) -> bool {
        let is_old = |last: i64| now - last >= every;
        bounded(&self.noted, |noted| {
            if !last.is_none_or(is_old) || noted.get(id).is_some_and(|last| !is_old(*last)) {
                return false;
            }
            noted.insert(id.to_owned(), now);
            true
        })
    }

    /// Counts one more proof that a session shows, and says how many there were since the last good one.
    /// Before it is judged, so that many at once are no more than the same one after another.
    pub(crate) fn begin_proof(&self, session_id: &str) -> u32 {
        bounded(&self.proofs, |proofs| {
            let begun = proofs.entry(session_id.to_owned()).or_default();
            *begun = begun.saturating_add(1);
            *begun
        })
    }

    /// Takes one back that was not judged.
    pub(crate) fn take_proof_back(&self, session_id: &str) {
        bounded(&self.proofs, |proofs| {
            proofs
                .entry(session_id.to_owned())
                .and_modify(|begun| *begun = begun.saturating_sub(1));
        });
    }

    /// The session's proof was good.
    pub(crate) fn forget_proofs(&self, session_id: &str) {
        bounded(&self.proofs, |proofs| proofs.remove(session_id));
    }
}

fn bounded<T, R>(
    map: &Mutex<HashMap<String, T>>,
    look: impl FnOnce(&mut HashMap<String, T>) -> R,
) -> R {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= CALLERS_MAX {
        map.clear();
    }
    look(&mut map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_rate_of_its_own() {
        let (callers, now) = (Callers::default(), Duration::from_secs(9));
        let passed = (0..1_000).filter(|_| callers.admit("a", now).is_ok()).count();
        assert_eq!(passed, 200);
        assert!(callers.admit("b", now).is_ok());
        assert!(callers.admit("a", now + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn a_use_is_due_once_a_minute() {
        let callers = Callers::default();
        assert!(callers.is_use_due("a", None, 1_000, 60));
        assert!(!callers.is_use_due("a", None, 1_059, 60));
        assert!(!callers.is_use_due("b", Some(1_000), 1_059, 60));
        assert!(callers.is_use_due("a", Some(1_000), 1_060, 60));
    }
}
