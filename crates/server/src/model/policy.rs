//! What of an app its requests ask: all of it but what is for people (name, note, dates).
//!
//! Invariant: as for [`App`], every rule has been checked. A [`Licensee`] is made to be held a million
//! times: what many apps have in common is one [`Policy`], which [`Policies`] hands to each of them.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use ipnet::IpNet;
use tonegate_protocol::AppId;

use super::app::check_period;
use super::{
    App, AppSettings, AppStatus, Binding, Environment, ExpiryRule, FeatureGrant, ModelError,
    NonceProfile, ReplayMode,
};

/// An app as requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licensee {
    /// Its number.
    pub id: AppId,
    /// Raised by every change of the app.
    pub rev: u32,
    /// When it is entitled to anything.
    pub entitlement: Entitlement,
    /// Everything else.
    pub policy: Arc<Policy>,
}

/// A period, open at either end or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entitlement {
    /// `i64::MIN`: no begin.
    from: i64,
    /// `i64::MAX`: no end.
    until: i64,
}

/// What an app may share with others. The fields are those of [`AppSettings`], and its status.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is documented where it comes from, in AppSettings")]
pub struct Policy {
    pub status: AppStatus,
    pub environment: Environment,
    pub service_enabled: bool,
    pub replay_mode: ReplayMode,
    pub nonce_profile: NonceProfile,
    pub lifetime: u32,
    pub rate_per_second: u32,
    pub features: Arc<[FeatureGrant]>,
    pub on_expiry: Arc<[ExpiryRule]>,
    pub bind: Arc<[Binding]>,
    pub allowed_networks: Arc<[IpNet]>,
}

impl Entitlement {
    /// From `from` until before `until`, Unix seconds; `None`: open. `Err(Range)`, `Err(Period)`.
    pub fn new(from: Option<i64>, until: Option<i64>) -> Result<Self, ModelError> {
        check_period("entitlement_until", from, until)?;
        Ok(Self::of_checked(from, until))
    }

    fn of_checked(from: Option<i64>, until: Option<i64>) -> Self {
        Self { from: from.unwrap_or(i64::MIN), until: until.unwrap_or(i64::MAX) }
    }

    /// Has it begun at `now`?
    #[must_use]
    pub fn has_begun(self, now: i64) -> bool {
        now >= self.from
    }

    /// Has it ended at `now`?
    #[must_use]
    pub fn has_ended(self, now: i64) -> bool {
        now >= self.until
    }

    /// Its first second, Unix; `None`: without begin.
    #[must_use]
    pub fn from(self) -> Option<i64> {
        (self.from != i64::MIN).then_some(self.from)
    }

    /// First second after it, Unix; `None`: without end.
    #[must_use]
    pub fn until(self) -> Option<i64> {
        (self.until != i64::MAX).then_some(self.until)
    }
}

impl Policy {
    /// Of settings that were checked, and a status.
    pub(crate) fn of(status: AppStatus, settings: AppSettings) -> Self {
        Self {
            status,
            environment: settings.environment,
            service_enabled: settings.service_enabled,
            replay_mode: settings.replay_mode,
            nonce_profile: settings.nonce_profile,
            lifetime: settings.lifetime,
            rate_per_second: settings.rate_per_second,
            features: settings.features.into(),
            on_expiry: settings.on_expiry.into(),
            bind: settings.bind.into(),
            allowed_networks: settings.allowed_networks.into(),
        }
    }

    /// The settings that it was made of; what is for people, or for one app alone, is not in them.
    pub(crate) fn settings(&self) -> AppSettings {
        AppSettings {
            environment: self.environment,
            service_enabled: self.service_enabled,
            lifetime: self.lifetime,
            rate_per_second: self.rate_per_second,
            replay_mode: self.replay_mode,
            nonce_profile: self.nonce_profile,
            features: self.features.to_vec(),
            on_expiry: self.on_expiry.to_vec(),
            bind: self.bind.to_vec(),
            allowed_networks: self.allowed_networks.to_vec(),
            ..AppSettings::named("-")
        }
    }
}

impl From<&App> for Licensee {
    fn from(app: &App) -> Self {
        let settings = app.settings();
        let entitlement =
            Entitlement::of_checked(settings.entitlement_from, settings.entitlement_until);
        let policy = Arc::new(Policy::of(app.status, settings.clone()));
        Self { id: app.id, rev: app.rev, entitlement, policy }
    }
}

/// The policies in use, each once.
#[derive(Debug, Default)]
pub struct Policies {
    whole: Shared<Policy>,
    features: Shared<[FeatureGrant]>,
    on_expiry: Shared<[ExpiryRule]>,
    bind: Shared<[Binding]>,
    allowed_networks: Shared<[IpNet]>,
}

impl Policies {
    /// The one policy that is equal to this one. Apps that differ in one list share the others.
    pub(crate) fn share(&mut self, policy: Policy) -> Arc<Policy> {
        self.whole.share(Arc::new(Policy {
            features: self.features.share(policy.features),
            on_expiry: self.on_expiry.share(policy.on_expiry),
            bind: self.bind.share(policy.bind),
            allowed_networks: self.allowed_networks.share(policy.allowed_networks),
            ..policy
        }))
    }
}

/// Equal values, held once for as long as anybody else holds them.
#[derive(Debug)]
struct Shared<T: ?Sized> {
    values: HashSet<Arc<T>>,
    /// How many there may be before those that nobody holds any more are dropped.
    sweep_at: usize,
}

/// Below, a sweep is not worth its while.
const SWEEP_AT_LEAST: usize = 1_024;

impl<T: ?Sized + Eq + Hash> Shared<T> {
    fn share(&mut self, value: Arc<T>) -> Arc<T> {
        if let Some(known) = self.values.get(&*value) {
            return Arc::clone(known);
        }
        if self.values.len() >= self.sweep_at {
            self.values.retain(|value| Arc::strong_count(value) > 1);
            self.sweep_at = SWEEP_AT_LEAST.max(2 * self.values.len());
        }
        self.values.insert(Arc::clone(&value));
        value
    }
}

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self { values: HashSet::new(), sweep_at: SWEEP_AT_LEAST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(lifetime: u32, binding: u8) -> Policy {
        let settings = AppSettings {
            lifetime,
            features: vec![FeatureGrant::unlimited("ans".parse().unwrap())],
            bind: vec![Binding([binding; 16])],
            ..AppSettings::named("a")
        };
        Policy::of(AppStatus::Active, settings)
    }

    #[test]
    fn equal_policies_are_one_and_others_share_what_lists_they_can() {
        let mut policies = Policies::default();
        let [one, same, other] = [(3_600, 1), (3_600, 1), (3_600, 2)]
            .map(|(ttl, bind)| policies.share(policy(ttl, bind)));
        assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other));
        assert!(Arc::ptr_eq(&one.features, &other.features));
        assert!(!Arc::ptr_eq(&one.bind, &other.bind));
    }

    #[test]
    fn a_policy_that_nobody_has_any_more_is_not_kept() {
        let mut policies = Policies::default();
        let kept = policies.share(policy(3_600, 0));
        for lifetime in 0..100_000 {
            policies.share(policy(lifetime, 0));
        }
        assert!(policies.whole.values.len() <= SWEEP_AT_LEAST);
        assert!(Arc::ptr_eq(&kept, &policies.share(policy(3_600, 0))));
    }

    #[test]
    fn an_entitlement_holds_from_its_first_second_to_before_its_end() {
        let period = Entitlement::new(Some(10), Some(20)).unwrap();
        assert!(!period.has_begun(9) && period.has_begun(10));
        assert!(!period.has_ended(19) && period.has_ended(20));
        let open = Entitlement::new(None, None).unwrap();
        assert!(open.has_begun(i64::MIN) && !open.has_ended(253_402_300_799));
        assert_eq!((open.until(), period.until()), (None, Some(20)));
        assert!(Entitlement::new(Some(5), Some(5)).is_err());
    }
}
