//! What apps get instead of a licence: problems of RFC 9457, each with a stable code.

use serde_json::json;

use crate::auth::Refused;

/// A problem. Its texts are safe to show to whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// Its stable name.
    pub(crate) code: &'static str,
    title: &'static str,
    detail: String,
    /// Seconds after which to try again, where that helps.
    pub(crate) retry_after: Option<u64>,
}

impl Problem {
    fn new(status: u16, code: &'static str, title: &'static str, detail: &str) -> Self {
        Self { status, code, title, detail: detail.to_owned(), retry_after: None }
    }

    fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    pub(crate) fn not_found() -> Self {
        let detail = "licences are at /v1/license and /v1/apps/{app_id}/license";
        Self::new(404, "not_found", "There is nothing here", detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, "method_not_allowed", "Only GET is answered here", "send a GET request")
    }

    pub(crate) fn unauthenticated(refused: Refused) -> Self {
        match refused {
            Refused::KeysNotLoaded => {
                Self::new(503, refused.kind(), "The caller cannot be judged yet", refused.detail())
                    .retry_after(crate::limits::RETRY_AFTER_SECS)
            }
            Refused::NoApp => {
                Self::new(403, refused.kind(), "No app of this caller's is here", refused.detail())
            }
            _ => Self::new(401, refused.kind(), "The caller is not known", refused.detail()),
        }
    }

    pub(crate) fn network_limit() -> Self {
        let detail = "too many requests without a good credential came from this network; wait, and \
                      send one";
        Self::new(429, "too_many_failures", "Too many failed requests", detail).retry_after(10)
    }

    pub(crate) fn rate_limit() -> Self {
        let detail = "keep the licence until RefreshAfter instead of asking for it at each use";
        Self::new(429, "rate_limited", "Too many requests", detail).retry_after(1)
    }

    pub(crate) fn app_not_named() -> Self {
        let detail = "this caller may have the licences of several apps: ask at \
                      /v1/apps/{app_id}/license";
        Self::new(400, "app_not_named", "Which app is meant?", detail)
    }

    pub(crate) fn app_not_allowed() -> Self {
        let detail = "this caller may not have that app's licence, or there is no such app here";
        Self::new(403, "app_not_allowed", "Not an app of this caller's", detail)
    }

    /// `why`: an error's name.
    pub(crate) fn no_license(why: &str, retry_after: u64) -> Self {
        let detail = format!(
            "there is no licence to hand out, and none could be fetched ({why}); the relay goes on \
             trying, and its operator sees the cause with `tonegate relay status`"
        );
        let title = "No licence at the moment";
        Self { detail, ..Self::new(503, "no_license", title, "") }.retry_after(retry_after)
    }

    /// The JSON document.
    pub(crate) fn body(&self) -> Vec<u8> {
        let Self { status, code, title, detail, .. } = self;
        let kind = format!("urn:tonegate:problem:{code}");
        let body = json!({
            "type": kind, "title": title, "status": status, "detail": detail, "code": code,
        });
        body.to_string().into_bytes()
    }

    /// Whether the caller is to say who it is.
    pub(crate) fn wants_credential(&self) -> bool {
        self.status == 401
    }
}

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
