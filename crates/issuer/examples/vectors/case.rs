//! One case: what goes in, step by step, and what must come out. Written to `cases.json`.
//!
//! What must come out is stated by whoever writes the case; the verifier under test is not asked.

use serde_json::{Value, json};

use crate::forge::{EXP, IAT, ISSUER};

/// What a device keeps, as FORMAT.md §7 lays it out.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) spread: u16,
    pub(crate) standby_seen: bool,
    pub(crate) floors: [u32; 2],
    pub(crate) time: i64,
    pub(crate) newest_exp: i64,
}

impl Kept {
    pub(crate) const NEW: Self =
        Self { spread: 0, standby_seen: false, floors: [0; 2], time: 0, newest_exp: 0 };

    pub(crate) fn hex(self) -> String {
        self.hex_beginning_with(1, u8::from(self.standby_seen))
    }

    /// With other first bytes than there can be, under a checksum that holds.
    pub(crate) fn hex_beginning_with(self, version: u8, standby_seen: u8) -> String {
        let mut bytes = vec![version, standby_seen];
        bytes.extend(self.spread.to_le_bytes());
        bytes.extend(self.floors.iter().flat_map(|floor| floor.to_le_bytes()));
        bytes.extend(self.time.to_le_bytes());
        bytes.extend(self.newest_exp.to_le_bytes());
        let mix = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(16_777_619);
        bytes.extend(bytes.iter().fold(2_166_136_261, mix).to_le_bytes());
        data_encoding::HEXLOWER.encode(&bytes)
    }
}

/// The device's clocks at a step.
#[derive(Clone, Copy)]
pub(crate) struct At(pub(crate) i64, pub(crate) u64);

/// The times of an authentic licence.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) now: i64,
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) refresh: i64,
}

impl Times {
    /// Those of the sample licence on a device of spread 0.
    pub(crate) const fn at(now: i64) -> Self {
        Self { now, from: IAT - 600, until: EXP, refresh: IAT + (EXP - IAT) / 2 }
    }

    /// Those of the sample licence of so many hours later.
    pub(crate) const fn later(self, hours: i64) -> Self {
        let after = hours * 3_600;
        Self {
            from: self.from + after,
            until: self.until + after,
            refresh: self.refresh + after,
            ..self
        }
    }
}

/// What a feature's check must answer.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Run,
    Grace(i64),
    Bypass(&'static str),
    Stop(&'static str),
}

pub(crate) struct Case {
    pub(crate) name: String,
    why: String,
    issuer: String,
    environment: &'static str,
    app_id: Option<u32>,
    identity: Option<String>,
    begins_with: Kept,
    kept: Kept,
    steps: Vec<Value>,
    /// The text of the first licence loaded, for the case's own file.
    pub(crate) license: Option<String>,
}

impl Case {
    pub(crate) fn new(name: &str, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            why: why.to_owned(),
            issuer: ISSUER.to_owned(),
            environment: "production",
            app_id: Some(12345),
            identity: None,
            begins_with: Kept::NEW,
            kept: Kept::NEW,
            steps: Vec::new(),
            license: None,
        }
    }

    pub(crate) fn expecting_issuer(self, issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), ..self }
    }

    pub(crate) fn in_environment(self, environment: &'static str) -> Self {
        Self { environment, ..self }
    }

    pub(crate) fn of_app(self, app_id: Option<u32>) -> Self {
        Self { app_id, ..self }
    }

    pub(crate) fn with_identity(self, identity: &str) -> Self {
        Self { identity: Some(identity.to_owned()), ..self }
    }

    pub(crate) fn begins_with(self, kept: Kept) -> Self {
        Self { begins_with: kept, kept, ..self }
    }

    /// A load that is refused. Nothing is kept of it.
    pub(crate) fn refused(self, license: &str, reason: &str) -> Self {
        self.refused_noting(license, reason, |_| ())
    }

    /// A load that is refused, after the key certificate was taken note of.
    pub(crate) fn refused_noting(
        mut self,
        license: &str,
        reason: &str,
        note: impl FnOnce(&mut Kept),
    ) -> Self {
        note(&mut self.kept);
        self.load(license, At(IAT + 60, 0), Some(reason), None)
    }

    /// A load that is refused while the app runs on; `time`: what is stored after it.
    pub(crate) fn refused_after(mut self, license: &str, at: At, reason: &str, time: i64) -> Self {
        self.kept.time = time;
        self.load(license, at, Some(reason), None)
    }

    /// A load of an authentic licence: valid, or not at this moment. `keeps`: what then lies in
    /// the state.
    pub(crate) fn loads(
        mut self,
        license: &str,
        at: At,
        reason: Option<&str>,
        times: Times,
        keeps: impl FnOnce(&mut Kept),
    ) -> Self {
        keeps(&mut self.kept);
        self.load(license, at, reason, Some(times))
    }

    /// A load of the sample licence's text that is valid a minute after its hour began.
    pub(crate) fn valid(self, license: &str) -> Self {
        let now = IAT + 60;
        self.loads(license, At(now, 0), None, Times::at(now), |kept| {
            (kept.time, kept.newest_exp) = (now + 60, EXP);
        })
    }

    /// A check of a feature after which `time` is stored.
    pub(crate) fn checks(mut self, feature: &str, at: At, answer: Answer, time: i64) -> Self {
        self.kept.time = time;
        let (word, reason, seconds_left) = match answer {
            Answer::Run => ("run", None, None),
            Answer::Grace(seconds) => ("grace", None, Some(seconds)),
            Answer::Bypass(reason) => ("bypass", Some(reason), None),
            Answer::Stop(reason) => ("stop", Some(reason), None),
        };
        self.steps.push(json!({
            "do": "check",
            "feature": feature,
            "wall": at.0,
            "elapsed": at.1,
            "expect": {
                "answer": word,
                "reason": reason,
                "sdk_code": sdk_code(reason),
                "seconds_left": seconds_left,
                "state_hex": self.kept.hex(),
            },
        }));
        self
    }

    /// Another licence is offered while one is held; `in_force`: does it take the place of the one held?
    pub(crate) fn offered(
        self,
        license: &str,
        at: At,
        reason: Option<&str>,
        times: Option<Times>,
        in_force: bool,
        keeps: impl FnOnce(&mut Kept),
    ) -> Self {
        let mut case = self;
        keeps(&mut case.kept);
        let mut case = case.load(license, at, reason, times);
        if let Some(step) = case.steps.last_mut() {
            step["do"] = json!("renew");
            step["expect"]["in_force"] = json!(in_force);
        }
        case
    }

    /// What the app is told of a feature's end; `None`: nothing.
    pub(crate) fn foresees(mut self, feature: &str, outlook: Option<(&str, i64)>) -> Self {
        self.steps.push(json!({
            "do": "outlook",
            "feature": feature,
            "expect": {
                "on_expiry": outlook.map(|(policy, _)| policy),
                "runs_until": outlook.map(|(_, until)| until),
            },
        }));
        self
    }

    /// The app is killed and started with what it kept.
    pub(crate) fn restarts(mut self) -> Self {
        self.steps.push(json!({ "do": "restart" }));
        self
    }

    fn load(mut self, license: &str, at: At, reason: Option<&str>, times: Option<Times>) -> Self {
        self.license.get_or_insert_with(|| license.to_owned());
        self.steps.push(json!({
            "do": "load",
            "license": license,
            "wall": at.0,
            "elapsed": at.1,
            "expect": {
                "state": state(reason),
                "reason": reason,
                "sdk_code": sdk_code(reason),
                "now": times.map(|times| times.now),
                "valid_from": times.map(|times| times.from),
                "valid_until": times.map(|times| times.until),
                "refresh_after": times.map(|times| times.refresh),
                "state_hex": self.kept.hex(),
            },
        }));
        self
    }

    pub(crate) fn json(&self, number: usize) -> Value {
        json!({
            "number": number,
            "name": self.name,
            "why": self.why,
            "expect": {
                "issuer": self.issuer,
                "environment": self.environment,
                "app_id": self.app_id,
                "identity": self.identity,
            },
            "state_hex": self.begins_with.hex(),
            "steps": self.steps,
        })
    }
}

fn state(reason: Option<&str>) -> &'static str {
    match reason {
        None => "valid",
        Some("not_yet_valid") => "not_yet_valid",
        Some("expired") => "expired",
        Some(_) => "refused",
    }
}

fn sdk_code(reason: Option<&str>) -> u16 {
    match reason {
        None => 0,
        Some("expired") => 82,
        Some("feature_missing") => 83,
        Some(_) => 81,
    }
}
