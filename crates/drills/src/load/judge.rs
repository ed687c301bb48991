//! What an answer is: a licence, which code, or neither; and, of a sample, whether the licence is good.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tonegate_license::{Environment, Expect, Pins, State, Time, Token, verify};

use super::record::Outcome;
use crate::clock;
use crate::house::ISSUER;
use crate::http::{Answer, Broken};

/// One licence in so many is verified, and the first.
const SAMPLE: usize = 50;

/// Who wrote the licences.
#[derive(Debug)]
pub(super) struct Judge {
    pins: Pins,
    licenses: AtomicUsize,
}

/// What an answer came to.
#[derive(Debug)]
pub(super) struct Judged {
    /// In one word.
    pub(super) outcome: Outcome,
    /// The licence's `iat`, Unix seconds; 0 without one.
    pub(super) issued_at: i64,
    /// What is wrong with a licence that should be good.
    pub(super) wrong: Option<String>,
}

impl Judge {
    pub(super) fn new(pins: Pins) -> Self {
        Self { pins, licenses: AtomicUsize::new(0) }
    }

    /// Judges an answer to this app.
    pub(super) fn judge(&self, answer: &Answer, app_id: u32) -> Judged {
        let nothing = |outcome| Judged { outcome, issued_at: 0, wrong: None };
        if answer.status != 200 {
            return nothing(Outcome::Status(answer.status));
        }
        let Ok(body) = serde_json::from_str::<Value>(&answer.body) else {
            return nothing(Outcome::Broken(Broken::Strange));
        };
        let code = body["Code"].as_u64().and_then(|code| u32::try_from(code).ok());
        match (code, body["Data"]["License"].as_str()) {
            (Some(0), Some(license)) => self.licensed(license, app_id),
            (Some(code), _) if code != 0 => nothing(Outcome::Code(code)),
            _ => nothing(Outcome::Broken(Broken::Strange)),
        }
    }

    fn licensed(&self, license: &str, app_id: u32) -> Judged {
        let claims = Token::parse(license).and_then(|token| token.unverified());
        let issued_at = claims.as_ref().map_or(0, |claims| claims.issued_at());
        let outcome = Outcome::License;
        let sampled = self.licenses.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE);
        if !sampled {
            return Judged { outcome, issued_at, wrong: None };
        }
        let expect = Expect {
            issuer: ISSUER,
            environment: Environment::Production,
            app_id: Some(app_id),
            identity: None,
        };
        let time = Time { wall: clock::unix_seconds(), elapsed: 0 };
        let (verdict, _) = verify(license, self.pins, expect, time, State::new(1));
        let wrong = (!verdict.is_valid()).then(|| format!("app {app_id}: {:?}", verdict.reason));
        Judged { outcome, issued_at, wrong }
    }
}
