//! The admin listener: is it alive, is it ready, what does it count.
//!
//! Never depends on the store: a lost database must not make a supervisor end a node that issues.

use std::sync::Arc;

use serde_json::json;
use tonegate_listener::{OPEN_METRICS, Request, Response, ResponseBody, uncached};
use tonegate_telemetry::Counts;

use crate::clock::ClockState;
use crate::metrics::Totals;
use crate::service::Service;

impl Service {
    /// What `/metrics` shows now, with what a collector of it has missed.
    #[must_use]
    pub fn metrics_text(&self, collector: Counts) -> String {
        let totals = &self.metrics.totals;
        Totals::set(&totals.telemetry_spans_dropped, collector.spans_dropped);
        Totals::set(&totals.telemetry_exports_failed, collector.exports_failed);
        measure(self);
        self.metrics.to_text()
    }
}

/// Answers a request that came in on the admin listener.
pub fn answer<B>(service: &Arc<Service>, request: &Request<B>) -> Response<ResponseBody> {
    match (request.method().as_str(), request.uri().path()) {
        ("GET" | "HEAD", "/livez") => uncached(200, "text/plain", "alive\n".to_owned()),
        ("GET" | "HEAD", "/readyz") => readiness(service),
        ("GET" | "HEAD", "/metrics") => metrics(service),
        (_, "/livez" | "/readyz" | "/metrics") => uncached(405, "text/plain", String::new()),
        _ => uncached(404, "text/plain", "see /livez, /readyz and /metrics\n".to_owned()),
    }
}

/// 200 while a licence can be answered and nobody has asked the server to stop; else 503.
fn readiness(service: &Service) -> Response<ResponseBody> {
    let ready = service.is_ready();
    let status = if ready { 200 } else { 503 };
    let body = json!({ "ready": ready, "degraded": service.degraded() });
    uncached(status, "application/json", body.to_string() + "\n")
}

fn metrics(service: &Service) -> Response<ResponseBody> {
    measure(service);
    uncached(200, OPEN_METRICS, service.metrics.to_text())
}

/// Sets the gauges and totals to what is true now.
fn measure(service: &Service) {
    let gauges = &service.metrics.gauges;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    gauges.apps.set(count(service.directory.len()));
    gauges.directory_revision.set(service.directory.revision());
    gauges.directory_age_seconds.set(service.local_copy.contact.age(service.time.moment()));
    gauges.nodes.set(service.node_count().into());
    gauges.held_licenses.set(count(service.held.len()));
    gauges.preminted_licenses.set(count(service.preminted.len()));
    gauges.preminted_bytes.set(count(service.preminted.bytes()));
    gauges.guard_entries.set(count(service.guard.len()));
    gauges.guard_capacity.set(count(service.guard.capacity()));
    gauges.clock_suspect.set(i64::from(service.time.state() != ClockState::Steady));
    gauges.keys_covered_until.set(service.keyring.load().covered_until(service.time.now()));
    gauges.ready.set(i64::from(service.is_ready()));
    for (reason, is) in service.degradations() {
        service.metrics.degraded(reason, is);
    }
    let totals = &service.metrics.totals;
    Totals::set(&totals.guard_journal_errors, service.guard.journal_errors());
    Totals::set(&totals.requests_not_kept, service.usage.requests_not_kept());
    Totals::set(&totals.clock_reanchored, service.time.reanchored_count());
}
