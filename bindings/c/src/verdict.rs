//! Verdicts as C reads them: numbers in fixed places, nothing to free.

use tonegate_license as verifier;
use tonegate_license::{OnExpiry, Reason, State as Kept};

use crate::codes::*;
use crate::limits::TONEGATE_STATE_BYTES;
use crate::reason;

/// A reading of a device's two clocks.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Time {
    /// The wall clock, Unix seconds. It may lie.
    pub wall: i64,
    /// A monotonic clock, seconds from any origin that stays fixed while the process lives.
    pub elapsed: u64,
}

/// What a device keeps: store it whenever it differs from what was stored.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct State {
    /// To be stored as they are.
    pub bytes: [u8; TONEGATE_STATE_BYTES],
}

/// What is true of a licence.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Verdict {
    /// 0, 81 or 82.
    pub sdk_code: i32,
    /// One of `TONEGATE_STATE_…`.
    pub state: i32,
    /// One of `TONEGATE_REASON_…`; `tonegate_reason_name` names it.
    pub reason: i32,
    /// Can a newly fetched licence succeed where this one did not?
    pub retryable: bool,
    /// Is it proven that the issuer wrote it for this app? If not, the times below are 0.
    pub authentic: bool,
    /// Effective time of the verdict, Unix seconds, as are the following.
    pub now: i64,
    /// First second of validity.
    pub valid_from: i64,
    /// First second after validity, without any grace.
    pub valid_until: i64,
    /// Seconds until the end; 0 after it.
    pub seconds_left: i64,
    /// When this device should have asked for the next licence.
    pub refresh_after: i64,
}

/// May a feature run now, and what to do where it may not.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FeatureVerdict {
    /// One of `TONEGATE_ANSWER_…`.
    pub answer: i32,
    /// 0, 81, 82 or 83.
    pub sdk_code: i32,
    /// One of `TONEGATE_REASON_…`: why it does not run.
    pub reason: i32,
    /// Does it run?
    pub runs: bool,
    /// Seconds until the grace of this device ends; 0 unless `answer` is `TONEGATE_ANSWER_GRACE`.
    pub seconds_left: i64,
}

/// What will become of a feature of the licence held.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Outlook {
    /// One of `TONEGATE_ON_EXPIRY_…`.
    pub on_expiry: i32,
    /// The hours of a grace, as the licence has them; 0 without one.
    pub grace_hours: u32,
    /// The first second in which it no longer runs on this device, Unix seconds.
    pub runs_until: i64,
}

/// What a session has to have done now.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Turn {
    /// Fetch a licence, and call `tonegate_session_fetched` or `tonegate_session_failed`. Said once for each fetch.
    pub fetch: bool,
    /// Tell the app: `verdict` is another one than before, or another licence is in force.
    pub changed: bool,
    /// Come back after so many seconds, 1 to 60; sooner does no harm.
    pub wait_secs: u32,
    /// What is true of the licence in force; all 0 unless `changed`.
    pub verdict: Verdict,
}

impl Time {
    pub(crate) const fn read(self) -> verifier::Time {
        verifier::Time { wall: self.wall, elapsed: self.elapsed }
    }
}

impl State {
    pub(crate) fn of(kept: Kept) -> Self {
        Self { bytes: kept.to_bytes() }
    }

    pub(crate) fn kept(&self) -> Result<Kept, Misuse> {
        Kept::from_bytes(&self.bytes).ok_or(Misuse::State)
    }
}

impl Verdict {
    const NONE: Self = Self {
        sdk_code: 0,
        state: 0,
        reason: 0,
        retryable: false,
        authentic: false,
        now: 0,
        valid_from: 0,
        valid_until: 0,
        seconds_left: 0,
        refresh_after: 0,
    };

    pub(crate) fn of(found: &verifier::Verdict) -> Self {
        let mut verdict = Self {
            sdk_code: found.sdk_code().into(),
            state: state(found.reason),
            reason: reason::number(found.reason),
            retryable: found.retryable(),
            ..Self::NONE
        };
        if let Some(validity) = &found.validity {
            verdict.authentic = true;
            verdict.now = validity.now;
            verdict.valid_from = validity.valid_from;
            verdict.valid_until = validity.valid_until;
            verdict.seconds_left = validity.seconds_left();
            verdict.refresh_after = validity.refresh_after;
        }
        verdict
    }
}

impl FeatureVerdict {
    pub(crate) fn of(found: &verifier::FeatureVerdict) -> Self {
        Self {
            answer: match found {
                verifier::FeatureVerdict::Run => TONEGATE_ANSWER_RUN,
                verifier::FeatureVerdict::Grace { .. } => TONEGATE_ANSWER_GRACE,
                verifier::FeatureVerdict::Bypass(_) => TONEGATE_ANSWER_BYPASS,
                verifier::FeatureVerdict::Stop(_) => TONEGATE_ANSWER_STOP,
            },
            sdk_code: found.sdk_code().into(),
            reason: reason::number(found.reason()),
            runs: found.runs(),
            seconds_left: found.grace_left().unwrap_or(0),
        }
    }
}

impl Outlook {
    pub(crate) fn of(found: Option<verifier::Outlook>) -> Self {
        let Some(found) = found else {
            return Self { on_expiry: TONEGATE_ON_EXPIRY_UNKNOWN, grace_hours: 0, runs_until: 0 };
        };
        let (on_expiry, grace_hours) = match found.on_expiry {
            OnExpiry::Bypass => (TONEGATE_ON_EXPIRY_BYPASS, 0),
            OnExpiry::Stop => (TONEGATE_ON_EXPIRY_STOP, 0),
            OnExpiry::Grace(hours) => (TONEGATE_ON_EXPIRY_GRACE, hours),
        };
        Self { on_expiry, grace_hours, runs_until: found.runs_until }
    }

    /// 0, or `TONEGATE_FEATURE_MISSING` where no authentic licence names the feature.
    pub(crate) const fn code(&self) -> i32 {
        match self.on_expiry {
            TONEGATE_ON_EXPIRY_UNKNOWN => TONEGATE_FEATURE_MISSING,
            _ => TONEGATE_OK,
        }
    }
}

impl Turn {
    pub(crate) fn of(found: &verifier::Turn) -> Self {
        Self {
            fetch: found.fetch,
            changed: found.changed.is_some(),
            // 1 to 60.
            wait_secs: u32::try_from(found.wait_secs).unwrap_or(1),
            verdict: found.changed.as_ref().map_or(Verdict::NONE, Verdict::of),
        }
    }
}

fn state(reason: Option<Reason>) -> i32 {
    match reason {
        None => TONEGATE_STATE_VALID,
        Some(Reason::NotYetValid) => TONEGATE_STATE_NOT_YET_VALID,
        Some(Reason::Expired) => TONEGATE_STATE_EXPIRED,
        Some(_) => TONEGATE_STATE_REFUSED,
    }
}
