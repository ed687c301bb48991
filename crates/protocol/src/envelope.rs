//! The answer's JSON: `{"Code":0,"Message":"Success.","RequestId":"…","Data":{"License":"…"}}`.

use std::fmt;
use std::io::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::refusal::Refusal;

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

    /// The number that its digits are; fits an `i64`.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    fn digits(self, buffer: &mut itoa::Buffer) -> &[u8] {
        buffer.format(self.0).as_bytes()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An answer, as it is read. The issuer writes its own without one:
/// [`write_success`](Self::write_success), [`write_refusal`](Self::write_refusal).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// A [`ReturnCode`](crate::ReturnCode)'s number, or one that we do not know.
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
    /// Appends the answer with a licence to `json`.
    ///
    /// `license`: one of ours, base64url and dots, which stand in JSON as they are.
    pub fn write_success(json: &mut Vec<u8>, id: RequestId, license: &str) {
        json.extend_from_slice(BEFORE_ID);
        json.extend_from_slice(id.digits(&mut itoa::Buffer::new()));
        json.extend_from_slice(BEFORE_LICENSE);
        json.extend_from_slice(license.as_bytes());
        json.extend_from_slice(BEHIND);
    }

    /// How many bytes [`write_success`](Self::write_success) appends.
    #[must_use]
    pub fn success_len(id: RequestId, license: &str) -> usize {
        let digits = id.digits(&mut itoa::Buffer::new()).len();
        BEFORE_ID.len() + digits + BEFORE_LICENSE.len() + license.len() + BEHIND.len()
    }

    /// Appends the answer without one.
    pub fn write_refusal(json: &mut Vec<u8>, id: RequestId, refusal: &Refusal) {
        let mut digits = itoa::Buffer::new();
        json.extend_from_slice(br#"{"Code":"#);
        json.extend_from_slice(digits.format(refusal.code.number()).as_bytes());
        json.extend_from_slice(br#","Message":""#);
        json.extend_from_slice(refusal.code.message().as_bytes());
        if !refusal.hint.is_empty() {
            json.push(b' ');
            write_escaped(json, &refusal.hint);
        }
        json.extend_from_slice(br#"","RequestId":""#);
        json.extend_from_slice(id.digits(&mut digits));
        json.extend_from_slice(br#""}"#);
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

    /// The answer as one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and integers only: serialising them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

// What every successful answer consists of, but for its RequestId and licence.
const BEFORE_ID: &[u8] = br#"{"Code":0,"Message":"Success.","RequestId":""#;
const BEFORE_LICENSE: &[u8] = br#"","Data":{"License":""#;
const BEHIND: &[u8] = br#""}}"#;

/// Appends `text` as it stands between the quotation marks of a JSON string.
fn write_escaped(json: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => json.extend([b'\\', byte]),
            0..0x20 => {
                let _ = write!(json, "\\u{byte:04x}");
            }
            _ => json.push(byte),
        }
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
    use crate::ReturnCode;

    #[test]
    fn answers_have_the_published_shape() {
        let id = RequestId::from_random(7);
        let mut json = b">".to_vec();
        Envelope::write_success(&mut json, id, "a.b.c");
        assert_eq!(
            json,
            br#">{"Code":0,"Message":"Success.","RequestId":"100000000000000007","Data":{"License":"a.b.c"}}"#
        );
        assert_eq!(json.len() - 1, Envelope::success_len(id, "a.b.c"));
        let refusal = Refusal::new(ReturnCode::SignatureExpired, "812 s behind");
        let mut json = Vec::new();
        Envelope::write_refusal(&mut json, id, &refusal);
        assert_eq!(
            json,
            br#"{"Code":100000004,"Message":"Signature expired. 812 s behind","RequestId":"100000000000000007"}"#
        );
    }

    #[test]
    fn every_hint_comes_out_as_it_went_in() {
        let all: String = (0..0x250).filter_map(char::from_u32).collect();
        for code in ReturnCode::ALL {
            let refusal = Refusal::new(*code, all.clone());
            let mut json = Vec::new();
            Envelope::write_refusal(&mut json, RequestId::from_random(1), &refusal);
            let read = Envelope::parse(&json).unwrap();
            assert_eq!((read.code, read.message), (code.number().into(), refusal.to_string()));
        }
    }

    #[test]
    fn request_ids_have_18_or_19_digits() {
        for random in [0, 1, i64::MAX.cast_unsigned(), u64::MAX] {
            let text = RequestId::from_random(random).to_string();
            assert!((18..=19).contains(&text.len()), "{text}");
            assert!(text.parse::<i64>().is_ok());
            assert_eq!(text, RequestId::from_random(random).number().to_string());
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
