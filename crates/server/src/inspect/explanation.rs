//! In plain words what a text is, whether it is good, and what next.

use serde::Serialize;
use tonegate_license::{Chain, License, Pins, State, Token};

use super::claims::Claims;
use super::find;
use super::moment::{Moment, distance};
use super::trust::Trust;
use super::verdict::{FeatureView, Verdict};

/// All that can be said of a text.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// `valid`, `not_yet_valid`, `expired`, `refused`; `unverified` without pins; `no_license`.
    pub state: &'static str,
    /// Was it proven who issued it?
    pub verified: bool,
    /// What it comes to, in a sentence.
    pub message: String,
    /// What to do about it, in a sentence.
    pub next_step: String,
    /// What was noticed on the way, a sentence each.
    pub notes: Vec<String>,
    /// The moment that was asked about, Unix seconds.
    pub at: i64,
    /// What the published SDK says: 0, 81 or 82; `None` where nothing is proven.
    pub sdk_code: Option<u16>,
    /// Why it is not valid, by its stable name.
    pub reason: Option<&'static str>,
    /// What it says, proven or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<Claims>,
    /// May each run, and how will it end? Of a verified one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureView>,
    /// Its life.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Event>,
    /// The verifier's, where there are pins.
    #[serde(skip)]
    pub verdict: Option<Verdict>,
    /// The certificate of the key that signed it, where a pinned root vouches for it.
    #[serde(skip)]
    pub chain: Option<Chain>,
}

/// Something that happens at a time.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Event {
    /// Unix seconds.
    pub at: i64,
    /// What happens.
    pub what: String,
}

impl Explanation {
    /// Of a text, at a moment (Unix seconds).
    #[must_use]
    pub fn of(text: &str, trust: Trust, at: i64) -> Self {
        let found = find::find(text);
        let mut explanation = match (&found.license, found.instead) {
            (Some(text), _) => Self::of_license(text, trust, at),
            (None, instead) => {
                let (what, next_step) =
                    instead.map(|instead| (instead.what, instead.next_step)).unwrap_or_default();
                Self {
                    sdk_code: Some(81),
                    reason: Some("not_a_license"),
                    ..Self::new("no_license", what, next_step, at)
                }
            }
        };
        explanation.notes.splice(0..0, found.notes);
        explanation
    }

    fn new(state: &'static str, message: String, next_step: String, at: i64) -> Self {
        Self {
            state,
            verified: false,
            message,
            next_step,
            notes: Vec::new(),
            at,
            sdk_code: None,
            reason: None,
            license: None,
            features: Vec::new(),
            timeline: Vec::new(),
            verdict: None,
            chain: None,
        }
    }

    fn of_license(text: &str, trust: Trust, at: i64) -> Self {
        let pins = trust.pins;
        let content = Token::parse(text).ok().and_then(|token| token.unverified().ok());
        let mut explanation = match (pins, &content) {
            (Some(pins), Some(license)) => {
                let trust = trust.or_else(license.issuer(), license.environment());
                Self::judged(text, pins, &trust, at)
            }
            (Some(pins), None) => Self::judged(text, pins, &trust, at),
            (None, Some(license)) => Self::unverified(license, at),
            (None, None) => Self::new(
                "refused",
                "It is built like a licence, but what it says breaks the format.".to_owned(),
                "The issuer made a licence outside the format: run `tonegate doctor` there."
                    .to_owned(),
                at,
            ),
        };
        explanation.chain = pins.as_ref().and_then(|pins| chain(text, pins));
        if let Some(license) = &content {
            explanation.timeline = timeline(text, license, pins.is_some(), &explanation);
            explanation.license = Some(Claims::of(license));
        }
        explanation
    }

    /// Judged by the verifier.
    fn judged(text: &str, pins: Pins, trust: &Trust, at: i64) -> Self {
        // A device in the middle of its fleet: half the spread.
        let (verdict, _) = Verdict::judge(text, pins, trust.expect(), at, State::new(u16::MAX / 2));
        let mut explanation =
            Self::new(verdict.state, sentence(verdict.message), verdict.next_step.to_owned(), at);
        explanation.verified = verdict.license.is_some();
        if verdict.at > at {
            explanation.notes.push(format!(
                "{} lies before the licence was made; a device takes that as proof that its clock is \
                 behind, so the moment counts as {}.",
                Moment(at),
                Moment(verdict.at)
            ));
        }
        if !explanation.verified {
            let note = "Its content, below, is not proven: anybody can have written it.";
            explanation.notes.push(note.to_owned());
        }
        explanation.sdk_code = Some(verdict.sdk_code);
        explanation.reason = verdict.reason;
        explanation.features.clone_from(&verdict.features);
        explanation.verdict = Some(verdict);
        explanation
    }

    /// Without pins only dates can be compared.
    fn unverified(license: &License, at: i64) -> Self {
        let (from, until) = (license.not_before(), license.expires_at());
        let message = if at >= until {
            format!("If it is genuine, it expired {}.", distance(until, at))
        } else if at < from {
            format!("If it is genuine, it becomes valid {}.", distance(from, at))
        } else {
            format!("If it is genuine, it is valid; it ends {}.", distance(until, at))
        };
        let next_step = if at >= until {
            "Fetch a new licence; to know whether this one was genuine, give --pins."
        } else {
            "Give --pins, --pins-file or --data to know whether it is genuine."
        };
        let mut explanation = Self::new("unverified", message, next_step.to_owned(), at);
        let note = "No pins were given, so nothing of it is proven: anybody can have written it.";
        explanation.notes.push(note.to_owned());
        explanation
    }
}

/// As a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The moment of the question, among the events.
pub const ASKED: &str = "the moment that is asked about";

/// What happens when, in the licence's life.
fn timeline(
    text: &str,
    license: &License,
    has_pins: bool,
    explanation: &Explanation,
) -> Vec<Event> {
    let mut events = vec![
        Event { at: license.not_before(), what: "becomes valid".to_owned() },
        Event { at: license.issued_at(), what: "issued (begin of its hour)".to_owned() },
        Event { at: license.expires_at(), what: "expires".to_owned() },
        Event { at: explanation.at, what: ASKED.to_owned() },
    ];
    let times = explanation.verdict.as_ref().and_then(|verdict| verdict.validity.as_ref());
    if let Some(times) = times {
        let what = "a device asks for the next one (50 to 70 % of its life)".to_owned();
        events.push(Event { at: times.refresh_after, what });
    }
    for feature in Claims::of(license).features.iter().filter(|feature| feature.grace_hours > 0) {
        let what = format!("grace of {} ends, at the latest", feature.name);
        let grace = i64::from(feature.grace_hours) * 3_600;
        events.push(Event { at: license.expires_at() + grace, what });
    }
    if let Some(end) = certificate_end(text, has_pins, explanation) {
        events.push(Event { at: end, what: "key certificate ends".to_owned() });
    }
    events.sort_by_key(|event| event.at);
    events
}

/// When the key certificate in the licence ends; without pins, as it says itself.
fn certificate_end(text: &str, has_pins: bool, explanation: &Explanation) -> Option<i64> {
    if has_pins {
        return explanation.chain.as_ref().map(Chain::expires_at);
    }
    let token = Token::parse(text).ok()?;
    find::json_of(token.certificate().split('.').nth(1)?)?.get("exp")?.as_i64()
}

fn chain(text: &str, pins: &Pins) -> Option<Chain> {
    Chain::verify(Token::parse(text).ok()?.certificate(), pins).ok()
}
