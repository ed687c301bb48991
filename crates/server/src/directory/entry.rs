//! An app as the gateway sees it: its terms, its secrets, and what requests change.
//!
//! Invariant: 120 bytes, which with its two counts is the most that an allocation of 144 holds. What
//! only some apps have lies elsewhere.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tonegate_protocol::{AppId, ServerSecret};

use crate::model::{Generation, Licensee, SecretState};
use crate::store::SecretUse;
use tonegate_listener::Gcra;

/// An app in the directory.
#[derive(Debug)]
pub struct Entry {
    /// Its number.
    pub app_id: AppId,
    /// What it gets; `None`: the stored row breaks a rule (return code 100000011).
    pub app: Option<Licensee>,
    /// Its rate.
    pub rate: Gcra,
    /// The rate of those who hold a secret of it and may not use it: a stolen secret that was
    /// revoked must not use up the app's own.
    pub rate_of_refused: Gcra,
    first: Option<Secret>,
    /// For the days of a rotation.
    second: Option<Box<Secret>>,
}

/// A secret of an app, opened.
#[derive(Debug)]
pub struct Secret {
    /// Which one it is of all that the app ever had.
    pub generation: Generation,
    /// The secret.
    pub secret: ServerSecret,
    signs: Signs,
    /// First second at which it no longer signs, Unix, where it signs `Until`.
    until: i64,
    /// Unix seconds of the last good signature with it; 0: none since the start.
    last_used: AtomicI64,
    /// Was it used since the last use was written to the store?
    is_touched: AtomicBool,
}

/// [`SecretState`] without its time, which would take eight bytes more beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signs {
    Always,
    Until,
    Never,
}

impl Entry {
    /// Without secrets, and with all of its rates unused.
    #[must_use]
    pub fn new(app_id: AppId, app: Option<Licensee>) -> Self {
        Self {
            app_id,
            app,
            rate: Gcra::default(),
            rate_of_refused: Gcra::default(),
            first: None,
            second: None,
        }
    }

    /// Gives it a secret. It keeps the newest two.
    pub fn add_secret(&mut self, secret: Secret) {
        match &mut self.first {
            None => self.first = Some(secret),
            Some(first) if first.generation < secret.generation => {
                self.second = Some(Box::new(std::mem::replace(first, secret)));
            }
            Some(_) => {
                let newest = self.second.take().filter(|it| it.generation > secret.generation);
                self.second = Some(newest.unwrap_or_else(|| Box::new(secret)));
            }
        }
    }

    /// Its two secrets, newest first.
    #[must_use]
    pub fn secrets(&self) -> [Option<&Secret>; 2] {
        [self.first.as_ref(), self.second.as_deref()]
    }

    /// Unix seconds of the last good signature with any of its secrets; 0: none since the start.
    #[must_use]
    pub fn last_used(&self) -> i64 {
        self.secrets().into_iter().flatten().map(Secret::last_used).max().unwrap_or(0)
    }

    /// The uses of its secrets since the last call.
    pub(super) fn take_uses(&self) -> impl Iterator<Item = SecretUse> {
        self.secrets().into_iter().flatten().filter_map(|secret| {
            let (app, generation) = (self.app_id, secret.generation);
            secret.take_use().map(|at| SecretUse { app, generation, at })
        })
    }

    /// Takes the place of `before`. A request that is being decided meanwhile may charge the old one:
    /// then the app is given that request for nothing.
    pub(super) fn go_on_from(&self, before: &Self) {
        self.rate.go_on_from(&before.rate);
        self.rate_of_refused.go_on_from(&before.rate_of_refused);
        for secret in self.secrets().into_iter().flatten() {
            let mut old = before.secrets().into_iter().flatten();
            if let Some(old) = old.find(|old| old.generation == secret.generation) {
                // The old entry is in the list of those touched, if it was.
                secret.last_used.store(old.last_used(), Ordering::Relaxed);
            }
        }
    }
}

impl Secret {
    /// Not used yet.
    #[must_use]
    pub fn new(generation: Generation, state: SecretState, secret: ServerSecret) -> Self {
        let (signs, until) = match state {
            SecretState::Active => (Signs::Always, 0),
            SecretState::Retiring { until } => (Signs::Until, until),
            SecretState::Revoked => (Signs::Never, 0),
        };
        let (last_used, is_touched) = (AtomicI64::new(0), AtomicBool::new(false));
        Self { generation, secret, signs, until, last_used, is_touched }
    }

    /// Whether a signature made with it counts at `now` (Unix seconds).
    #[must_use]
    pub fn signs_at(&self, now: i64) -> bool {
        match self.signs {
            Signs::Always => true,
            Signs::Until => now < self.until,
            Signs::Never => false,
        }
    }

    /// What it is good for, as the store said.
    pub(crate) fn state(&self) -> SecretState {
        match self.signs {
            Signs::Always => SecretState::Active,
            Signs::Until => SecretState::Retiring { until: self.until },
            Signs::Never => SecretState::Revoked,
        }
    }

    /// Notes a good signature. Is it the first since [`take_use`](Self::take_use)?
    pub(super) fn touch(&self, now: i64) -> bool {
        // Most are the second's second: those write nothing that other threads read.
        if self.last_used() >= now || self.last_used.fetch_max(now, Ordering::Relaxed) >= now {
            return false;
        }
        !self.is_touched.swap(true, Ordering::AcqRel)
    }

    /// Notes a use that was taken and not written. Is it the first since it was?
    pub(super) fn touch_again(&self, at: i64) -> bool {
        self.last_used.fetch_max(at, Ordering::Relaxed);
        !self.is_touched.swap(true, Ordering::AcqRel)
    }

    /// Unix seconds of the last use, if there was one since the last call.
    fn take_use(&self) -> Option<i64> {
        // First the mark, then the time: a touch between them is told twice, never lost.
        self.is_touched.swap(false, Ordering::AcqRel).then(|| self.last_used())
    }

    fn last_used(&self) -> i64 {
        self.last_used.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_signs_as_its_state_says() {
        let text = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38").unwrap();
        for state in [
            SecretState::Active,
            SecretState::Retiring { until: 100 },
            SecretState::Retiring { until: 0 },
            SecretState::Revoked,
        ] {
            let secret = Secret::new(Generation(1), state, text.clone());
            for now in [i64::MIN, -1, 0, 99, 100, i64::MAX] {
                assert_eq!(secret.signs_at(now), state.signs_at(now), "{state:?} at {now}");
            }
        }
    }

    fn secret(generation: u32) -> Secret {
        let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38").unwrap();
        Secret::new(Generation(generation), SecretState::Active, secret)
    }

    #[test]
    fn an_entry_is_no_larger_than_its_allocation_allows() {
        assert!(size_of::<Entry>() <= 120, "{} bytes", size_of::<Entry>());
    }

    #[test]
    fn the_newest_two_secrets_are_kept_in_whatever_order_they_come() {
        for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
            let mut entry = Entry::new(AppId(1), None);
            order.into_iter().for_each(|generation| entry.add_secret(secret(generation)));
            let kept = entry.secrets().map(|secret| secret.unwrap().generation.0);
            assert_eq!(kept, [3, 2], "{order:?}");
        }
    }

    #[test]
    fn the_first_use_after_each_writing_is_told_once() {
        let secret = secret(1);
        assert_eq!(secret.take_use(), None);
        assert_eq!([5, 5, 6, 4].map(|now| secret.touch(now)), [true, false, false, false]);
        assert_eq!((secret.take_use(), secret.take_use()), (Some(6), None));
        assert!(!secret.touch(6), "the store knows that second");
        assert!(secret.touch(7));
    }
}
