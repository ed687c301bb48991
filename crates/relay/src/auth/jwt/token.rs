//! The text of a token, taken apart and not yet believed (RFC 7515, compact serialization).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Number, Value};

use crate::auth::config::Algorithm;
use crate::auth::refused::{Refused, TokenFault};

/// Header, claims and signature, as whoever sent them wrote them.
#[derive(Debug)]
pub(super) struct Token<'a> {
    /// `None`: none that could be accepted.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) kid: Option<String>,
    pub(super) claims: Map<String, Value>,
    /// What the signature is over.
    pub(super) message: &'a [u8],
    pub(super) signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Base64 and JSON are read strictly; what a header says is not acted on but `alg`, `kid` and
    /// `crit`: neither `jwk`, `jku` nor `x5c` can bring a key of the sender's.
    pub(super) fn parse(text: &'a str) -> Result<Self, Refused> {
        let fault = |fault| move || Refused::BadToken(fault);
        let shape = fault(TokenFault::NotThreeParts);
        let (message, signature) = text.rsplit_once('.').ok_or_else(shape)?;
        let (header, claims) = message.split_once('.').ok_or_else(shape)?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| shape())?;
        let header = object(header, shape, fault(TokenFault::Header))?;
        let claims = object(claims, shape, fault(TokenFault::Claims))?;
        if header.contains_key("crit") {
            return Err(Refused::BadToken(TokenFault::Critical));
        }
        let algorithm = string(&header, "alg", TokenFault::Header)?;
        let algorithm = Algorithm::from_name(algorithm.ok_or_else(fault(TokenFault::Header))?);
        let kid = string(&header, "kid", TokenFault::Header)?.map(str::to_owned);
        Ok(Self { algorithm, kid, claims, message: message.as_bytes(), signature })
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    pub(super) fn subject(&self) -> Result<Option<&str>, Refused> {
        string(&self.claims, "sub", TokenFault::Claims)
    }

    /// Whether `aud`, one or several, names one of `ours`.
    pub(super) fn is_for(&self, ours: &[String]) -> bool {
        let is_ours = |audience: &Value| ours.iter().any(|our| audience == our);
        match self.claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
            Some(audience) => is_ours(audience),
            None => false,
        }
    }

    /// A NumericDate of the claims in whole seconds.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refused> {
        match self.claims.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => seconds(number).map(Some),
            Some(_) => Err(Refused::BadToken(TokenFault::Claims)),
        }
    }
}

fn object(
    part: &str,
    shape: impl Fn() -> Refused,
    fault: impl Fn() -> Refused,
) -> Result<Map<String, Value>, Refused> {
    let text = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| shape())?;
    serde_json::from_slice(&text).map_err(|_| fault())
}

/// A member that must be a string where it is there at all.
fn string<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    fault: TokenFault,
) -> Result<Option<&'a str>, Refused> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refused::BadToken(fault)),
    }
}

/// Cuts a fraction off, which RFC 7519 allows; a time that no i64 holds is no time.
fn seconds(number: &Number) -> Result<i64, Refused> {
    let text = number.to_string();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    whole.parse().map_err(|_| Refused::BadToken(TokenFault::Claims))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(header: &str, claims: &str) -> String {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", encode(header), encode(claims), encode("signature"))
    }

    fn fault(text: &str) -> TokenFault {
        match Token::parse(text).unwrap_err() {
            Refused::BadToken(fault) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn three_parts_in_canonical_base64url() {
        let good = text(r#"{"alg":"ES256"}"#, "{}");
        let token = Token::parse(&good).unwrap();
        assert_eq!(
            (token.algorithm, token.signature.as_slice()),
            (Some(Algorithm::ES256), &b"signature"[..])
        );
        let (two, _) = good.rsplit_once('.').unwrap();
        for bad in [two, "", ".", &format!("{good}.a"), &format!("{good}="), &format!(" {good}")] {
            assert_eq!(fault(bad), TokenFault::NotThreeParts, "{bad}");
        }
        assert_eq!(fault(&format!("{two}.ab")), TokenFault::NotThreeParts, "bits behind the end");
    }

    #[test]
    fn the_header_must_have_an_alg_and_no_crit() {
        for header in ["", "[]", "{}", r#"{"alg":1}"#, r#"{"alg":"ES256","kid":7}"#] {
            assert_eq!(fault(&text(header, "{}")), TokenFault::Header, "{header}");
        }
        for crit in ["null", "[]", r#"["b64"]"#] {
            let header = format!(r#"{{"alg":"ES256","b64":false,"crit":{crit}}}"#);
            assert_eq!(fault(&text(&header, "{}")), TokenFault::Critical);
        }
        for claims in ["", "[]", "null", "{} {}"] {
            assert_eq!(fault(&text(r#"{"alg":"ES256"}"#, claims)), TokenFault::Claims);
        }
        for name in ["none", "None", "HS256", "RS512", "es256", ""] {
            let text = text(&json!({ "alg": name }).to_string(), "{}");
            assert_eq!(Token::parse(&text).unwrap().algorithm, None, "{name}");
        }
    }

    #[test]
    fn times_are_numbers_with_or_without_a_fraction() {
        let time = |exp: &str| {
            let text = text(r#"{"alg":"ES256"}"#, &format!(r#"{{"exp":{exp}}}"#));
            Token::parse(&text).unwrap().time("exp")
        };
        assert_eq!(time("1800000000"), Ok(Some(1_800_000_000)));
        assert_eq!(time("1800000000.9"), Ok(Some(1_800_000_000)));
        assert_eq!(time("1.8e9"), Ok(Some(1_800_000_000)));
        assert_eq!(time("-1"), Ok(Some(-1)));
        for bad in ["null", r#""1800000000""#, "1e300", "18446744073709551615"] {
            assert_eq!(time(bad), Err(Refused::BadToken(TokenFault::Claims)), "{bad}");
        }
    }
}
