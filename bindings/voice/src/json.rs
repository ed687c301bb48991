//! Verdicts and errors as JSON, with the names that `index.d.ts` gives them.
//!
//! None of the sentences and names has a character that JSON escapes: `tonegate-license` tests its own, and those of
//! `tonegate-voice` are told in the tests of the JavaScript.

use std::fmt::{self, Write};

use tonegate_license::{Reason, Verdict};
use tonegate_voice::VoiceError;

/// A `Verdict`.
pub(crate) fn verdict(verdict: &Verdict, out: &mut impl Write) -> fmt::Result {
    members(verdict, out)?;
    out.write_char('}')
}

/// What became of a licence that was offered: `Ok` where it is in force now.
pub(crate) fn offered(offered: &Result<Verdict, Verdict>, out: &mut impl Write) -> fmt::Result {
    let (Ok(verdict) | Err(verdict)) = offered;
    members(verdict, out)?;
    write!(out, r#","inForce":{}}}"#, offered.is_ok())
}

/// A verdict's members, without the brace that ends them.
fn members(verdict: &Verdict, out: &mut impl Write) -> fmt::Result {
    write!(out, r#"{{"state":"{}","reason":{}"#, verdict.state(), Named(verdict.reason))?;
    let (code, retryable) = (verdict.sdk_code(), verdict.retryable());
    let (message, next_step) = (verdict.message(), verdict.next_step());
    write!(out, r#","sdkCode":{code},"message":"{message}","nextStep":"{next_step}""#)?;
    write!(out, r#","retryable":{retryable}"#)?;
    let times = verdict.validity.map(|validity| {
        let left = validity.seconds_left();
        [validity.now, validity.valid_from, validity.valid_until, left, validity.refresh_after]
    });
    for (at, name) in
        ["now", "validFrom", "validUntil", "secondsLeft", "refreshAfter"].into_iter().enumerate()
    {
        match times.as_ref().and_then(|times| times.get(at)) {
            Some(seconds) => write!(out, r#","{name}":{seconds}"#)?,
            None => write!(out, r#","{name}":null"#)?,
        }
    }
    Ok(())
}

/// A list of `VoiceError`.
pub(crate) fn errors(errors: &[VoiceError], out: &mut impl Write) -> fmt::Result {
    out.write_char('[')?;
    for (place, error) in errors.iter().enumerate() {
        if place > 0 {
            out.write_char(',')?;
        }
        let VoiceError { code, message, next_step, feature, reason } = error;
        let code = code.number();
        write!(out, r#"{{"code":{code},"message":"{message}","nextStep":"{next_step}""#)?;
        match feature {
            Some(feature) => write!(out, r#","feature":"{feature}""#)?,
            None => out.write_str(r#","feature":null"#)?,
        }
        write!(out, r#","reason":{}}}"#, Named(*reason))?;
    }
    out.write_char(']')
}

/// A reason by its name, or null.
struct Named(Option<Reason>);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) => write!(f, r#""{}""#, reason.name()),
            None => f.write_str("null"),
        }
    }
}
