//! A host that fails again and again is left alone for a while, so that nobody waits for it.
//!
//! Invariant: while it is left alone, one request at a time goes through to see whether it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits::{BREAKER_FAILURES, BREAKER_OPEN};
use crate::{FetchError, schedule};

/// What one host has done lately.
#[derive(Debug)]
pub(crate) struct Breaker {
    record: Mutex<Record>,
    /// How long a request may take: so long the others wait for it.
    request: Duration,
}

#[derive(Debug, Default)]
struct Record {
    failures: u32,
    last: Option<FetchError>,
    /// Monotonic time of the next request that goes through.
    retry_at: Duration,
}

impl Breaker {
    /// Of a host whose requests take `request` at most.
    pub(crate) fn new(request: Duration) -> Self {
        Self { record: Mutex::default(), request }
    }

    /// May a request go to the host at monotonic time `now`? `Err`: it is left alone. While the host is
    /// out of order, the others wait for the outcome of the one that goes.
    pub(crate) fn admit(&self, now: Duration) -> Result<(), FetchError> {
        let mut record = self.record();
        record.look(now)?;
        record.retry_at = now + self.request;
        Ok(())
    }

    /// The host has answered as it should.
    pub(crate) fn succeeded(&self) {
        *self.record() = Record::default();
    }

    /// The host has failed.
    pub(crate) fn failed(&self, error: FetchError, now: Duration) {
        let mut record = self.record();
        record.failures = record.failures.saturating_add(1);
        record.last = Some(error);
        let opened = record.failures.saturating_sub(BREAKER_FAILURES);
        record.retry_at = now + schedule::growing(BREAKER_OPEN, opened);
    }

    /// Is it left alone at the moment?
    pub(crate) fn is_open(&self, now: Duration) -> bool {
        self.record().look(now).is_err()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn look(&self, now: Duration) -> Result<(), FetchError> {
        match &self.last {
            Some(last) if self.failures >= BREAKER_FAILURES && now < self.retry_at => {
                let retry_after = self.retry_at.saturating_sub(now);
                Err(FetchError::LeftAlone { why: Box::new(last.clone()), retry_after })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_failing_host_is_left_alone_longer_each_time_but_for_one_request() {
        let breaker = Breaker::new(3 * SECOND);
        let mut now = SECOND;
        for _ in 0..BREAKER_FAILURES {
            assert!(breaker.admit(now).is_ok());
            breaker.failed(FetchError::NoRandomness, now);
        }
        for wait in [5, 10, 20, 40, 60, 60] {
            let FetchError::LeftAlone { retry_after: left, .. } = breaker.admit(now).unwrap_err()
            else {
                unreachable!()
            };
            assert_eq!(left, wait * SECOND);
            now += left;
            assert!(breaker.admit(now).is_ok(), "one goes through");
            assert!(breaker.admit(now).is_err(), "and only one");
            breaker.failed(FetchError::NoRandomness, now);
        }
        breaker.succeeded();
        assert!(breaker.admit(now).is_ok() && breaker.admit(now).is_ok());
        assert!(!breaker.is_open(now));
    }
}
