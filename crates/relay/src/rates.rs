//! How often each caller may ask: a GCRA per caller, in a table of fixed size.
//!
//! Invariant: memory never grows. Two callers who meet in a slot share its rate; the place is drawn by
//! a keyed hash, so nobody can aim at another's, and a slot remembers only a burst's worth of time.

use std::time::Duration;

use tonegate_listener::{Gcra, Rate};

use crate::auth::{Principal, PrincipalKind};
use crate::config::RateLimit;
use crate::limits::RATE_SLOTS;

/// What callers have used of their rates.
pub(crate) struct Rates {
    api_key: Rate,
    jwt: Rate,
    slots: Box<[Gcra]>,
}

impl Rates {
    pub(crate) fn new(config: &RateLimit) -> Self {
        Self {
            api_key: Rate { per_second: config.api_key_per_second, burst: config.api_key_burst },
            jwt: Rate { per_second: config.jwt_per_second, burst: config.jwt_burst },
            slots: (0..RATE_SLOTS).map(|_| Gcra::default()).collect(),
        }
    }

    /// Charges one request at monotonic time `now`; `false`: over the rate.
    pub(crate) fn admit(&self, principal: &Principal, now: Duration) -> bool {
        let rate = match principal.kind {
            PrincipalKind::ApiKey => self.api_key,
            PrincipalKind::Jwt => self.jwt,
        };
        let slots = u64::try_from(self.slots.len()).unwrap_or(1);
        let slot = usize::try_from(principal.id_hash % slots).ok();
        slot.and_then(|slot| self.slots.get(slot)).is_none_or(|slot| slot.admit(rate, now))
    }
}
