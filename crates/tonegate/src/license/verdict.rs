//! A verdict of the verifier, for people and programs.

use std::fmt;

use serde::Serialize;
use tonegate_license::{Expect, FeatureVerdict, Gate, Pins, State, Time};

use super::claims::Claims;
use crate::output::{self, Table};
use crate::time::{Moment, Span, distance};

/// What the verifier found, and what the licence says where it is authentic.
#[derive(Serialize)]
pub(crate) struct VerdictView {
    /// `valid`, `not_yet_valid`, `expired` or `refused`.
    pub(crate) state: &'static str,
    /// Why it is not valid, by its stable name.
    pub(crate) reason: Option<&'static str>,
    /// 0, or what the published SDK says: 81 or 82.
    pub(crate) sdk_code: u16,
    pub(crate) message: String,
    pub(crate) next_step: &'static str,
    pub(crate) retryable: bool,
    /// The moment of the verdict, Unix seconds.
    pub(crate) at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validity: Option<Times>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) features: Vec<FeatureView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) license: Option<Claims>,
}

#[derive(Serialize)]
pub(crate) struct Times {
    valid_from: i64,
    valid_until: i64,
    seconds_left: i64,
    pub(crate) refresh_after: i64,
}

/// May a feature run?
#[derive(Serialize)]
pub(crate) struct FeatureView {
    name: String,
    /// `run`, `grace`, `bypass` or `stop`.
    answer: &'static str,
    sdk_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<i64>,
}

impl VerdictView {
    /// Judges a text at a moment, as an app with this state does; the state to keep comes back.
    pub(crate) fn judge(
        text: &str,
        pins: Pins,
        expect: Expect<'_>,
        at: i64,
        state: State,
    ) -> (Self, State) {
        let mut gate = Gate::new(pins, expect, state);
        let time = Time { wall: at, elapsed: 0 };
        let verdict = gate.load(text, time);
        let license = gate.license().copied();
        let features = license.iter().flat_map(|license| license.features().to_vec());
        let features: Vec<_> = features
            .map(|feature| FeatureView::new(feature.as_str(), gate.check(feature.as_str(), time)))
            .collect();
        let validity = verdict.validity.map(|validity| Times {
            valid_from: validity.valid_from,
            valid_until: validity.valid_until,
            seconds_left: validity.seconds_left(),
            refresh_after: validity.refresh_after,
        });
        let message = match verdict.reason {
            None => "the licence is valid".to_owned(),
            Some(reason) => reason.to_string(),
        };
        let view = Self {
            state: verdict.state(),
            reason: verdict.reason.map(|reason| reason.name()),
            sdk_code: verdict.sdk_code(),
            message,
            next_step: verdict.next_step(),
            retryable: verdict.retryable(),
            at: verdict.validity.map_or(at, |validity| validity.now),
            validity,
            features,
            license: license.as_ref().map(Claims::of),
        };
        (view, gate.state())
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.reason.is_none()
    }
}

impl FeatureView {
    fn new(name: &str, verdict: FeatureVerdict) -> Self {
        let (answer, seconds_left) = match verdict {
            FeatureVerdict::Run => ("run", None),
            FeatureVerdict::Grace { seconds_left } => ("grace", Some(seconds_left)),
            FeatureVerdict::Bypass(_) => ("bypass", None),
            FeatureVerdict::Stop(_) => ("stop", None),
        };
        Self { name: name.to_owned(), answer, sdk_code: verdict.sdk_code(), seconds_left }
    }

    fn in_words(&self) -> String {
        let code = self.sdk_code;
        match (self.answer, self.seconds_left) {
            ("run", _) => output::good("runs"),
            ("grace", left) => {
                output::warn(format_args!("runs in its grace, for {}", Span(left.unwrap_or(0))))
            }
            ("stop", _) => output::bad(format_args!("stops (SDK code {code})")),
            _ => output::warn(format_args!("off: the audio passes untouched (SDK code {code})")),
        }
    }
}

impl fmt::Display for VerdictView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        let state = match self.state {
            "valid" => output::good("valid"),
            "not_yet_valid" => output::warn("not yet valid"),
            other => output::bad(other),
        };
        let code = match self.sdk_code {
            0 => String::new(),
            code => format!(" (SDK code {code})"),
        };
        table.fact("Verdict", format_args!("{state}: {}{code}", self.message));
        table.fact("At", Moment(self.at));
        if let Some(times) = &self.validity {
            let until = distance(times.valid_until, self.at);
            table.fact("Until", format_args!("{} ({until})", Moment(times.valid_until)));
            table.fact("Refresh after", Moment(times.refresh_after));
        }
        self.features
            .iter()
            .for_each(|it| table.fact(&format!("Feature {}", it.name), it.in_words()));
        table.fact("Next", self.next_step);
        table.fmt(f)
    }
}
