//! Every number that crosses the border. None of them is ever given another meaning.

/// The licence is good, or the call did what it says.
pub const TONEGATE_OK: i32 = 0;
/// The published SDK's code: the licence cannot be used.
pub const TONEGATE_FORMAT_INVALID: i32 = 81;
/// The published SDK's code: the licence has expired.
pub const TONEGATE_EXPIRED: i32 = 82;
/// The published SDK's code: the feature is not in the licence.
pub const TONEGATE_FEATURE_MISSING: i32 = 83;

/// Misuse: a pointer is null that must not be.
pub const TONEGATE_E_NULL: i32 = -1;
/// Misuse: a pointer is not aligned as its type is.
pub const TONEGATE_E_MISALIGNED: i32 = -2;
/// Misuse: a length is over its bound.
pub const TONEGATE_E_LENGTH: i32 = -3;
/// The buffer is too short; where the call has a place for it, the length that it takes was written.
pub const TONEGATE_E_SHORT: i32 = -4;
/// Misuse: the storage holds no options, gate or session of this version: it was never filled, or overwritten.
pub const TONEGATE_E_STORAGE: i32 = -5;
/// The pins are not two different sound keys: copy the line that `tonegate key pins` prints.
pub const TONEGATE_E_PINS: i32 = -6;
/// No issuer can have this name: 1 to 32 characters of `[A-Za-z0-9._:/-]`.
pub const TONEGATE_E_ISSUER: i32 = -7;
/// The environment is neither `TONEGATE_PRODUCTION` nor `TONEGATE_TEST`.
pub const TONEGATE_E_ENVIRONMENT: i32 = -8;
/// The identity is not 22 characters of base64url.
pub const TONEGATE_E_IDENTITY: i32 = -9;
/// These bytes are no state, or were damaged: begin with `tonegate_state_new`.
pub const TONEGATE_E_STATE: i32 = -10;
/// Misuse: a text is not UTF-8.
pub const TONEGATE_E_TEXT: i32 = -11;

/// The environment of real users.
pub const TONEGATE_PRODUCTION: i32 = 0;
/// The environment of development and tests.
pub const TONEGATE_TEST: i32 = 1;

/// `tonegate_verdict.state`: the licence is good now.
pub const TONEGATE_STATE_VALID: i32 = 0;
/// `tonegate_verdict.state`: authentic, and not valid yet.
pub const TONEGATE_STATE_NOT_YET_VALID: i32 = 1;
/// `tonegate_verdict.state`: authentic, and over.
pub const TONEGATE_STATE_EXPIRED: i32 = 2;
/// `tonegate_verdict.state`: cannot be used.
pub const TONEGATE_STATE_REFUSED: i32 = 3;

/// `tonegate_feature_verdict.answer`: the feature may run.
pub const TONEGATE_ANSWER_RUN: i32 = 0;
/// `tonegate_feature_verdict.answer`: it may, for `seconds_left` more.
pub const TONEGATE_ANSWER_GRACE: i32 = 1;
/// `tonegate_feature_verdict.answer`: pass the audio untouched.
pub const TONEGATE_ANSWER_BYPASS: i32 = 2;
/// `tonegate_feature_verdict.answer`: end the operation with `sdk_code`.
pub const TONEGATE_ANSWER_STOP: i32 = 3;

/// `tonegate_outlook.on_expiry`: no authentic licence names the feature.
pub const TONEGATE_ON_EXPIRY_UNKNOWN: i32 = 0;
/// `tonegate_outlook.on_expiry`: the audio passes untouched.
pub const TONEGATE_ON_EXPIRY_BYPASS: i32 = 1;
/// `tonegate_outlook.on_expiry`: the operation ends with SDK code 82.
pub const TONEGATE_ON_EXPIRY_STOP: i32 = 2;
/// `tonegate_outlook.on_expiry`: it goes on for at most `grace_hours`.
pub const TONEGATE_ON_EXPIRY_GRACE: i32 = 3;

/// What a caller did wrong, or has to do another way.
#[derive(Clone, Copy)]
pub(crate) enum Misuse {
    Null,
    Misaligned,
    Length,
    Short,
    Storage,
    Pins,
    Issuer,
    Environment,
    Identity,
    State,
    Text,
}

impl Misuse {
    pub(crate) const fn code(self) -> i32 {
        match self {
            Self::Null => TONEGATE_E_NULL,
            Self::Misaligned => TONEGATE_E_MISALIGNED,
            Self::Length => TONEGATE_E_LENGTH,
            Self::Short => TONEGATE_E_SHORT,
            Self::Storage => TONEGATE_E_STORAGE,
            Self::Pins => TONEGATE_E_PINS,
            Self::Issuer => TONEGATE_E_ISSUER,
            Self::Environment => TONEGATE_E_ENVIRONMENT,
            Self::Identity => TONEGATE_E_IDENTITY,
            Self::State => TONEGATE_E_STATE,
            Self::Text => TONEGATE_E_TEXT,
        }
    }
}
