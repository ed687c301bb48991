//! Why a request gets no licence, as the answer tells it.

use std::borrow::Cow;
use std::fmt;

use crate::ReturnCode;

/// A return code other than Success, with a hint that names the fault in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The published code.
    pub code: ReturnCode,
    /// The fault in words; empty where the message says it all. Never holds a secret.
    pub hint: Cow<'static, str>,
}

impl Refusal {
    /// A refusal with a hint.
    pub fn new(code: ReturnCode, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { code, hint: hint.into() }
    }
}

impl From<ReturnCode> for Refusal {
    fn from(code: ReturnCode) -> Self {
        Self { code, hint: Cow::Borrowed("") }
    }
}

/// The published message, and the hint after one blank.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.message())?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " {}", self.hint) }
    }
}

impl std::error::Error for Refusal {}
