//! Whether a request gets a licence: the published checks in the published order
//! (docs/PROTOCOL.md §5).
//!
//! Invariant: a signature is accepted once, and it is remembered under every behaviour. Time is an
//! argument; there is no network limit and no other environment.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tonegate_protocol::limits::WINDOW_SECS;
use tonegate_protocol::{
    ACTION, AppId, PublicParameters, Refusal, ReturnCode, ServerSecret, Signature,
};

use crate::SECRET;
use crate::limits::REQUESTS_PER_SECOND;

/// What the gateway knows of apps and their requests.
#[derive(Default)]
pub(crate) struct Gateway {
    /// Those that are not [`SECRET`].
    pub(crate) secrets: HashMap<u32, ServerSecret>,
    /// Refuses more than 20 requests per second and app.
    pub(crate) enforces_rate: bool,
    used: HashSet<(AppId, Signature)>,
    /// By app, when its next request is due at 20 a second, on the monotonic clock.
    due: HashMap<AppId, Duration>,
}

impl Gateway {
    /// Checks the query of a request at Unix second `now`, `monotonic` on the other clock.
    pub(crate) fn admit(
        &mut self,
        query: &str,
        now: i64,
        monotonic: Duration,
    ) -> Result<AppId, Refusal> {
        let request = PublicParameters::parse(query)?;
        let app_id = request.app_id;
        in_window(request.timestamp, now)?;
        let signature = request.signature.filter(|_| request.is_signed_with(&self.secret(app_id)));
        let signature = signature.ok_or(ReturnCode::SignatureInvalid)?;
        if self.used.contains(&(app_id, signature)) {
            let hint = "this signature was already used; sign each request anew";
            return Err(Refusal::new(ReturnCode::SignatureInvalid, hint));
        }
        if self.enforces_rate && !self.is_in_rate(app_id, monotonic) {
            return Err(ReturnCode::RateLimited.into());
        }
        self.used.insert((app_id, signature));
        if request.action == ACTION {
            Ok(app_id)
        } else {
            Err(ReturnCode::ActionUnsupported.into())
        }
    }

    fn secret(&self, app_id: AppId) -> ServerSecret {
        let own = self.secrets.get(&app_id.0).cloned();
        own.unwrap_or_else(|| ServerSecret::new(SECRET).expect("the published sample is a secret"))
    }

    /// GCRA: a second's worth at once, then 20 a second.
    fn is_in_rate(&mut self, app_id: AppId, now: Duration) -> bool {
        let due = self.due.entry(app_id).or_default();
        let next = now.max(*due) + Duration::from_secs(1) / REQUESTS_PER_SECOND;
        let passes = next <= now + Duration::from_secs(1);
        if passes {
            *due = next;
        }
        passes
    }
}

fn in_window(timestamp: i64, now: i64) -> Result<(), Refusal> {
    let behind = now.saturating_sub(timestamp);
    if behind.unsigned_abs() <= WINDOW_SECS.unsigned_abs() {
        return Ok(());
    }
    let direction = if behind > 0 { "behind" } else { "ahead" };
    let hint = format!("server time {now}, request is {} s {direction}", behind.unsigned_abs());
    Err(Refusal::new(ReturnCode::SignatureExpired, hint))
}
