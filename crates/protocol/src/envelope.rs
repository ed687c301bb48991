//! The answer's JSON: `{"Code":0,"Message":"Success.","RequestId":"…","Data":{"License":"…"}}`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::refusal::Refusal;
use crate::return_code::ReturnCode;

/// The name of one answer: 18 or 19 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    const FIRST: u64 = 100_000_000_000_000_000;

    /// A request id made of a random number.
    #[must_use]
    pub const fn from_random(random: u64) -> Self {
        Self(Self::FIRST + random % (i64::MAX.cast_unsigned() - Self::FIRST))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An answer, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// A [`ReturnCode`]'s number, or one that we do not know.
    pub code: i64,
    /// The published message, perhaps with a hint.
    #[serde(default)]
    pub message: String,
    /// Names the answer in the issuer's records; older services send none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Only with code 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
}

/// What a successful answer carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Data {
    /// The licence, one opaque string.
    pub license: String,
}

impl Envelope {
    /// The answer with a licence.
    #[must_use]
    pub fn success(id: RequestId, license: &str) -> Self {
        Self::new(id, ReturnCode::Success, ReturnCode::Success.message().to_owned())
            .with(Data { license: license.to_owned() })
    }

    /// The answer without one.
    #[must_use]
    pub fn refusal(id: RequestId, refusal: &Refusal) -> Self {
        Self::new(id, refusal.code, refusal.to_string())
    }

    /// Reads an answer. Members that we do not know are passed over.
    ///
    /// `Err`: not JSON, or not an object with a whole number as `Code`; the text says where.
    pub fn parse(body: &[u8]) -> Result<Self, EnvelopeError> {
        serde_json::from_slice(body).map_err(|error| EnvelopeError {
            kind: match error.classify() {
                Category::Syntax => "no JSON",
                Category::Eof => "cut off",
                Category::Data | Category::Io => "another shape",
            },
            line: error.line(),
            column: error.column(),
        })
    }

    /// The answer's bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and integers only: serialising them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn new(id: RequestId, code: ReturnCode, message: String) -> Self {
        Self { code: code.number().into(), message, request_id: Some(id.to_string()), data: None }
    }

    fn with(self, data: Data) -> Self {
        Self { data: Some(data), ..self }
    }
}

/// The body is no answer of this API; says what was met where, never the content itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvelopeError {
    kind: &'static str,
    line: usize,
    column: usize,
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, line, column } = self;
        write!(f, "the answer is not this API's JSON: {kind} at line {line}, column {column}")
    }
}

impl std::error::Error for EnvelopeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_published_shape() {
        let id = RequestId::from_random(7);
        assert_eq!(
            Envelope::success(id, "a.b.c").to_json(),
            r#"{"Code":0,"Message":"Success.","RequestId":"100000000000000007","Data":{"License":"a.b.c"}}"#
        );
        let refusal = Refusal::new(ReturnCode::SignatureExpired, "812 s behind");
        assert_eq!(
            Envelope::refusal(id, &refusal).to_json(),
            r#"{"Code":100000004,"Message":"Signature expired. 812 s behind","RequestId":"100000000000000007"}"#
        );
    }

    #[test]
    fn request_ids_have_18_or_19_digits() {
        for random in [0, 1, i64::MAX.cast_unsigned(), u64::MAX] {
            let text = RequestId::from_random(random).to_string();
            assert!((18..=19).contains(&text.len()), "{text}");
            assert!(text.parse::<i64>().is_ok());
        }
    }

    #[test]
    fn answers_of_older_services_are_read() {
        let answer = Envelope::parse(br#"{"Code":0,"Message":"","Data":{"License":"x","New":1}}"#);
        assert_eq!(answer.unwrap().data, Some(Data { license: "x".to_owned() }));
        for bad in ["", "[]", r#"{"Code":"0"}"#, r#"{"Code":0.5}"#, r#"{"Message":""}"#] {
            assert!(Envelope::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let error = Envelope::parse(br#"{"Code":"a secret"}"#).unwrap_err().to_string();
        assert_eq!(error, "the answer is not this API's JSON: another shape at line 1, column 18");
    }
}
