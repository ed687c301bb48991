//! The settings of an app as arguments, for `app create` and `app set`.
//!
//! Invariant: an argument that is not given changes nothing; one that is given says the whole value.
//! `none` empties a list or takes a time away.

use std::str::FromStr;

use ipnet::IpNet;
use serde_json::{Map, Value};
use tonegate_server::model::{
    AppSettings, Binding, Environment, ExpiryRule, FeatureGrant, NonceProfile, ReplayMode,
};

use crate::identity::IdentityArg;
use crate::time::{Span, When};

#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    /// A feature that its licences unlock, perhaps for a time: ans or ans:FROM..UNTIL; repeatable
    #[arg(long = "feature", value_name = "NAME[:FROM..UNTIL]")]
    features: Vec<OrNone<FeatureArg>>,
    /// How long a licence lasts at least: 1h to 14d [default: 7d]; a suspension takes as long, and an hour
    #[arg(long, value_name = "SPAN")]
    lifetime: Option<Span>,
    /// Requests per second [default: 20]
    #[arg(long, value_name = "NUMBER")]
    rate: Option<u32>,
    /// production or test [default: as the installation]
    #[arg(long, value_name = "WORLD")]
    environment: Option<Environment>,
    /// What a repeated signature gets, once or repeatable [default: once]
    #[arg(long, value_name = "MODE")]
    replay_mode: Option<ReplayMode>,
    /// Which nonces are accepted, any or hex16 [default: any]
    #[arg(long, value_name = "PROFILE")]
    nonce: Option<NonceProfile>,
    /// What happens to a feature at expiry: ans:stop, ans:bypass or ans:grace:HOURS; repeatable
    #[arg(long = "on-expiry", value_name = "RULE")]
    on_expiry: Vec<OrNone<ExpiryRule>>,
    /// Tie its licences to an app: android:PACKAGE:SHA256, ios:BUNDLE_ID, web:ORIGIN; repeatable
    #[arg(long = "bind", value_name = "IDENTITY", allow_hyphen_values = true)]
    bind: Vec<OrNone<IdentityArg>>,
    /// A network that requests may come from, such as 192.0.2.0/24; repeatable [default: any]
    #[arg(long = "allow-network", value_name = "NETWORK")]
    allowed_networks: Vec<OrNone<IpNet>>,
    /// When its entitlement begins
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<OrNone<When>>,
    /// When its entitlement ends
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<OrNone<When>>,
    /// Whether the audio licence service is switched on: true or false
    #[arg(long, value_name = "BOOL")]
    service_enabled: Option<bool>,
    /// For people, to find apps by: 1 to 32 characters; repeatable
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<OrNone<String>>,
    /// For people: at most 1,000 characters
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl SettingsArgs {
    /// Changes what was given.
    pub(crate) fn apply(&self, settings: &mut AppSettings, now: i64) {
        replace(&self.features, &mut settings.features, |feature| feature.at(now));
        replace(&self.on_expiry, &mut settings.on_expiry, Clone::clone);
        replace(&self.bind, &mut settings.bind, |bind| Binding(*bind.0.as_bytes()));
        replace(&self.allowed_networks, &mut settings.allowed_networks, |network| *network);
        replace(&self.tags, &mut settings.tags, Clone::clone);
        let lifetime = self.lifetime.map(|span| u32::try_from(span.0).unwrap_or(u32::MAX));
        set(&mut settings.lifetime, lifetime);
        set(&mut settings.rate_per_second, self.rate);
        set(&mut settings.environment, self.environment);
        set(&mut settings.replay_mode, self.replay_mode);
        set(&mut settings.nonce_profile, self.nonce);
        set(&mut settings.service_enabled, self.service_enabled);
        set(&mut settings.note, self.note.clone());
        let time = |time: &OrNone<When>| time.0.map(|when| when.at(now));
        set(&mut settings.entitlement_from, self.from.as_ref().map(time));
        set(&mut settings.entitlement_until, self.until.as_ref().map(time));
    }

    /// The settings of a new app, as the admin API takes them: it knows its own environment.
    pub(crate) fn of_new(&self, name: &str, now: i64) -> serde_json::Result<Map<String, Value>> {
        let mut settings = AppSettings::named(name);
        self.apply(&mut settings, now);
        let mut members = members(&settings)?;
        if self.environment.is_none() {
            members.remove("environment");
        }
        Ok(members)
    }
}

/// The settings that differ, as the admin API takes a change.
pub(crate) fn change(
    before: &AppSettings,
    after: &AppSettings,
) -> serde_json::Result<Map<String, Value>> {
    let (before, mut after) = (members(before)?, members(after)?);
    after.retain(|name, value| before.get(name) != Some(value));
    Ok(after)
}

fn members(settings: &AppSettings) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_value(serde_json::to_value(settings)?)
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

fn replace<A, T>(given: &[OrNone<A>], list: &mut Vec<T>, value: impl Fn(&A) -> T) {
    if !given.is_empty() {
        *list = given.iter().filter_map(|item| item.0.as_ref().map(&value)).collect();
    }
}

/// A value, or the word `none`.
#[derive(Debug, Clone)]
struct OrNone<T>(Option<T>);

impl<T: FromStr> FromStr for OrNone<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

/// A feature, and from when until when.
#[derive(Debug, Clone)]
struct FeatureArg {
    grant: FeatureGrant,
    from: Option<When>,
    until: Option<When>,
}

impl FeatureArg {
    fn at(&self, now: i64) -> FeatureGrant {
        let time = |when: Option<When>| when.map(|when| when.at(now));
        FeatureGrant { from: time(self.from), until: time(self.until), ..self.grant.clone() }
    }
}

impl FromStr for FeatureArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, period) = text.split_once(':').unwrap_or((text, ".."));
        let name = name.parse().map_err(|error| format!("{error}"))?;
        let (from, until) = period
            .split_once("..")
            .ok_or("a feature's period is FROM..UNTIL, each a time or nothing")?;
        let time = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<When>().map(Some),
        };
        let grant = FeatureGrant::unlimited(name);
        Ok(Self { grant, from: time(from)?, until: time(until)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_may_have_a_period_open_at_either_end() {
        let grant = |text: &str| text.parse::<FeatureArg>().map(|feature| feature.at(100));
        let period = |text| grant(text).map(|grant| (grant.from, grant.until));
        assert_eq!(period("ans"), Ok((None, None)));
        assert_eq!(period("ans:+1h..2027-01-01"), Ok((Some(3_700), Some(1_798_761_600))));
        assert_eq!(period("ans:..2027-01-01T00:00:00Z"), Ok((None, Some(1_798_761_600))));
        assert_eq!(period("ans-ai:5.."), Ok((Some(5), None)));
        for text in ["", "ANS", "ans:", "ans:5", "ans:x..y"] {
            assert!(grant(text).is_err(), "{text}");
        }
    }
}
