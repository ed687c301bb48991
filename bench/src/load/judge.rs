//! Whether an answer is the one that was due: the code of each, the licence of a sample.

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tonegate_license::{Environment, Expect, Pins, State, Time, verify};

use super::answer;
use crate::clock;

/// One licence in so many is verified, and the first.
const SAMPLE: u64 = 1_000;

/// Who wrote the licences, and whose they should be.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pins: Pins,
    issuer: String,
    /// Is the answer the asking app's? A server of static bytes has one for all.
    personal: bool,
    /// Is it a relay's, and not the licence API's?
    relayed: bool,
    seen: u64,
}

impl Judge {
    /// For the licences of this installation.
    pub(crate) fn new(pins: Pins, issuer: &str, personal: bool, relayed: bool) -> Self {
        Self { pins, issuer: issuer.to_owned(), personal, relayed, seen: 0 }
    }

    /// `Err`: the answer is wrong, and with it the whole run.
    pub(crate) fn check(&mut self, body: &[u8], code: u32, app_id: u32) -> anyhow::Result<()> {
        let expected = if self.personal { code } else { 0 };
        let found = match self.relayed {
            false => answer::code(body),
            true => body.starts_with(b"{\"License\":\"").then_some(0),
        };
        ensure!(
            found == Some(expected),
            "expected code {expected} for app {app_id}: {}",
            String::from_utf8_lossy(body)
        );
        if expected == 0 {
            if self.seen.is_multiple_of(SAMPLE) {
                self.verify(body, app_id)?;
            }
            self.seen += 1;
        }
        Ok(())
    }

    fn verify(&self, body: &[u8], app_id: u32) -> anyhow::Result<()> {
        let answer: Value = serde_json::from_slice(body).context("an answer that is no JSON")?;
        let license = match self.relayed {
            true => &answer["License"],
            false => {
                ensure!(answer["RequestId"].is_string(), "an answer without RequestId: {answer}");
                &answer["Data"]["License"]
            }
        };
        let license = license.as_str().context("an answer without a licence")?;
        let expect = Expect {
            issuer: &self.issuer,
            environment: Environment::Production,
            app_id: self.personal.then_some(app_id),
            identity: None,
        };
        let time = Time { wall: clock::unix_seconds(), elapsed: 0 };
        let (verdict, _) = verify(license, self.pins, expect, time, State::new(1));
        ensure!(verdict.is_valid(), "a licence that does not verify: {:?}", verdict.reason);
        Ok(())
    }
}
