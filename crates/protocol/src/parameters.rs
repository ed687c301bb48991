//! The public parameters: read from a query in the published order of checks, and written to one.

use std::borrow::Cow;

use crate::app_id::{AppId, canonical_decimal};
use crate::limits::{NONCE_BYTES_MAX, TIMESTAMP_DIGITS_MAX};
use crate::query::{self, Undecodable};
use crate::refusal::Refusal;
use crate::return_code::ReturnCode;
use crate::signature::{ServerSecret, Signature};

/// The one Action of this API.
pub const ACTION: &str = "CgiDescribeZIMAudioLicense";
/// The one SignatureVersion.
pub const SIGNATURE_VERSION: &str = "2.0";

/// The public parameters of a request, well-formed and not yet authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicParameters<'a> {
    /// Who asks.
    pub app_id: AppId,
    /// AppId as sent, decoded: what the signature covers.
    app_id_text: Cow<'a, str>,
    /// 1 to 52 bytes without control characters.
    pub nonce: Cow<'a, str>,
    /// Unix seconds, as the caller's clock has it.
    pub timestamp: i64,
    /// Timestamp as sent, decoded: what the signature covers.
    timestamp_text: Cow<'a, str>,
    /// `None`: not 32 lower-case hex digits, so it cannot match.
    pub signature: Option<Signature>,
    /// What is asked for; perhaps nothing that we know.
    pub action: Cow<'a, str>,
}

/// A public parameter as it stands in the query.
#[derive(Clone, Copy, Default)]
struct Raw<'a> {
    value: Option<&'a str>,
    twice: bool,
}

impl<'a> PublicParameters<'a> {
    /// Reads the query of a request, what stands behind its first `?`.
    ///
    /// Refuses with the code of the first fault in the order AppId, Timestamp, SignatureNonce,
    /// SignatureVersion, Signature, Action. Unknown parameters are passed over.
    pub fn parse(query: &'a str) -> Result<Self, Refusal> {
        let [app_id, timestamp, nonce, version, signature, action] = collect(query);
        let (app_id, app_id_text) = read_app_id(app_id)?;
        let (timestamp, timestamp_text) = read_timestamp(timestamp)?;
        let nonce = read_nonce(nonce)?;
        read_version(version)?;
        let signature = read_signature(signature)?;
        let action = read_action(action)?;
        Ok(Self { app_id, app_id_text, nonce, timestamp, timestamp_text, signature, action })
    }

    /// Did the owner of `secret` sign this? Constant time, also for a malformed signature.
    #[must_use]
    pub fn is_signed_with(&self, secret: &ServerSecret) -> bool {
        let expected =
            Signature::sign(&self.app_id_text, &self.nonce, secret, &self.timestamp_text);
        let sent = self.signature.unwrap_or(Signature([0; 16]));
        expected.matches(&sent) & self.signature.is_some()
    }
}

/// The query of a signed request: what goes behind `/?`.
#[must_use]
pub fn signed_query(app_id: AppId, nonce: &str, secret: &ServerSecret, timestamp: i64) -> String {
    let (app_id, timestamp) = (app_id.to_string(), timestamp.to_string());
    let signature = Signature::sign(&app_id, nonce, secret, &timestamp);
    let mut query = format!("Action={ACTION}&AppId={app_id}&SignatureNonce=");
    query::encode(nonce, &mut query);
    query += &format!(
        "&Timestamp={timestamp}&SignatureVersion={SIGNATURE_VERSION}&Signature={signature}"
    );
    query
}

const NAMES: [&str; 6] =
    ["AppId", "Timestamp", "SignatureNonce", "SignatureVersion", "Signature", "Action"];

fn collect(query: &str) -> [Raw<'_>; 6] {
    let mut found = [Raw::default(); 6];
    for (name, value) in query::pairs(query) {
        let Some(place) = place(name) else { continue };
        let raw = &mut found[place];
        raw.twice |= raw.value.is_some();
        raw.value = Some(value);
    }
    found
}

/// A name that is written with escapes is the same name.
fn place(name: &str) -> Option<usize> {
    let known = NAMES.iter().position(|known| *known == name);
    known.or_else(|| {
        let decoded = query::decode(name).ok()?;
        NAMES.iter().position(|known| *known == decoded)
    })
}

impl<'a> Raw<'a> {
    /// The decoded value, empty where absent; refused where the parameter is given twice.
    fn decoded(self, name: &'static str) -> Result<Result<Cow<'a, str>, Undecodable>, Refusal> {
        if self.twice {
            return Err(Refusal::new(ReturnCode::InvalidInput, format!("{name} is given twice")));
        }
        Ok(query::decode(self.value.unwrap_or("")))
    }

    /// As [`decoded`](Self::decoded), with the code for a value that cannot be decoded.
    fn value(self, name: &'static str, undecodable: ReturnCode) -> Result<Cow<'a, str>, Refusal> {
        self.decoded(name)?
            .map_err(|_| Refusal::new(undecodable, format!("{name} is not percent-encoded UTF-8")))
    }
}

fn read_app_id(raw: Raw<'_>) -> Result<(AppId, Cow<'_, str>), Refusal> {
    let text = raw.value("AppId", ReturnCode::AppIdInvalid)?;
    match text.parse() {
        Ok(app_id) => Ok((app_id, text)),
        Err(_) if text.is_empty() => {
            Err(Refusal::new(ReturnCode::AppIdInvalid, "AppId is absent or empty"))
        }
        Err(_) => Err(ReturnCode::AppIdInvalid.into()),
    }
}

fn read_timestamp(raw: Raw<'_>) -> Result<(i64, Cow<'_, str>), Refusal> {
    let text = raw.value("Timestamp", ReturnCode::TimestampInvalid)?;
    if text.is_empty() {
        return Err(ReturnCode::TimestampEmpty.into());
    }
    let short = text.len() <= TIMESTAMP_DIGITS_MAX;
    let timestamp = short.then(|| canonical_decimal(&text)).flatten();
    Ok((timestamp.ok_or(ReturnCode::TimestampInvalid)?, text))
}

fn read_nonce(raw: Raw<'_>) -> Result<Cow<'_, str>, Refusal> {
    let nonce = raw.value("SignatureNonce", ReturnCode::InvalidInput)?;
    if nonce.is_empty() {
        return Err(ReturnCode::NonceEmpty.into());
    }
    let printable = |byte: u8| (b' '..=b'~').contains(&byte);
    let fault = if nonce.len() > NONCE_BYTES_MAX {
        "SignatureNonce is longer than 52 bytes"
    } else if !nonce.bytes().all(printable) && nonce.chars().any(char::is_control) {
        "SignatureNonce holds control characters"
    } else {
        return Ok(nonce);
    };
    Err(Refusal::new(ReturnCode::InvalidInput, fault))
}

fn read_version(raw: Raw<'_>) -> Result<(), Refusal> {
    let version = raw.value("SignatureVersion", ReturnCode::SignatureVersionUnsupported)?;
    match &*version {
        SIGNATURE_VERSION => Ok(()),
        "" => Err(ReturnCode::SignatureVersionEmpty.into()),
        _ => Err(ReturnCode::SignatureVersionUnsupported.into()),
    }
}

/// A malformed signature is no fault yet: it is refused as a wrong one, where its turn comes.
fn read_signature(raw: Raw<'_>) -> Result<Option<Signature>, Refusal> {
    match raw.decoded("Signature")? {
        Ok(text) if text.is_empty() => Err(ReturnCode::SignatureEmpty.into()),
        Ok(text) => Ok(Signature::parse(&text)),
        Err(Undecodable) => Ok(None),
    }
}

fn read_action(raw: Raw<'_>) -> Result<Cow<'_, str>, Refusal> {
    let action = raw.value("Action", ReturnCode::InvalidInput)?;
    if action.is_empty() { Err(ReturnCode::ActionEmpty.into()) } else { Ok(action) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";
    const GOOD: [(&str, &str); 6] = [
        ("Action", ACTION),
        ("AppId", "12345"),
        ("SignatureNonce", "4fd24687296dd9f3"),
        ("Timestamp", "1615186943"),
        ("SignatureVersion", "2.0"),
        ("Signature", "43e5cfcca828314675f91b001390566a"),
    ];

    /// The good query with `name` set to `value`, or taken out.
    fn query(name: &str, value: Option<&str>) -> String {
        let pair = |(known, good): &(&str, &str)| {
            let value = if *known == name { value? } else { good };
            Some(format!("{known}={value}"))
        };
        GOOD.iter().filter_map(pair).collect::<Vec<_>>().join("&")
    }

    fn code(query: &str) -> u32 {
        PublicParameters::parse(query).map_or_else(|refusal| refusal.code.number(), |_| 0)
    }

    #[test]
    fn the_published_request_verifies() {
        let secret = ServerSecret::new(SECRET).unwrap();
        let good = query("", None);
        let parameters = PublicParameters::parse(&good).unwrap();
        assert!(parameters.is_signed_with(&secret));
        let other = ServerSecret::new(&SECRET.replace('9', "8")).unwrap();
        assert!(!parameters.is_signed_with(&other));
        let upper = query("Signature", Some("43E5CFCCA828314675F91B001390566A"));
        assert!(!PublicParameters::parse(&upper).unwrap().is_signed_with(&secret));
    }

    #[test]
    fn each_parameter_has_its_codes() {
        for (name, value, expected) in [
            ("AppId", None, 100000001),
            ("AppId", Some(""), 100000001),
            ("AppId", Some("012345"), 100000001),
            ("AppId", Some("12345%20"), 100000001),
            ("AppId", Some("12345%0A"), 100000001),
            ("AppId", Some("%FF"), 100000001),
            ("AppId", Some("1%zz"), 100000001),
            ("AppId", Some("%3112345"), 0),
            ("Timestamp", None, 100000002),
            ("Timestamp", Some(""), 100000002),
            ("Timestamp", Some("-1"), 100000003),
            ("Timestamp", Some("+1"), 100000003),
            ("Timestamp", Some("1615186943+"), 100000003),
            ("Timestamp", Some("1615186943%0A"), 100000003),
            ("Timestamp", Some("1615186943%00"), 100000003),
            ("Timestamp", Some("01615186943"), 100000003),
            ("Timestamp", Some("1.5"), 100000003),
            ("Timestamp", Some("%FF"), 100000003),
            ("Timestamp", Some("9999999999999999999"), 100000003),
            ("Timestamp", Some("99999999999999999999"), 100000003),
            ("Timestamp", Some("9223372036854775807"), 0),
            ("Timestamp", Some("1615186943000"), 0),
            ("SignatureNonce", None, 100000008),
            ("SignatureNonce", Some("%00"), 2),
            ("SignatureNonce", Some("a%0A"), 2),
            ("SignatureNonce", Some("%C2%85"), 2),
            ("SignatureNonce", Some("%FF"), 2),
            ("SignatureNonce", Some("a+b%2B"), 0),
            ("SignatureVersion", None, 100000013),
            ("SignatureVersion", Some(""), 100000013),
            ("SignatureVersion", Some("2.0+"), 100000014),
            ("SignatureVersion", Some("1.0"), 100000014),
            ("SignatureVersion", Some("%FF"), 100000014),
            ("Signature", None, 100000009),
            ("Signature", Some(""), 100000009),
            ("Signature", Some("%FF"), 0),
            ("Action", None, 100000006),
            ("Action", Some(""), 100000006),
            ("Action", Some("%FF"), 2),
            ("Action", Some("Other"), 0),
        ] {
            assert_eq!(code(&query(name, value)), expected, "{name}={value:?}");
        }
    }

    #[test]
    fn the_nonce_ends_at_52_bytes() {
        assert_eq!(code(&query("SignatureNonce", Some(&"n".repeat(52)))), 0);
        assert_eq!(code(&query("SignatureNonce", Some(&"n".repeat(53)))), 2);
        assert_eq!(code(&query("SignatureNonce", Some(&"%E9%9A%8F".repeat(18)))), 2);
    }

    #[test]
    fn a_public_parameter_given_twice_is_refused() {
        for (name, value) in GOOD {
            assert_eq!(code(&format!("{}&{name}={value}", query("", None))), 2, "{name}");
        }
        assert_eq!(code(&format!("{}&%41ppId=12345", query("", None))), 2);
        assert_eq!(code(&format!("{}&IsTest=1&IsTest=2&RoomId[]=a&%FF=1", query("", None))), 0);
    }

    #[test]
    fn the_earlier_of_two_faults_is_told() {
        // In the published order; each is broken in turn, together with every later one.
        let order = [
            ("AppId", 100000001),
            ("Timestamp", 100000002),
            ("SignatureNonce", 100000008),
            ("SignatureVersion", 100000013),
            ("Signature", 100000009),
            ("Action", 100000006),
        ];
        for (first, (_, expected)) in order.iter().enumerate() {
            for (second, _) in &order[first..] {
                let broken = |pair: &&str| {
                    let (name, _) = pair.split_once('=').unwrap();
                    name != order[first].0 && name != *second
                };
                let good = query("", None);
                let query = good.split('&').filter(broken).collect::<Vec<_>>().join("&");
                assert_eq!(code(&query), *expected, "{query}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read_back(app_id: u32, nonce in "\\PC{1,13}", timestamp in 0..i64::MAX) {
            let secret = ServerSecret::new(SECRET).unwrap();
            let query = signed_query(AppId(app_id), &nonce, &secret, timestamp);
            let parameters = PublicParameters::parse(&query).unwrap();
            prop_assert!(parameters.is_signed_with(&secret));
            prop_assert_eq!(parameters.nonce.as_ref(), nonce.as_str());
        }

        #[test]
        fn no_query_panics(query in ".*") {
            let _ = PublicParameters::parse(&query);
        }
    }
}
