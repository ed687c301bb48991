//! An app and its settings.
//!
//! Invariant: [`App`] only exists with settings that [`AppSettings::checked`] has passed: lists
//! sorted and unique, numbers in their bounds. Every change of an app raises `rev`, because equal
//! (hour, rev, serial) must mean equal licence bytes on every node.

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use tonegate_protocol::AppId;

use super::text::{self, words};
use super::{Binding, ExpiryRule, FeatureGrant, ModelError, bounds, check_text};

words! {
    /// The world that an app, and a server, belongs to. One never answers for the other.
    Environment in "environment" {
        /// Real users.
        Production = "production",
        /// Development and CI.
        Test = "test",
    }
}

words! {
    /// Whether an app gets licences at all.
    AppStatus in "status" {
        /// It does.
        Active = "active",
        /// It does not, until it is resumed.
        Suspended = "suspended",
    }
}

words! {
    /// What a repeated signature gets (docs/PROTOCOL.md §5, "Repeated signatures").
    ReplayMode in "replay_mode" {
        /// A refusal.
        Once = "once",
        /// The answer again, charged again.
        Repeatable = "repeatable",
    }
}

words! {
    /// Which `SignatureNonce` an app may send (docs/PROTOCOL.md §2).
    NonceProfile in "nonce_profile" {
        /// 1–52 bytes without control characters.
        Any = "any",
        /// Exactly 16 hex characters, as published.
        Hex16 = "hex16",
    }
}

/// What an operator decides about an app. A draft until [`AppSettings::checked`] has passed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppSettings {
    /// For people; 1–64 characters.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// The world it belongs to.
    #[serde(default = "production")]
    pub environment: Environment,
    /// Whether the audio licence service is switched on.
    #[serde(default = "yes")]
    pub service_enabled: bool,
    /// What its licences unlock; at most 16, sorted by name.
    #[serde(default)]
    #[schema(max_items = 16)]
    pub features: Vec<FeatureGrant>,
    /// First second of its entitlement, Unix; `None`: from the beginning.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 253402300799_i64)]
    pub entitlement_from: Option<i64>,
    /// First second after its entitlement, Unix; `None`: without end.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 253402300799_i64)]
    pub entitlement_until: Option<i64>,
    /// How long a licence lasts at least, in seconds: 3,600–1,209,600.
    #[serde(default = "lifetime")]
    #[schema(minimum = 3600, maximum = 1209600)]
    pub lifetime: u32,
    /// Requests per second: 1–100,000.
    #[serde(default = "rate_per_second")]
    #[schema(minimum = 1, maximum = 100000)]
    pub rate_per_second: u32,
    /// What a repeated signature gets.
    #[serde(default = "once")]
    pub replay_mode: ReplayMode,
    /// Which nonces are accepted.
    #[serde(default = "any_nonce")]
    pub nonce_profile: NonceProfile,
    /// What happens to a feature when the licence expires; at most one rule a feature, sorted.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 16)]
    pub on_expiry: Vec<ExpiryRule>,
    /// App identities its licences are bound to; none: not bound. At most 8, sorted.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 8)]
    pub bind: Vec<Binding>,
    /// Networks it may be called from; none: any. At most 64, sorted, host bits zero.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 64)]
    pub allowed_networks: Vec<IpNet>,
    /// For people; at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: String,
    /// For people, to find apps by; at most 16 of 1–32 characters, sorted.
    #[serde(default)]
    #[schema(max_items = 16)]
    pub tags: Vec<String>,
}

/// An app that obeys every rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct App {
    /// Its number.
    pub id: AppId,
    /// Whether it gets licences.
    pub status: AppStatus,
    /// Raised by every change of status or settings; 1 for a new app.
    pub rev: u32,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last change of status or settings.
    pub updated_at: i64,
    #[serde(flatten)]
    settings: AppSettings,
}

impl AppSettings {
    /// The defaults, under this name, with no features.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            environment: production(),
            service_enabled: yes(),
            features: Vec::new(),
            entitlement_from: None,
            entitlement_until: None,
            lifetime: lifetime(),
            rate_per_second: rate_per_second(),
            replay_mode: once(),
            nonce_profile: any_nonce(),
            on_expiry: Vec::new(),
            bind: Vec::new(),
            allowed_networks: Vec::new(),
            note: String::new(),
            tags: Vec::new(),
        }
    }

    /// The same with its lists sorted, if it obeys every rule; otherwise the first rule it breaks.
    pub fn checked(mut self) -> Result<Self, ModelError> {
        check_text("name", &self.name, bounds::NAME)?;
        check_text("note", &self.note, bounds::NOTE)?;
        self.tags.iter().try_for_each(|tag| check_text("tags", tag, bounds::TAG))?;
        check_range("lifetime", self.lifetime, bounds::LIFETIME)?;
        check_range("rate_per_second", self.rate_per_second, bounds::RATE_PER_SECOND)?;
        check_period("entitlement_until", self.entitlement_from, self.entitlement_until)?;
        self.sort_lists()?;
        self.features.iter().try_for_each(FeatureGrant::check)?;
        self.on_expiry.iter().try_for_each(ExpiryRule::check)?;
        self.check_rules_have_features()?;
        Ok(self)
    }

    /// `Err(Hidden)`: text that is new here does not show. What stays as it was `before` may stay.
    pub(crate) fn check_shown(&self, before: Option<&Self>) -> Result<(), ModelError> {
        let is_new = |text: fn(&Self) -> &str| before.is_none_or(|it| text(it) != text(self));
        if is_new(|it| &it.name) {
            text::check_shown("name", &self.name)?;
        }
        if is_new(|it| &it.note) {
            text::check_shown("note", &self.note)?;
        }
        let had = |tag: &String| before.is_some_and(|it| it.tags.contains(tag));
        let mut new = self.tags.iter().filter(|tag| !had(tag));
        new.try_for_each(|tag| text::check_shown("tags", tag))
    }

    fn sort_lists(&mut self) -> Result<(), ModelError> {
        for network in &mut self.allowed_networks {
            *network = network.trunc();
        }
        sort_unique("features", &mut self.features, bounds::FEATURES_MAX, |grant| &grant.name)?;
        sort_unique("on_expiry", &mut self.on_expiry, bounds::FEATURES_MAX, |rule| &rule.feature)?;
        sort_unique("bind", &mut self.bind, bounds::BIND_MAX, |binding| binding)?;
        sort_unique("tags", &mut self.tags, bounds::TAGS_MAX, |tag| tag)?;
        sort_unique("allowed_networks", &mut self.allowed_networks, bounds::NETWORKS_MAX, |net| net)
    }

    /// A rule about a feature that the app lacks is most likely a typing error.
    fn check_rules_have_features(&self) -> Result<(), ModelError> {
        let granted = |rule: &ExpiryRule| self.features.iter().any(|f| f.name == rule.feature);
        match self.on_expiry.iter().find(|rule| !granted(rule)) {
            Some(rule) => Err(ModelError::ExpiryRuleAlone { feature: rule.feature.to_string() }),
            None => Ok(()),
        }
    }
}

impl App {
    /// A new, active app. `rev`: 1, or one more than the last of a deleted app with this number.
    pub fn new(id: AppId, rev: u32, settings: AppSettings, now: i64) -> Result<Self, ModelError> {
        let status = AppStatus::Active;
        let settings = settings.checked()?;
        Ok(Self { id, status, rev, created_at: now, updated_at: now, settings })
    }

    /// What the operator decided.
    pub fn settings(&self) -> &AppSettings {
        &self.settings
    }

    /// The same app with other settings, `rev` raised.
    pub fn with_settings(self, settings: AppSettings, now: i64) -> Result<Self, ModelError> {
        let settings = settings.checked()?;
        settings.check_shown(Some(&self.settings))?;
        Ok(Self { settings, ..self.raised(now) })
    }

    /// The same app with another status, `rev` raised.
    pub fn with_status(self, status: AppStatus, now: i64) -> Self {
        Self { status, ..self.raised(now) }
    }

    fn raised(self, now: i64) -> Self {
        Self { rev: self.rev.saturating_add(1), updated_at: now, ..self }
    }
}

/// Refuses a period that does not end after its begin.
pub(super) fn check_period(
    field: &'static str,
    from: Option<i64>,
    until: Option<i64>,
) -> Result<(), ModelError> {
    from.into_iter().chain(until).try_for_each(|time| check_range(field, time, bounds::TIME))?;
    match (from, until) {
        (Some(from), Some(until)) if until <= from => {
            Err(ModelError::Period { field, from, until })
        }
        _ => Ok(()),
    }
}

/// Refuses a number outside `allowed`.
pub(crate) fn check_range<N: Into<i64> + PartialOrd + Copy>(
    field: &'static str,
    found: N,
    allowed: std::ops::RangeInclusive<N>,
) -> Result<(), ModelError> {
    if allowed.contains(&found) {
        return Ok(());
    }
    let (min, max) = (*allowed.start(), *allowed.end());
    Err(ModelError::Range { field, found: found.into(), min: min.into(), max: max.into() })
}

fn sort_unique<T, K: Ord + fmt::Display>(
    field: &'static str,
    list: &mut [T],
    max: usize,
    key: impl Fn(&T) -> &K,
) -> Result<(), ModelError> {
    if list.len() > max {
        return Err(ModelError::TooMany { field, found: list.len(), max });
    }
    list.sort_unstable_by(|a, b| key(a).cmp(key(b)));
    match list.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
        Some(pair) => Err(ModelError::Duplicate { field, value: key(&pair[0]).to_string() }),
        None => Ok(()),
    }
}

// serde's `default = "…"` wants functions; `AppSettings::named` uses the same ones.

fn production() -> Environment {
    Environment::Production
}

fn yes() -> bool {
    true
}

fn lifetime() -> u32 {
    bounds::LIFETIME_DEFAULT
}

fn rate_per_second() -> u32 {
    bounds::RATE_PER_SECOND_DEFAULT
}

fn once() -> ReplayMode {
    ReplayMode::Once
}

fn any_nonce() -> NonceProfile {
    NonceProfile::Any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str) -> FeatureGrant {
        FeatureGrant::unlimited(name.parse().unwrap())
    }

    /// What `change` makes of good settings.
    fn checked(change: impl FnOnce(&mut AppSettings)) -> Result<AppSettings, ModelError> {
        let mut settings = AppSettings::named("Karaoke");
        settings.features = vec![feature("ans"), feature("agc")];
        change(&mut settings);
        settings.checked()
    }

    #[test]
    fn words_read_back_and_others_are_refused_with_the_choice() {
        assert_eq!("hex16".parse(), Ok(NonceProfile::Hex16));
        let error = "prod".parse::<Environment>().unwrap_err();
        assert_eq!(error.to_string(), "environment `prod` is not one of `production` `test`");
    }

    #[test]
    fn lists_are_sorted_and_networks_lose_their_host_bits() {
        let settings = checked(|s| {
            s.allowed_networks = vec!["10.1.2.3/8".parse().unwrap(), "10.0.0.0/9".parse().unwrap()];
        });
        let settings = settings.unwrap();
        let names: Vec<_> = settings.features.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["agc", "ans"]);
        assert_eq!(settings.allowed_networks[0].to_string(), "10.0.0.0/8");
    }

    #[test]
    fn every_broken_rule_names_its_field() {
        type Change = fn(&mut AppSettings);
        let cases: [(&str, Change); 18] = [
            ("name", |s| s.name = String::new()),
            ("name", |s| s.name = "x".repeat(65)),
            ("name", |s| s.name = "a\nb".into()),
            ("name", |s| s.name = " a".into()),
            ("note", |s| s.note = "x".repeat(1_001)),
            ("tags", |s| s.tags = vec!["a\u{1}".into()]),
            ("tags", |s| s.tags = vec!["a".into(), "a".into()]),
            ("lifetime", |s| s.lifetime = 3_599),
            ("lifetime", |s| s.lifetime = 1_209_601),
            ("rate_per_second", |s| s.rate_per_second = 0),
            ("entitlement_until", |s| {
                (s.entitlement_from, s.entitlement_until) = (Some(5), Some(5));
            }),
            ("entitlement_until", |s| s.entitlement_from = Some(-1)),
            ("features", |s| s.features.push(feature("ans"))),
            ("features", |s| s.features = (0..17).map(|n| feature(&n.to_string())).collect()),
            ("features", |s| (s.features[0].from, s.features[0].until) = (Some(9), Some(8))),
            ("on_expiry", |s| s.on_expiry = vec!["ans-ai:stop".parse().unwrap()]),
            ("bind", |s| s.bind = (0..9).map(|n| Binding([n; 16])).collect()),
            ("allowed_networks", |s| {
                s.allowed_networks = vec!["10.0.0.1/8".parse().unwrap(); 2];
            }),
        ];
        for (index, (field, change)) in cases.into_iter().enumerate() {
            let error = checked(change).expect_err(&format!("case {index}"));
            assert_eq!(error.field(), field, "case {index}: {error}");
        }
    }

    #[test]
    fn every_change_raises_rev() {
        let app = App::new(AppId(1), 1, AppSettings::named("a"), 100).unwrap();
        let app = app.with_status(AppStatus::Suspended, 200);
        assert_eq!((app.rev, app.created_at, app.updated_at), (2, 100, 200));
        let app = app.with_settings(AppSettings::named("b"), 300).unwrap();
        assert_eq!((app.rev, app.status), (3, AppStatus::Suspended));
    }

    #[test]
    fn what_does_not_show_may_stay_and_is_not_set_anew() {
        let old =
            AppSettings { tags: vec!["a\u{200b}".into()], ..AppSettings::named("Ad\u{202e}a") };
        let app = App::new(AppId(1), 1, old.clone(), 100).unwrap();
        let change = |settings| app.clone().with_settings(settings, 200);
        assert_eq!(change(AppSettings { lifetime: 3_600, ..old.clone() }).unwrap().rev, 2);
        type Change = fn(&mut AppSettings);
        let cases: [(&str, Change); 3] = [
            ("name", |it| it.name = "Bo\u{202e}b".into()),
            ("note", |it| it.note = "\u{feff}x".into()),
            ("tags", |it| it.tags.push("b\u{2028}c".into())),
        ];
        for (field, edit) in cases {
            let mut settings = old.clone();
            edit(&mut settings);
            assert_eq!(change(settings).unwrap_err().field(), field);
        }
        assert_eq!(old.check_shown(None).unwrap_err().field(), "name");
    }

    #[test]
    fn json_needs_only_a_name_and_refuses_what_it_does_not_know() {
        let settings: AppSettings = serde_json::from_str(r#"{"name":"a"}"#).unwrap();
        assert_eq!(settings, AppSettings::named("a"));
        assert!(serde_json::from_str::<AppSettings>(r#"{"name":"a","lifetme":1}"#).is_err());
    }
}
