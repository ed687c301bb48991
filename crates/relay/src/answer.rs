//! Answers as HTTP, behind hyper: the fast path's, and those that may wait for a licence.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, AUTHORIZATION, CACHE_CONTROL,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, ORIGIN, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue};
use tonegate_listener::{Peer, Request, Response, ResponseBody};

use crate::decide::{Answer, Asked, Decision, decide, hand_out};
use crate::limits::WAIT;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::rendered::{Rendered, Times};
use crate::service::Service;

/// Answers a request that is not the fast path's.
pub(crate) async fn answer<B>(
    service: Arc<Service>,
    request: Request<B>,
    peer: Peer,
) -> Response<ResponseBody> {
    let (head, _) = request.into_parts();
    let origin = allowed_origin(&service, head.headers.get(ORIGIN));
    let response = match head.method.as_str() {
        "GET" | "HEAD" => {
            let lines = |name| head.headers.get_all(name).iter().map(|value| value.to_str().ok());
            let mut credentials = lines(AUTHORIZATION);
            let authorization = credentials.next().filter(|_| credentials.next().is_none());
            let known: Option<Vec<&str>> = lines(IF_NONE_MATCH).collect();
            let known = known.filter(|known| !known.is_empty()).map(|known| known.join(","));
            let asked = Asked {
                path: head.uri.path(),
                authorization: authorization.flatten(),
                if_none_match: known.as_deref(),
                address: peer.address,
            };
            license(&service, &asked).await
        }
        "OPTIONS" if origin.is_some() => preflight(),
        _ => {
            let mut response = problem(&service, &Problem::method_not_allowed());
            set(&mut response, ALLOW, "GET, HEAD");
            response
        }
    };
    with_origin(&service, response, origin)
}

async fn license(service: &Service, asked: &Asked<'_>) -> Response<ResponseBody> {
    let answer = match decide(service, asked, service.clock.read()) {
        Decision::Answer(answer) => answer,
        Decision::Fetch(_, principal)
            if !service.rates.admit(&principal, service.clock.monotonic()) =>
        {
            Answer::Problem(Problem::rate_limit())
        }
        Decision::Fetch(app, _) => {
            // Whatever came of it, what is held says it.
            let _ = tokio::time::timeout(WAIT, app.cache.license()).await;
            hand_out(app, &app.cache.view(), asked)
        }
    };
    match answer {
        Answer::License(rendered, times) => {
            service.metrics.licenses.inc();
            let mut body = Vec::with_capacity(rendered.len(times));
            rendered.write(times, &mut body);
            let mut response = Response::new(ResponseBody::from(body));
            set(&mut response, CONTENT_TYPE, JSON);
            validators(&mut response, &rendered, times);
            response
        }
        Answer::NotModified(rendered, times) => {
            service.metrics.not_modified.inc();
            let mut response = Response::new(ResponseBody::default());
            *response.status_mut() = http::StatusCode::NOT_MODIFIED;
            validators(&mut response, &rendered, times);
            response
        }
        Answer::Problem(it) => problem(service, &it),
    }
}

pub(crate) const JSON: &str = "application/json";
/// Answers differ by caller; once any origin is allowed, by origin too, also those that allow none.
pub(crate) fn vary(service: &Service) -> &'static str {
    let cors = !service.config.listen.cors_origins.is_empty();
    if cors { "Authorization, Origin" } else { "Authorization" }
}

pub(crate) const CHALLENGE: &str = "Bearer realm=\"tonegate-relay\"";

fn validators(response: &mut Response<ResponseBody>, rendered: &Rendered, times: Times) {
    set(response, ETAG, &rendered.etag);
    set(response, CACHE_CONTROL, &format!("private, max-age={}", times.max_age()));
}

fn problem(service: &Service, problem: &Problem) -> Response<ResponseBody> {
    service.metrics.problem(problem.code);
    let mut response = Response::new(ResponseBody::from(problem.body()));
    *response.status_mut() = http::StatusCode::from_u16(problem.status).unwrap_or_default();
    set(&mut response, CONTENT_TYPE, PROBLEM_JSON);
    set(&mut response, CACHE_CONTROL, "no-store");
    if let Some(seconds) = problem.retry_after {
        set(&mut response, RETRY_AFTER, &seconds.to_string());
    }
    if problem.wants_credential() {
        set(&mut response, WWW_AUTHENTICATE, CHALLENGE);
    }
    response
}

/// The request's origin, where the configuration allows it.
fn allowed_origin(service: &Service, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
    let origin = origin?;
    let allowed = &service.config.listen.cors_origins;
    allowed.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

fn preflight() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::default());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    set(&mut response, ACCESS_CONTROL_ALLOW_METHODS, "GET");
    set(&mut response, ACCESS_CONTROL_ALLOW_HEADERS, "authorization, if-none-match");
    set(&mut response, ACCESS_CONTROL_MAX_AGE, "600");
    response
}

/// Lets the page of an allowed origin read the answer.
fn with_origin(
    service: &Service,
    mut response: Response<ResponseBody>,
    origin: Option<HeaderValue>,
) -> Response<ResponseBody> {
    set(&mut response, VARY, vary(service));
    if let Some(origin) = origin {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(&mut response, ACCESS_CONTROL_EXPOSE_HEADERS, "etag, retry-after");
    }
    response
}

/// What we write fits into a header.
fn set(response: &mut Response<ResponseBody>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
