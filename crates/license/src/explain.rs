//! A licence explained, as JSON: for logs, support and pages that show it.
//!
//! Every language's `explain` is this text, so all say the same. Invariant: what was not proven is
//! marked so, by `authentic`.

use core::fmt::{self, Write};

use crate::gate::{Expect, Gate};
use crate::key::Pins;
use crate::license::{License, Token};
use crate::state::{State, Time};
use crate::text::Feature;
use crate::verdict::{Reason, Validity, Verdict};

/// Writes what a text is, what is true of it at `time`, and what to do next, as one JSON object.
///
/// It judges as a start of an app with this state would, and changes nothing.
///
/// | Member | Content |
/// |---|---|
/// | `state`, `reason`, `sdk_code` | the verdict's; `reason` is null where it is valid |
/// | `message`, `next_step`, `retryable` | the same in words, and whether a newly fetched licence may cure it |
/// | `at` | the effective time of the verdict, Unix seconds |
/// | `authentic` | is it proven that the issuer wrote `license`, for this app? |
/// | `validity` | `valid_from`, `valid_until`, `seconds_left`, `refresh_after`; null unless authentic |
/// | `features` | of each: `name`, `on_expiry`, `runs_until`, `answer` (`run`, `grace`, `bypass`, `stop`), `reason`, `sdk_code`, `seconds_left` of a grace; empty unless authentic |
/// | `license` | what the text says, proven or not; null where it cannot be read |
///
/// `Err`: `out` took no more.
pub fn explain(
    text: &str,
    pins: Pins,
    expect: Expect<'_>,
    time: Time,
    state: State,
    out: &mut impl Write,
) -> fmt::Result {
    let mut gate = Gate::new(pins, expect, state);
    let verdict = gate.load(text, time);
    write_verdict(&verdict, time, out)?;
    let authentic = gate.license().copied();
    write!(out, r#","authentic":{},"validity":"#, authentic.is_some())?;
    match &verdict.validity {
        Some(validity) => write_validity(validity, out)?,
        None => out.write_str("null")?,
    }
    out.write_str(r#","features":["#)?;
    if let Some(license) = &authentic {
        write_all(license.features(), out, |feature, out| {
            write_feature(&mut gate, feature, time, out)
        })?;
    }
    out.write_str(r#"],"license":"#)?;
    let said = authentic.or_else(|| Token::parse(text).ok()?.unverified().ok());
    match &said {
        Some(license) => write_license(license, out)?,
        None => out.write_str("null")?,
    }
    out.write_char('}')
}

// None of our sentences and names has a character that JSON escapes; a test holds them to that.

fn write_verdict(verdict: &Verdict, time: Time, out: &mut impl Write) -> fmt::Result {
    write!(out, r#"{{"state":"{}","reason":"#, verdict.state())?;
    write_reason(verdict.reason, out)?;
    write!(out, r#","sdk_code":{},"message":"{}""#, verdict.sdk_code(), verdict.message())?;
    let at = verdict.validity.map_or(time.wall, |validity| validity.now);
    let (next_step, retryable) = (verdict.next_step(), verdict.retryable());
    write!(out, r#","next_step":"{next_step}","retryable":{retryable},"at":{at}"#)
}

fn write_validity(validity: &Validity, out: &mut impl Write) -> fmt::Result {
    let Validity { valid_from, valid_until, refresh_after, .. } = validity;
    let left = validity.seconds_left();
    write!(
        out,
        r#"{{"valid_from":{valid_from},"valid_until":{valid_until},"seconds_left":{left},"refresh_after":{refresh_after}}}"#
    )
}

fn write_feature(
    gate: &mut Gate,
    feature: &Feature,
    time: Time,
    out: &mut impl Write,
) -> fmt::Result {
    let name = feature.as_str();
    write!(out, r#"{{"name":"{name}""#)?;
    if let Some(outlook) = gate.outlook(name) {
        let (policy, until) = (outlook.on_expiry, outlook.runs_until);
        write!(out, r#","on_expiry":"{policy}","runs_until":{until}"#)?;
    }
    let verdict = gate.check(name, time);
    write!(out, r#","answer":"{}","reason":"#, verdict.answer())?;
    write_reason(verdict.reason(), out)?;
    write!(out, r#","sdk_code":{},"seconds_left":"#, verdict.sdk_code())?;
    match verdict.grace_left() {
        Some(left) => write!(out, "{left}}}"),
        None => out.write_str("null}"),
    }
}

fn write_license(license: &License, out: &mut impl Write) -> fmt::Result {
    let (app_id, issuer) = (license.app_id(), license.issuer());
    let environment = license.environment().as_str();
    write!(out, r#"{{"app_id":{app_id},"issuer":"{issuer}","environment":"{environment}""#)?;
    out.write_str(r#","features":["#)?;
    write_all(license.features(), out, |feature, out| {
        let policy = license.on_expiry(feature);
        write!(out, r#"{{"name":"{}","on_expiry":"{policy}"}}"#, feature.as_str())
    })?;
    let (issued, from, until) = (license.issued_at(), license.not_before(), license.expires_at());
    write!(out, r#"],"issued_at":{issued},"not_before":{from},"expires_at":{until}"#)?;
    write!(out, r#","revision":{},"id":""#, license.revision())?;
    license.id().iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    write!(out, r#"","kid":"{}","bind":["#, license.key_id())?;
    write_all(license.identities(), out, |identity, out| write!(out, r#""{identity}""#))?;
    out.write_str("]}")
}

fn write_reason(reason: Option<Reason>, out: &mut impl Write) -> fmt::Result {
    match reason {
        Some(reason) => write!(out, r#""{}""#, reason.name()),
        None => out.write_str("null"),
    }
}

/// The items with commas between them.
fn write_all<T, W: Write>(
    items: &[T],
    out: &mut W,
    mut write: impl FnMut(&T, &mut W) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.write_char(',')?;
        }
        write(item, out)?;
    }
    Ok(())
}
