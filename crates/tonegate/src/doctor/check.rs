//! One finding of the doctor.

use std::fmt;

use serde::Serialize;

use crate::output;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Health {
    Ok,
    Warn,
    Fail,
}

/// What a check found, and what to do about it.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) health: Health,
    pub(super) found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_step: Option<String>,
}

impl Finding {
    /// As it should be.
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, health: Health::Ok, found: found.into(), next_step: None }
    }

    /// Works, and should not stay so.
    pub(super) fn warn(check: &'static str, found: impl Into<String>, step: &str) -> Self {
        Self { check, health: Health::Warn, found: found.into(), next_step: Some(step.to_owned()) }
    }

    /// Does not work.
    pub(super) fn fail(check: &'static str, found: impl Into<String>, step: &str) -> Self {
        Self { check, health: Health::Fail, found: found.into(), next_step: Some(step.to_owned()) }
    }

    /// Does not work; the error itself says what to do.
    pub(super) fn failed(check: &'static str, error: impl fmt::Display) -> Self {
        Self { check, health: Health::Fail, found: error.to_string(), next_step: None }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Ok => output::good("ok"),
            Self::Warn => output::warn("warn"),
            Self::Fail => output::bad("FAIL"),
        })
    }
}
