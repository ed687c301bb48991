//! When the database was last heard of, in a way that neither a restart nor a clock can better.
//!
//! Invariant: the age never falls but by a contact. It runs with the monotonic clock, or with gateway time
//! where that is ahead (a machine that slept); over a restart it goes on from what was written, so a
//! clock that was set back gives no time, and one that is before what was written is not believed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::limits::CLOCK_BACK_MAX_SECS;

/// What is written of the last contact. Gateway time, Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contact {
    /// When it was.
    pub(crate) at: i64,
    /// How long ago that was when this was written, seconds.
    pub(crate) age: i64,
    /// When this was written.
    pub(crate) written_at: i64,
    /// How many servers there were, as far as was known.
    pub(crate) nodes: u32,
}

/// The last contact of a running server.
#[derive(Debug)]
pub(crate) struct LastContact {
    last: Mutex<Last>,
    /// Longest time to go on without one, seconds; `None`: for ever.
    limit: Option<i64>,
    is_too_old: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: i64,
    /// Its age at `since`.
    age: i64,
    since: Duration,
}

impl Contact {
    /// Its age at `now`. `Err`: so many seconds is the clock before what was written.
    pub(crate) fn age_at(self, now: i64) -> Result<i64, i64> {
        let since = now.saturating_sub(self.written_at);
        if since < -CLOCK_BACK_MAX_SECS {
            return Err(since.saturating_neg());
        }
        Ok(self.age.max(0).saturating_add(since.max(0)))
    }
}

impl LastContact {
    /// A contact at `now`.
    pub(crate) fn new(now: Moment, limit: Option<i64>) -> Self {
        let last = Last { at: now.now, age: 0, since: now.monotonic };
        Self { last: Mutex::new(last), limit, is_too_old: AtomicBool::new(false) }
    }

    /// Goes on from an earlier life's: its age is `age` at `now`.
    pub(crate) fn goes_on_from(&self, contact: Contact, age: i64, now: Moment) {
        *self.lock() = Last { at: contact.at, age, since: now.monotonic };
        self.look(now);
    }

    /// The database has answered.
    pub(crate) fn made(&self, now: Moment) {
        *self.lock() = Last { at: now.now, age: 0, since: now.monotonic };
        self.look(now);
    }

    /// Seconds since the last.
    pub(crate) fn age(&self, now: Moment) -> i64 {
        self.lock().age(now)
    }

    /// To be written, with how many servers there are.
    pub(crate) fn as_of(&self, now: Moment, nodes: u32) -> Contact {
        let last = *self.lock();
        Contact { at: last.at, age: last.age(now), written_at: now.now, nodes }
    }

    /// Whether it is too long ago to go on. Did that change?
    pub(crate) fn look(&self, now: Moment) -> bool {
        let is = self.limit.is_some_and(|limit| self.age(now) > limit);
        self.is_too_old.swap(is, Ordering::Relaxed) != is
    }

    /// As of the last [`look`](Self::look).
    pub(crate) fn is_too_old(&self) -> bool {
        self.is_too_old.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Last {
    fn age(self, now: Moment) -> i64 {
        let ran = now.monotonic.saturating_sub(self.since).as_secs();
        self.age.saturating_add_unsigned(ran).max(now.now.saturating_sub(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_840_000;

    fn at(now: i64, monotonic: u64) -> Moment {
        Moment { now, monotonic: Duration::from_secs(monotonic) }
    }

    #[test]
    fn its_age_follows_whichever_clock_is_ahead() {
        let contact = LastContact::new(at(NOW, 100), Some(3_600));
        assert_eq!(contact.age(at(NOW + 50, 150)), 50);
        assert_eq!(contact.age(at(NOW - 9_000, 150)), 50, "a clock that was set back");
        assert_eq!(contact.age(at(NOW + 900, 150)), 900, "a machine that slept");
        contact.look(at(NOW, 100 + 3_601));
        assert!(contact.is_too_old(), "though the clock stands");
        contact.made(at(NOW, 100 + 3_601));
        assert!(!contact.is_too_old());
    }

    #[test]
    fn a_restart_takes_nothing_off_it() {
        let first = LastContact::new(at(NOW, 0), Some(3_600));
        let written = first.as_of(at(NOW + 1_000, 1_000), 4);
        assert_eq!(written, Contact { at: NOW, age: 1_000, written_at: NOW + 1_000, nodes: 4 });
        assert_eq!(written.age_at(NOW + 1_500), Ok(1_500));
        assert_eq!(written.age_at(NOW + 990), Ok(1_000), "a little behind");
        assert_eq!(written.age_at(NOW - 9_000), Err(10_000), "set back");
        let next = LastContact::new(at(NOW + 990, 0), Some(3_600));
        next.goes_on_from(written, 1_000, at(NOW + 990, 0));
        assert_eq!(next.age(at(NOW + 1_000, 10)), 1_010);
        next.goes_on_from(written, 3_601, at(NOW + 990, 0));
        assert!(next.is_too_old());
    }

    #[test]
    fn without_a_limit_it_is_never_too_old() {
        let contact = LastContact::new(at(NOW, 0), None);
        assert!(!contact.look(at(i64::MAX, u64::MAX / 2)) && !contact.is_too_old());
    }
}
