//! Names that nobody has, and how often somebody tried them: they lock as others do, so that a lock
//! tells nobody whether a name is anybody's.
//!
//! Invariant: a bounded number of them; the one whose lock ends first makes room.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tonegate_server::model::{TokenHash, lock_secs};

use crate::limits::UNKNOWN_NAMES_MAX;

#[derive(Debug, Default)]
pub(crate) struct UnknownNames(Mutex<HashMap<TokenHash, Failures>>);

#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    in_a_row: u32,
    /// Unix seconds.
    locked_until: i64,
}

impl UnknownNames {
    /// Unix seconds; 0: not locked.
    pub(crate) fn locked_until(&self, name: &str) -> i64 {
        self.names().get(&TokenHash::of(name)).map_or(0, |failures| failures.locked_until)
    }

    pub(crate) fn count_failure(&self, name: &str, now: i64) {
        let (key, mut names) = (TokenHash::of(name), self.names());
        if names.len() >= UNKNOWN_NAMES_MAX && !names.contains_key(&key) {
            let first = names.iter().min_by_key(|(_, it)| it.locked_until).map(|(key, _)| *key);
            first.map(|first| names.remove(&first));
        }
        let failures = names.entry(key).or_default();
        failures.in_a_row = failures.in_a_row.saturating_add(1);
        let lock = lock_secs(failures.in_a_row);
        failures.locked_until = if lock == 0 { 0 } else { now + lock };
    }

    fn names(&self) -> MutexGuard<'_, HashMap<TokenHash, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_locks_and_a_flood_of_names_does_not_unlock_it() {
        let names = UnknownNames::default();
        for _ in 0..6 {
            names.count_failure("anna", 1_000);
        }
        assert_eq!(names.locked_until("anna"), 1_002);
        for number in 0..UNKNOWN_NAMES_MAX + 5 {
            names.count_failure(&number.to_string(), 1_000);
        }
        assert_eq!(names.locked_until("anna"), 1_002);
        assert_eq!(names.names().len(), UNKNOWN_NAMES_MAX);
    }
}
