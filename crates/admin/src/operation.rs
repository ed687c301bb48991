//! Each call of an operation, told once to those who run the server: a line in the log and a span.
//!
//! Invariant: both say which operation it was, what kind of caller, how it ended and how long it took;
//! never who called, what was asked, or what was answered. The audit log names people, and only that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::Value;
use tonegate_telemetry::TARGET;
use tracing::field::Empty;
use tracing::{Span, debug, info, info_span};

use crate::caller::Who;
use crate::router::BASE;

/// The operations' ids, by method and route.
#[derive(Debug)]
pub(crate) struct Operations {
    ids: BTreeMap<String, String>,
    /// Method and route of those that nobody needs to be known for.
    public: BTreeSet<String>,
}

/// What becomes known of a call while it is answered. Goes along in the request's extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    route: OnceLock<MatchedPath>,
    caller: OnceLock<&'static str>,
}

impl Operations {
    /// Those of the served document.
    pub(crate) fn of(document: &Value) -> Self {
        let (mut ids, mut public) = (BTreeMap::new(), BTreeSet::new());
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let key = format!("{} {BASE}{path}", method.to_uppercase());
                let id = operation["operationId"].as_str().unwrap_or_default();
                if operation["x-access"] == "public" {
                    public.insert(key.clone());
                }
                ids.insert(key, id.to_owned());
            }
        }
        Self { ids, public }
    }

    /// Is it for strangers too? None of these has anything in its path that varies.
    pub(crate) fn is_public(&self, method: &Method, path: &str) -> bool {
        self.public.contains(&format!("{method} {path}"))
    }

    /// The span of a call, to be entered while it is answered.
    pub(crate) fn span() -> Span {
        info_span!(
            target: TARGET,
            "call_operation",
            otel.name = Empty,
            http.request.method = Empty,
            http.route = Empty,
            http.response.status_code = Empty,
            tonegate.caller = Empty,
            failed = Empty,
        )
    }

    /// Tells how a call ended. What changes something is worth a line to everybody; what only reads, and
    /// what strangers try, to those who look closer.
    pub(crate) fn tell(
        &self,
        call: &Call,
        method: &Method,
        status: StatusCode,
        took: Duration,
        span: &Span,
    ) {
        let route = call.0.route.get().map_or("", MatchedPath::as_str);
        let known = self.ids.get_key_value(&format!("{method} {route}"));
        let operation = known.map_or("none", |(_, id)| id);
        let caller = call.0.caller.get().copied();
        let status = status.as_u16();
        span.record("otel.name", operation);
        // Anybody may make a method up; only those that are answered are shown.
        span.record("http.request.method", known.map_or("_OTHER", |_| method.as_str()));
        span.record("http.route", route);
        span.record("http.response.status_code", status);
        span.record("tonegate.caller", caller.unwrap_or("nobody"));
        span.record("failed", status >= 500);
        let is_change = known.is_some() && !method.is_safe();
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let caller = caller.unwrap_or("nobody");
        if is_change && (caller != "nobody" || status < 400) {
            info!(operation, status, took_us, caller, "operation");
        } else {
            debug!(operation, status, took_us, caller, "operation");
        }
    }
}

impl Call {
    /// Notes what kind of caller it is.
    pub(crate) fn note_caller(&self, who: &Who) {
        let kind = match who {
            Who::User { .. } => "session",
            Who::Token { .. } => "token",
        };
        // Extractors may ask twice, with the same answer.
        let _ = self.0.caller.set(kind);
    }
}

/// Notes which route a call has taken.
pub(crate) async fn note_route(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(call), Some(route)) = (extensions.get::<Call>(), extensions.get::<MatchedPath>()) {
        let _ = call.0.route.set(route.clone());
    }
    next.run(request).await
}
