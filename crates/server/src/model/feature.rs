//! Features that a license unlocks, and what becomes of each when it expires.
//!
//! Invariant: a rule's text here is the text in a license's `on_expiry`, character by character.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::app::check_period;
use super::text::serde_as_text;
use super::{ModelError, bounds};

/// The name of a feature: `[a-z0-9-]{1,16}`, such as `ans` or `agc`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureName(Box<str>);

/// One feature of an app, and when it may be used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureGrant {
    /// The feature.
    #[schema(value_type = String, pattern = "^[a-z0-9-]{1,16}$")]
    pub name: FeatureName,
    /// First second of use, Unix; `None`: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// First second after use, Unix; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// What the app does with a feature once the license has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpiryAction {
    /// The feature stops.
    Stop,
    /// Audio passes untouched. What happens where no rule is given.
    Bypass,
    /// The feature goes on for this many hours, 1–72.
    Grace(u8),
}

/// `feature:stop`, `feature:bypass` or `feature:grace:<hours>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExpiryRule {
    /// The feature it is about.
    pub feature: FeatureName,
    /// What happens.
    pub action: ExpiryAction,
}

impl FeatureName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FeatureGrant {
    /// A feature without begin and end.
    pub fn unlimited(name: FeatureName) -> Self {
        Self { name, from: None, until: None }
    }

    /// `Err(Period)`, `Err(Range)`: the grant's period is not one.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        check_period("features", self.from, self.until)
    }
}

impl ExpiryRule {
    /// `Err(Range)`: grace is not 1–72 hours.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        match self.action {
            ExpiryAction::Grace(hours) if !bounds::GRACE_HOURS.contains(&hours) => {
                Err(ModelError::Range {
                    field: "on_expiry",
                    found: hours.into(),
                    min: (*bounds::GRACE_HOURS.start()).into(),
                    max: (*bounds::GRACE_HOURS.end()).into(),
                })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for FeatureName {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if bounds::FEATURE_NAME.contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.into()));
        }
        Err(ModelError::FeatureName { found: text.to_owned() })
    }
}

impl fmt::Display for ExpiryRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.action {
            ExpiryAction::Stop => write!(f, "{}:stop", self.feature),
            ExpiryAction::Bypass => write!(f, "{}:bypass", self.feature),
            ExpiryAction::Grace(hours) => write!(f, "{}:grace:{hours}", self.feature),
        }
    }
}

impl FromStr for ExpiryRule {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let not_a_rule = || ModelError::ExpiryRule { found: text.to_owned() };
        let (feature, action) = text.split_once(':').ok_or_else(not_a_rule)?;
        let action = match action {
            "stop" => ExpiryAction::Stop,
            "bypass" => ExpiryAction::Bypass,
            other => {
                let hours = other.strip_prefix("grace:").and_then(|hours| hours.parse().ok());
                ExpiryAction::Grace(hours.ok_or_else(not_a_rule)?)
            }
        };
        let rule = Self { feature: feature.parse()?, action };
        // One spelling per rule (`grace:07` and `grace:+7` would parse as numbers).
        if rule.check().is_err() || rule.to_string() != text {
            return Err(not_a_rule());
        }
        Ok(rule)
    }
}

serde_as_text!(FeatureName);
serde_as_text!(ExpiryRule);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_names_are_short_and_plain() {
        for good in ["ans", "ans-ai", "a", "0123456789abcdef"] {
            assert_eq!(good.parse::<FeatureName>().unwrap().as_str(), good);
        }
        for bad in ["", "ANS", "ans ai", "0123456789abcdefg", "ä"] {
            assert_eq!(
                bad.parse::<FeatureName>(),
                Err(ModelError::FeatureName { found: bad.into() })
            );
        }
    }

    #[test]
    fn expiry_rules_read_as_in_a_license_with_one_spelling_each() {
        for good in ["ans:stop", "ans:bypass", "agc:grace:1", "agc:grace:72"] {
            assert_eq!(good.parse::<ExpiryRule>().unwrap().to_string(), good);
        }
        for bad in ["ans", "ans:", "ans:grace", "ans:grace:0", "ans:grace:73", "ans:grace:07"] {
            assert_eq!(
                bad.parse::<ExpiryRule>(),
                Err(ModelError::ExpiryRule { found: bad.into() })
            );
        }
    }
}
