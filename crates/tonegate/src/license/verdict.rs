//! A verdict of the verifier, for people and programs.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use tonegate_license::{Expect, Pins, State};
use tonegate_server::inspect::{FeatureView, Verdict};

use crate::output::{self, Table};
use crate::time::{Moment, Span, distance};

/// A verdict as commands show it.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct VerdictView(pub(crate) Verdict);

impl VerdictView {
    /// Judges a text at a moment, as an app with this state does; the state to keep comes back.
    pub(crate) fn judge(
        text: &str,
        pins: Pins,
        expect: Expect<'_>,
        at: i64,
        state: State,
    ) -> (Self, State) {
        let (verdict, state) = Verdict::judge(text, pins, expect, at, state);
        (Self(verdict), state)
    }
}

impl Deref for VerdictView {
    type Target = Verdict;

    fn deref(&self) -> &Verdict {
        &self.0
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
            .for_each(|it| table.fact(&format!("Feature {}", it.name), in_words(it)));
        table.fact("Next", self.next_step);
        table.fmt(f)
    }
}

fn in_words(feature: &FeatureView) -> String {
    let code = feature.sdk_code;
    match (feature.answer, feature.seconds_left) {
        ("run", _) => format!("{}; {}", output::good("runs"), outlook(feature)),
        ("grace", left) => {
            let left = Span(left.unwrap_or(0));
            let runs = output::warn(format_args!("runs in its grace, for {left}"));
            format!("{runs}; {}", outlook(feature))
        }
        ("stop", _) => output::bad(format_args!("stops (SDK code {code})")),
        _ => output::warn(format_args!("off: the audio passes untouched (SDK code {code})")),
    }
}

/// How a feature that runs will end.
fn outlook(feature: &FeatureView) -> String {
    let until = Moment(feature.runs_until);
    match feature.on_expiry.as_str() {
        "stop" => format!("stops at expiry, {until}"),
        "bypass" => format!("passes audio untouched after {until}"),
        _ => format!("grace until {until}, then passes audio untouched"),
    }
}
