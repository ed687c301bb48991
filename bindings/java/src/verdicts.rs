//! Verdicts on their way to Java: lines of text where words are in them, one number at each use.
//!
//! The Java classes Verdict, FeatureVerdict and Outlook read what is written here, in this order.

use std::fmt::Write as _;

use jni_sys::jlong;
use tonegate_license::{FeatureVerdict, Outlook, Reason, Verdict};

/// A verdict's members, each on a line; an empty line stands for null.
pub(crate) fn lines(verdict: &Verdict) -> String {
    let mut lines = String::with_capacity(256);
    let reason = verdict.reason.map_or("", Reason::name);
    let words = (verdict.message(), verdict.next_step());
    let (state, sdk_code, retryable) = (verdict.state(), verdict.sdk_code(), verdict.retryable());
    // Writing to a String cannot fail.
    let _ = write!(lines, "{state}\n{reason}\n{sdk_code}\n{}\n{}\n{retryable}", words.0, words.1);
    let times = verdict.validity.map(|validity| {
        [
            validity.now,
            validity.valid_from,
            validity.valid_until,
            validity.seconds_left(),
            validity.refresh_after,
        ]
    });
    for place in 0..5 {
        lines.push('\n');
        if let Some(time) = times.as_ref().and_then(|times| times.get(place)) {
            let _ = write!(lines, "{time}");
        }
    }
    lines
}

/// The lines of an offered licence: is it in force, then its verdict.
pub(crate) fn renewal_lines(outcome: &Result<Verdict, Verdict>) -> String {
    let (Ok(verdict) | Err(verdict)) = outcome;
    format!("{}\n{}", outcome.is_ok(), lines(verdict))
}

/// An outlook's policy and end, each on a line.
pub(crate) fn outlook_lines(outlook: Outlook) -> String {
    format!("{}\n{}", outlook.on_expiry, outlook.runs_until)
}

/// Every reason: its name, a blank, its SDK code; each on a line, in the order that
/// [`number`] counts in.
pub(crate) fn reason_lines() -> String {
    let line = |reason: &Reason| format!("{} {}", reason.name(), reason.sdk_code());
    Reason::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A feature's verdict as one number, so that a check makes no object: the answer in bits 0 and 1,
/// the reason, counted from 1, in bits 8 to 15, is there something to store in bit 16, and the
/// seconds left of a grace from bit 32 on.
pub(crate) fn number(verdict: FeatureVerdict, unsaved: bool) -> jlong {
    let answer = match verdict {
        FeatureVerdict::Run => 0,
        FeatureVerdict::Grace { .. } => 1,
        FeatureVerdict::Bypass(_) => 2,
        FeatureVerdict::Stop(_) => 3,
    };
    let reason = verdict.reason().map_or(0, place);
    let seconds = verdict.grace_left().unwrap_or(0);
    answer | reason << 8 | jlong::from(unsaved) << 16 | seconds << 32
}

/// A reason's place in [`reason_lines`], counted from 1.
fn place(reason: Reason) -> jlong {
    let places = Reason::ALL.iter().zip(1..);
    places.filter(|(other, _)| **other == reason).map(|(_, place)| place).next().unwrap_or(0)
}
