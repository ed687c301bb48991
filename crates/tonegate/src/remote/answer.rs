//! What the admin API answers: JSON, or a problem (RFC 9457) in words for whoever typed the command.

use std::time::Duration;

use http::header::RETRY_AFTER;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tonegate_client::HttpAnswer;

use crate::exit::Failure;

/// Characters of a problem that are shown.
const DETAIL_CHARS_MAX: usize = 1_000;

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// The `cursor` of the next page.
    pub(super) next: Option<String>,
}

/// Why there is no good answer.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

/// The server understood, and did not do it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// The stable name of the problem.
    code: String,
    message: String,
}

impl Refused {
    /// Is it this problem that the server told?
    pub(crate) fn is(error: &anyhow::Error, code: &str) -> bool {
        error.downcast_ref::<Self>().is_some_and(|refused| refused.code == code)
    }
}

/// What a good answer says. An empty one says `()`.
pub(super) fn read<T: DeserializeOwned>(server: &str, answer: &HttpAnswer) -> anyhow::Result<T> {
    let body: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
    // serde's message could quote what was answered, which may be a secret.
    serde_json::from_slice(body).map_err(|_| foreign(server, answer.status).into())
}

/// What happened, why, and what to do next.
pub(super) fn failure(server: &str, answer: &HttpAnswer) -> anyhow::Error {
    let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) else {
        return foreign(server, answer.status).into();
    };
    let detail = printable(&problem.detail);
    let message = match answer.status {
        401 => format!("{server} does not take the API token: {detail}"),
        403 => format!("{server} does not let this API token do that: {detail}"),
        412 => format!("{detail}; look what it is now, then run the command again"),
        429 | 500.. => format!("{server} cannot do it now: {detail}"),
        _ => detail,
    };
    Refused { code: problem.code, message }.into()
}

/// How long the server asks to wait.
pub(super) fn retry_after(answer: &HttpAnswer) -> Option<Duration> {
    let seconds = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// It is no admin API, or another version of it.
pub(super) fn foreign(server: &str, status: u16) -> Failure {
    let cure = "give the address of the admin listener of a server of this version as --server";
    Failure::new(format!(
        "{server} answers (status {status}), but not as the admin API that this command knows; {cure}"
    ))
}

/// Without what would steer a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        let headers = http::HeaderMap::new();
        HttpAnswer { status, headers, body: body.as_bytes().to_vec().into() }
    }

    #[test]
    fn problems_are_said_in_words() {
        let said =
            |status, body: &str| failure("https://a.example", &answer(status, body)).to_string();
        let problem =
            r#"{"code":"app_unknown","detail":"there is no \u001b[31mapp 5","status":404}"#;
        assert_eq!(said(404, problem), "there is no [31mapp 5");
        assert!(said(401, problem).contains("https://a.example does not take the API token"));
        for (status, body) in [(404, "<html>"), (301, ""), (404, "{}")] {
            assert!(said(status, body).contains("--server"), "{body}");
        }
    }

    #[test]
    fn an_answer_that_does_not_fit_is_not_quoted() {
        let read = read::<u32>("https://a.example", &answer(200, r#""marked""#));
        let text = read.unwrap_err().to_string();
        assert!(text.contains("--server") && !text.contains("marked"), "{text}");
        assert!(super::read::<()>("", &answer(204, "")).is_ok());
    }
}
