//! A verdict of the verifier that apps use.

use serde::Serialize;
use tonegate_license::{Expect, Feature, Gate, Pins, State, Time};

use super::claims::Claims;

/// What the verifier found, and what the licence says where it is authentic.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// `valid`, `not_yet_valid`, `expired` or `refused`.
    pub state: &'static str,
    /// Why it is not valid, by its stable name.
    pub reason: Option<&'static str>,
    /// 0, or what the published SDK says: 81 or 82.
    pub sdk_code: u16,
    /// In words.
    pub message: &'static str,
    /// What to do about it.
    pub next_step: &'static str,
    /// May the same text be good later?
    pub retryable: bool,
    /// The moment of the verdict, Unix seconds.
    pub at: i64,
    /// Of an authentic one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<Times>,
    /// May each run?
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureView>,
    /// What it says, where it is authentic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<Claims>,
}

/// When a licence is good.
#[derive(Debug, Clone, Serialize)]
pub struct Times {
    /// Unix seconds.
    pub valid_from: i64,
    /// Unix seconds.
    pub valid_until: i64,
    /// From the moment of the verdict on.
    pub seconds_left: i64,
    /// When a device asks for the next one, Unix seconds.
    pub refresh_after: i64,
}

/// May a feature run?
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FeatureView {
    /// Its name.
    pub name: String,
    /// `run`, `grace`, `bypass` or `stop`.
    pub answer: &'static str,
    /// Why it does not run, by its stable name.
    pub reason: Option<&'static str>,
    /// What the published SDK says of it.
    pub sdk_code: u16,
    /// Of its grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
    /// What becomes of it when the licence ends: `stop`, `bypass` or `grace:<hours>`.
    pub on_expiry: String,
    /// The first second in which it no longer runs on this device, Unix seconds.
    pub runs_until: i64,
}

impl Verdict {
    /// Judges a text at a moment, as an app with this state does; the state to keep comes back.
    #[must_use]
    pub fn judge(
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
        let features = features.filter_map(|feature| FeatureView::of(&feature, &mut gate, time));
        let features: Vec<_> = features.collect();
        let validity = verdict.validity.map(|validity| Times {
            valid_from: validity.valid_from,
            valid_until: validity.valid_until,
            seconds_left: validity.seconds_left(),
            refresh_after: validity.refresh_after,
        });
        let view = Self {
            state: verdict.state(),
            reason: verdict.reason.map(|reason| reason.name()),
            sdk_code: verdict.sdk_code(),
            message: verdict.message(),
            next_step: verdict.next_step(),
            retryable: verdict.retryable(),
            at: verdict.validity.map_or(at, |validity| validity.now),
            validity,
            features,
            license: license.as_ref().map(Claims::of),
        };
        (view, gate.state())
    }

    /// Is it good now?
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.reason.is_none()
    }
}

impl FeatureView {
    /// Of a feature of the loaded licence.
    fn of(feature: &Feature, gate: &mut Gate, time: Time) -> Option<Self> {
        let name = feature.as_str();
        let outlook = gate.outlook(name)?;
        let verdict = gate.check(name, time);
        Some(Self {
            name: name.to_owned(),
            answer: verdict.answer(),
            reason: verdict.reason().map(|reason| reason.name()),
            sdk_code: verdict.sdk_code(),
            seconds_left: verdict.grace_left(),
            on_expiry: outlook.on_expiry.to_string(),
            runs_until: outlook.runs_until,
        })
    }
}
