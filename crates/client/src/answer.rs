//! What an answer's body says: a licence, or a refusal with its code.
//!
//! Invariant: nothing the server wrote reaches an error but short, without control characters, and
//! with the secret and the signature blotted out should it have echoed them.

use tonegate_protocol::{Envelope, ReturnCode};

use crate::FetchError;
use crate::limits::QUOTED_CHARS;

/// A successful answer.
pub(crate) struct Granted {
    pub(crate) license: String,
    pub(crate) request_id: Option<String>,
}

/// Reads a body from `server`; `hidden` must not appear in an error.
pub(crate) fn read(body: &[u8], server: &str, hidden: [&str; 2]) -> Result<Granted, FetchError> {
    let bad = |why: &str| {
        let why = quoted(why, hidden);
        FetchError::BadAnswer { server: server.to_owned(), why }
    };
    let envelope = Envelope::parse(body).map_err(|error| bad(&error.to_string()))?;
    if envelope.code != 0 {
        return Err(refused(envelope, hidden));
    }
    match envelope.data {
        Some(data) if !data.license.is_empty() => {
            Ok(Granted { license: data.license, request_id: envelope.request_id })
        }
        _ => Err(bad("its code is 0 but it holds no licence")),
    }
}

fn refused(envelope: Envelope, hidden: [&str; 2]) -> FetchError {
    let known = ReturnCode::from_number(envelope.code);
    FetchError::Refused {
        code: envelope.code,
        message: quoted(&envelope.message, hidden),
        request_id: envelope.request_id.map(|id| quoted(&id, hidden)),
        cure: known.map_or("look the code up in the issuer's documentation", ReturnCode::cure),
    }
}

fn quoted(text: &str, hidden: [&str; 2]) -> String {
    let shown = hidden.iter().fold(text.to_owned(), |text, hidden| text.replace(hidden, "…"));
    let mut characters = shown.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = characters.by_ref().take(QUOTED_CHARS).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_wrote_is_tamed() {
        let body = format!(r#"{{"Code":5,"Message":"a\u001b[31m s3cret {}"}}"#, "x".repeat(9000));
        let error = read(body.as_bytes(), "a:1", ["s3cret", "signature"]).err().unwrap();
        let FetchError::Refused { code: 5, message, request_id: None, .. } = error else {
            unreachable!("{error}")
        };
        assert!(message.starts_with("a [31m … xxx") && message.ends_with("x…"), "{message}");
        assert_eq!(message.chars().count(), QUOTED_CHARS + 1);
    }
}
