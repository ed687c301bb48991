//! Outcomes as HTTP: the envelope under status 200, and the few answers outside it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, DATE, VARY,
};
use tonegate_issuer::Minted;
use tonegate_listener::{Response, ResponseBody};
use tonegate_protocol::{Envelope, Refusal, RequestId, ReturnCode};

use super::caller::Caller;
use crate::service::Service;
use crate::usage::Answered;

/// What the licence API answers with.
pub(super) const JSON: &str = "application/json";

/// The answer of the licence API, counted.
pub(super) fn license(
    service: &Service,
    caller: &Caller,
    outcome: Result<Arc<Minted>, Refusal>,
) -> Response<ResponseBody> {
    let (id, mut body) = (count(service, caller, &outcome), Vec::new());
    match outcome {
        Ok(minted) => Envelope::write_success(&mut body, id, &minted.license),
        Err(refusal) => Envelope::write_refusal(&mut body, id, &refusal),
    }
    let mut response = json(body, "no-store");
    // Callers learn their clock's offset from it, so it is the time that requests are judged by.
    let date = http_date(service.time.now());
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// Counts an answer of the licence API and gives it its name.
pub(super) fn count(
    service: &Service,
    caller: &Caller,
    outcome: &Result<Arc<Minted>, Refusal>,
) -> RequestId {
    let id = RequestId::from_random(fastrand::u64(..));
    let (code, hint) = match outcome {
        Ok(_) => (ReturnCode::Success, &Cow::Borrowed("")),
        Err(refusal) => (refusal.code, &refusal.hint),
    };
    service.usage.answered(&Answered {
        request_id: id.number(),
        at: caller.at.now,
        app_id: caller.app_id,
        is_known: caller.is_known,
        code,
        hint,
        address: &caller.address,
        took: service.time.monotonic().saturating_sub(caller.at.monotonic),
    });
    if let Err(refusal) = outcome {
        tracing::debug!(request_id = %id, code = code.number(), hint = %refusal.hint, "refused");
    }
    id
}

pub(super) fn http_date(now: i64) -> Option<String> {
    let now = UNIX_EPOCH + Duration::from_secs(u64::try_from(now).ok()?);
    Some(httpdate::fmt_http_date(now))
}

/// A JSON document under status 200.
pub(super) fn json(body: impl Into<ResponseBody>, cache: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// A line of text under another status.
pub(super) fn plain(status: u16, text: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(text));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// 405, with the methods there are.
pub(super) fn not_allowed(allowed: &'static str) -> Response<ResponseBody> {
    let mut response = plain(405, "method not allowed: use GET\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The answer to a preflight of an allowed origin.
pub(super) fn preflight() -> Response<ResponseBody> {
    let mut response = plain(204, "");
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Lets the page of an allowed origin read the answer. Once any origin is allowed, caches are told
/// that answers differ by origin, also by an answer that allows none.
pub(super) fn with_origin(
    service: &Service,
    mut response: Response<ResponseBody>,
    origin: Option<String>,
) -> Response<ResponseBody> {
    let headers = response.headers_mut();
    if !service.config.gateway.cors_origins.is_empty() {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin.and_then(|origin| HeaderValue::try_from(origin).ok()) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}
