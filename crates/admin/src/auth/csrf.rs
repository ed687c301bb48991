//! Does a request that changes something come from our own pages?
//!
//! Three answers that must all be yes: the browser's (`Sec-Fetch-Site`), the request's (`Origin` names
//! the host that it goes to), and the page's, which alone can read the token of its session. What sends
//! neither of the first two is no browser.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use crate::problem::{Code, Problem};

/// The header that the token goes in.
const TOKEN: &str = "x-csrf-token";
const FETCH_SITE: &str = "sec-fetch-site";

/// The token of the session with this text. Who has it cannot get at the session's own.
pub(super) fn token(session: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, session.as_bytes());
    BASE64URL_NOPAD.encode(hmac::sign(&key, b"tonegate csrf").as_ref())
}

/// `Err(CsrfFailed)`: the request changes something, and may come from elsewhere.
pub(super) fn check(parts: &Parts, session: &str) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    check_site(parts)?;
    let sent = parts.headers.get(TOKEN).map_or(&b""[..], |sent| sent.as_bytes());
    verify_slices_are_equal(sent, token(session).as_bytes()).map_err(|_| {
        let detail = "send `csrf_token` of GET /session as X-CSRF-Token";
        Problem::new(Code::CsrfFailed, detail)
    })
}

/// `Err(CsrfFailed)`: the request comes from a page that is not ours.
pub(super) fn check_site(parts: &Parts) -> Result<(), Problem> {
    let headers = &parts.headers;
    let is_ours = match (one(headers, ORIGIN.as_str())?, one(headers, FETCH_SITE)?) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(origin), site) => {
            names_host(origin, &parts.uri, headers)
                && site.is_none_or(|site| matches!(site, "same-origin" | "none"))
        }
    };
    if is_ours {
        return Ok(());
    }
    let detail = "this request comes from another site's page; open the console itself";
    Err(Problem::new(Code::CsrfFailed, detail))
}

/// A header that must not be there twice, lest somebody reads the other one.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Problem> {
    let mut found = headers.get_all(name).iter();
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        // What is no text is at least there.
        (Some(value), None) => Ok(Some(value.to_str().unwrap_or_default())),
        (Some(_), Some(_)) => {
            Err(Problem::new(Code::CsrfFailed, format!("the header {name} is there twice")))
        }
    }
}

fn names_host(origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = uri.authority().map(http::uri::Authority::as_str).or(host) else {
        return false;
    };
    matches!(scheme, "http" | "https") && !host.is_empty() && authority.eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::post("/api/v1/session").header("host", "tonegate:8081");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check_site(&request.body(()).unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn only_our_own_pages_and_programs_get_through() {
        let ours = ("origin", "https://tonegate:8081");
        assert!(site(&[]));
        assert!(site(&[ours]));
        assert!(site(&[ours, (FETCH_SITE, "same-origin")]));
        assert!(site(&[("origin", "https://TONEGATE:8081"), (FETCH_SITE, "none")]));
        for other in [
            "null",
            "",
            "tonegate:8081",
            "https://tonegate",
            "https://tonegate:8081.evil",
            "https://evil/tonegate:8081",
            "file://tonegate:8081",
            "https://a@tonegate:8081",
        ] {
            assert!(!site(&[("origin", other)]), "{other}");
        }
        for other in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            assert!(!site(&[ours, (FETCH_SITE, other)]), "{other}");
        }
        assert!(!site(&[(FETCH_SITE, "same-origin")]));
        assert!(!site(&[ours, ours]));
    }
}
