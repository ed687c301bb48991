//! Versions of what is changed: ETag out, If-Match in.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ETAG, IF_MATCH};
use http::request::Parts;
use serde::Serialize;

use crate::admin::Admin;
use crate::problem::{Code, Problem};

/// The version that the caller has seen; `None`: any (`*`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct IfMatch(pub(crate) Option<u32>);

impl FromRequestParts<Admin> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get(IF_MATCH) else {
            let detail =
                "send the ETag of what you have seen as If-Match, or `*` to change it anyway";
            return Err(Problem::new(Code::PreconditionRequired, detail));
        };
        match header.to_str().unwrap_or_default().trim() {
            "*" => Ok(Self(None)),
            text => {
                let rev = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                let rev = rev.and_then(|rev| rev.parse().ok()).ok_or_else(|| {
                    let detail =
                        "If-Match is an ETag that was answered here, such as \"3\", or `*`";
                    Problem::new(Code::InvalidHeader, detail)
                })?;
                Ok(Self(Some(rev)))
            }
        }
    }
}

/// An answer with the version of what it shows.
#[derive(Debug)]
pub(crate) struct Versioned<T> {
    pub(crate) rev: u32,
    pub(crate) value: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.value).into_response();
        if let Ok(etag) = HeaderValue::try_from(format!("\"{}\"", self.rev)) {
            response.headers_mut().insert(ETAG, etag);
        }
        response
    }
}
