//! Finds a licence in a text that somebody pasted, and says what else the text may be.
//!
//! Nothing of a text that looks like a secret is repeated.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use tonegate_license::Token;
use tonegate_protocol::ReturnCode;

/// What a text turned out to be.
pub(super) struct Found {
    /// What was noticed, and done, on the way; a sentence each.
    pub(super) notes: Vec<String>,
    /// The licence, where there is one of the profile.
    pub(super) license: Option<String>,
    /// What the text is instead, and what to do.
    pub(super) instead: Option<Instead>,
}

/// What a text is that is no licence.
pub(super) struct Instead {
    pub(super) what: String,
    pub(super) next_step: String,
}

/// Looks for the licence in `text`.
pub(super) fn find(text: &str) -> Found {
    let mut notes = Vec::new();
    let mut candidate = unwrapped(text, &mut notes);
    if let Ok(json) = serde_json::from_str::<Value>(&candidate)
        && json.is_object()
    {
        match of_json(&json) {
            Ok(license) => {
                notes.push(
                    "The text is a whole answer of the API; an app must be given Data.License alone."
                        .to_owned(),
                );
                candidate = unwrapped(&license, &mut notes);
            }
            Err(instead) => return Found { notes, license: None, instead: Some(instead) },
        }
    }
    if candidate.split_whitespace().count() > 1 {
        let joined: String = candidate.split_whitespace().collect();
        if Token::parse(&joined).is_ok() {
            notes.push(
                "There are blanks or line breaks inside it, so an app refuses it as it stands; \
                 without them it reads as follows."
                    .to_owned(),
            );
            candidate = joined;
        }
    }
    match Token::parse(&candidate) {
        Ok(_) => Found { notes, license: Some(candidate), instead: None },
        Err(_) => Found { notes, license: None, instead: Some(instead(&candidate)) },
    }
}

/// The licence in a text whose line end is the file's, not the licence's.
#[must_use]
pub fn without_line_end(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

/// Without what copying adds around a text.
fn unwrapped(text: &str, notes: &mut Vec<String>) -> String {
    let mut inner = text.trim_start_matches('\u{feff}').trim();
    // The last line end is the file's.
    if inner.len() != without_line_end(text).len() {
        notes.push(
            "There are blanks or line ends around it, so an app refuses it as it stands; they were \
             taken off."
                .to_owned(),
        );
    }
    let quoted = |quote| inner.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(unquoted) = quoted('"').or(quoted('\'')).filter(|text| !text.is_empty()) {
        notes.push("There are quotes around it, which are no part of a licence.".to_owned());
        inner = unquoted.trim();
    }
    inner.to_owned()
}

fn of_json(json: &Value) -> Result<String, Instead> {
    let license = json.pointer("/Data/License").or(json.get("license")).and_then(Value::as_str);
    if let Some(license) = license {
        return Ok(license.to_owned());
    }
    match json.get("Code").and_then(Value::as_i64) {
        Some(code) if code != 0 => Err(of_return_code(code)),
        _ => Err(Instead {
            what: "The text is JSON and holds no licence.".to_owned(),
            next_step: "Take Data.License of an answer with Code 0.".to_owned(),
        }),
    }
}

fn of_return_code(code: i64) -> Instead {
    match ReturnCode::from_number(code) {
        Some(known) => Instead {
            what: format!("The text is a refusal of the API, code {known}: {}", known.meaning()),
            next_step: known.cure().to_owned(),
        },
        None => Instead {
            what: format!("The text is a refusal of the API with code {code}, which is unknown."),
            next_step: "Ask the issuer's operator what it means.".to_owned(),
        },
    }
}

/// What a text without a licence looks like.
fn instead(text: &str) -> Instead {
    let segments: Vec<_> = text.split('.').collect();
    let (what, next_step) = match segments.as_slice() {
        [""] => ("There is no text.".to_owned(), "Fetch a licence and give it here."),
        _ if text.contains("-----BEGIN") => {
            ("The text is PEM: a certificate or key, no licence.".to_owned(), FETCH)
        }
        _ if text.starts_with("http://") || text.starts_with("https://") => (
            "The text is a URL.".to_owned(),
            "Send the request, for example with curl, and give its answer here.",
        ),
        [one] if is_secret(one) && !one.starts_with(BEGIN) => (
            "The text looks like a ServerSecret, not a licence.".to_owned(),
            "Do not hand it on; if it left the backend, `tonegate app secret rotate` replaces it.",
        ),
        [_, _, _] => return of_token(&segments),
        [begin, ..] if begin.starts_with(BEGIN) => (
            "This is the beginning of a licence; the rest is missing.".to_owned(),
            "It was cut on its way: hand on the License string exactly as answered.",
        ),
        parts => (
            format!("A licence has three parts with a dot between; this text has {}.", parts.len()),
            "It was cut, or is something else: hand on the License string exactly as answered.",
        ),
    };
    Instead { what, next_step: next_step.to_owned() }
}

/// How every licence begins: its header to `"crt":"`.
const BEGIN: &str = "eyJhbGciOiJFZERTQSIsImNydCI6";

const FETCH: &str = "Fetch a licence with `tonegate license fetch` and give it here.";

fn is_secret(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|c| c.is_ascii_alphanumeric())
}

/// Three parts: somebody's JWT, one of our other objects, or a damaged licence.
fn of_token(segments: &[&str]) -> Instead {
    let header = segments.first().and_then(|header| json_of(header));
    let member = |name| header.as_ref().and_then(|header| header.get(name)).and_then(Value::as_str);
    let (what, next_step) = match (&header, member("typ")) {
        (None, _) => (
            "It has the three parts of a licence, but the first cannot be read: it was damaged."
                .to_owned(),
            "Hand on the License string exactly as the issuer answered it, or fetch it anew.",
        ),
        (_, Some("license-key+jwt")) => (
            "This is a key certificate, which travels inside licences; it is no licence itself."
                .to_owned(),
            FETCH,
        ),
        (_, Some("license+jwt")) => (
            "This was a licence once, and its bytes were changed on the way.".to_owned(),
            "Hand on the License string exactly as the issuer answered it, or fetch it anew.",
        ),
        _ => (
            format!(
                "This is a signed token of somebody else (JWT, typ {}, alg {}), no licence.",
                quoted(member("typ")),
                quoted(member("alg"))
            ),
            FETCH,
        ),
    };
    Instead { what, next_step: next_step.to_owned() }
}

/// A part of a token as JSON.
pub(super) fn json_of(segment: &str) -> Option<Value> {
    let bytes = BASE64URL_NOPAD.decode(segment.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

/// A foreign word, shortened and without control characters.
fn quoted(text: Option<&str>) -> String {
    let text = text.unwrap_or("none").chars().filter(|c| !c.is_control()).take(32);
    text.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> String {
        find(text).instead.map(|instead| instead.what).unwrap_or_default()
    }

    #[test]
    fn each_kind_of_text_is_called_by_its_name() {
        // {"alg":"RS256","typ":"JWT"}
        let foreign = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.AA";
        for (text, says) in [
            ("", "no text"),
            (" \n", "no text"),
            ("rubbish", "has 1"),
            ("a.b", "has 2"),
            ("eyJhbGciOiJFZERTQSIsImNydCI6ImV5", "the rest is missing"),
            ("a.b.c", "damaged"),
            (foreign, "somebody else (JWT, typ JWT, alg RS256)"),
            ("9193cc662a4c0ec135ec71fb57194b38", "looks like a ServerSecret"),
            ("https://issuer.example/?Action=x", "URL"),
            ("-----BEGIN CERTIFICATE-----", "PEM"),
            ("{}", "holds no licence"),
            (r#"{"Code":100000004,"Message":"x"}"#, "100000004 SignatureExpired"),
            (r#"{"Code":5,"Message":"x"}"#, "unknown"),
        ] {
            assert!(what(text).contains(says), "{text}: {}", what(text));
        }
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let secret = "9193cc662a4c0ec135ec71fb57194b38";
        let found = find(secret);
        let said = format!("{:?} {}", found.notes, what(secret));
        assert!(!said.contains(&secret[..8]));
    }
}
