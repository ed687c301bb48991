//! `tonegate license explain`: in plain words what a text is, whether it is good, and what next.
//!
//! Invariant: what was not proven is called unproven. Without pins nothing is.

use std::fmt;

use serde::Serialize;
use tonegate_license::{Chain, Expect, License, Pins, State, Token};

use super::claims::Claims;
use super::find::{self, Found};
use super::input;
use super::pins::{PinsArgs, Trust};
use super::verdict::VerdictView;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::time::{self, Moment, When, distance};

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// Any text: a licence, an answer, rubbish; a file of it, or - for stdin
    #[arg(value_name = "FILE|-|TEXT")]
    text: String,
    #[command(flatten)]
    trust: PinsArgs,
    /// Travel to this time: RFC 3339, Unix seconds, or relative such as +8d [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<When>,
}

impl Explain {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let trust = self.trust.read()?;
        let now = time::now();
        let at = self.at.map_or(now, |at| at.at(now));
        output.show(&Explanation::of(find::find(&input::read(&self.text)?), trust, at))?;
        Ok(Exit::Done)
    }
}

/// All that can be said of a text.
#[derive(Serialize)]
struct Explanation {
    /// `valid`, `not_yet_valid`, `expired`, `refused`; `unverified` without pins; `no_license`.
    state: &'static str,
    /// Was it proven who issued it?
    verified: bool,
    /// What it comes to, in a sentence.
    message: String,
    next_step: String,
    notes: Vec<String>,
    at: i64,
    sdk_code: Option<u16>,
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<Claims>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timeline: Vec<Event>,
    #[serde(skip)]
    verdict: Option<VerdictView>,
}

/// Something that happens at a time.
#[derive(Serialize)]
struct Event {
    at: i64,
    what: String,
}

impl Explanation {
    fn of(found: Found, trust: Trust, at: i64) -> Self {
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
            timeline: Vec::new(),
            verdict: None,
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
        if let Some(license) = &content {
            explanation.timeline = timeline(text, license, pins.as_ref(), &explanation);
            explanation.license = Some(Claims::of(license));
        }
        explanation
    }

    /// Judged by the verifier.
    fn judged(text: &str, pins: Pins, trust: &Trust, at: i64) -> Self {
        let expect = Expect {
            issuer: trust.issuer(),
            environment: trust.environment(),
            app_id: trust.app_id,
            identity: trust.identity,
        };
        // A device in the middle of its fleet: half the spread.
        let (verdict, _) = VerdictView::judge(text, pins, expect, at, State::new(u16::MAX / 2));
        let mut explanation =
            Self::new(verdict.state, sentence(&verdict.message), verdict.next_step.to_owned(), at);
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
const ASKED: &str = "the moment that is asked about";

/// What happens when, in the licence's life.
fn timeline(
    text: &str,
    license: &License,
    pins: Option<&Pins>,
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
    if let Some(end) = certificate_end(text, pins) {
        events.push(Event { at: end, what: "key certificate ends".to_owned() });
    }
    events.sort_by_key(|event| event.at);
    events
}

/// When the key certificate in the licence ends; without pins, as it says itself.
fn certificate_end(text: &str, pins: Option<&Pins>) -> Option<i64> {
    let token = Token::parse(text).ok()?;
    match pins {
        Some(pins) => Chain::verify(token.certificate(), pins).ok().map(|chain| chain.expires_at()),
        None => find::json_of(token.certificate().split('.').nth(1)?)?.get("exp")?.as_i64(),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.notes.iter().try_for_each(|note| writeln!(f, "{} {note}", output::warn("Note:")))?;
        match &self.verdict {
            Some(verdict) => writeln!(f, "{verdict}")?,
            None => {
                let mut table = Table::default();
                table.fact("Verdict", output::bold(&self.message));
                table.fact("At", Moment(self.at));
                table.fact("Next", &self.next_step);
                writeln!(f, "{table}")?;
            }
        }
        let Some(license) = &self.license else { return Ok(()) };
        let mut content = Table::default();
        license.add_to(&mut content);
        let proven = if self.verified { "It says" } else { "It says, unproven" };
        writeln!(f, "\n{}\n{content}\n\n{}", output::bold(proven), output::bold("Its life"))?;
        let mut life = Table::default();
        for event in &self.timeline {
            let now = event.at == self.at && event.what == ASKED;
            let what = if now {
                output::bold(format_args!("← {}", event.what))
            } else {
                event.what.clone()
            };
            life.row([Moment(event.at).to_string(), what]);
        }
        write!(f, "{life}")
    }
}
