//! The admin listener: is it alive, is it ready, how does it stand, what does it count.

use std::sync::Arc;

use serde_json::json;
use tonegate_listener::{OPEN_METRICS, Request, Response, ResponseBody, uncached};
use tonegate_telemetry::Counts;

use crate::metrics::Metrics;
use crate::service::Service;
use crate::status::Status;

impl Service {
    /// What `/metrics` shows now, with what a collector of it has missed.
    #[must_use]
    pub fn metrics_text(&self, collector: Counts) -> String {
        let metrics = &self.metrics;
        Metrics::set(&metrics.telemetry_spans_dropped, collector.spans_dropped);
        Metrics::set(&metrics.telemetry_exports_failed, collector.exports_failed);
        measure(self);
        metrics.to_text()
    }
}

/// Answers a request that came in on the admin listener.
pub(crate) fn answer<B>(service: &Arc<Service>, request: &Request<B>) -> Response<ResponseBody> {
    match (request.method().as_str(), request.uri().path()) {
        ("GET" | "HEAD", "/livez") => uncached(200, "text/plain", "alive\n".to_owned()),
        ("GET" | "HEAD", "/readyz") => readiness(service),
        ("GET" | "HEAD", "/metrics") => metrics(service),
        ("GET" | "HEAD", "/status") => status(service),
        (_, "/livez" | "/readyz" | "/metrics" | "/status") => {
            uncached(405, "text/plain", String::new())
        }
        _ => uncached(404, "text/plain", "see /livez, /readyz, /metrics and /status\n".to_owned()),
    }
}

/// 200 while the licence of at least one app can be handed out and nobody has asked the relay to stop;
/// else 503. Apps that are not as they should be are listed: one of them must not take the others out
/// of a balancer.
fn readiness(service: &Service) -> Response<ResponseBody> {
    let ready = service.is_ready();
    let of_state = |wanted: &str| {
        let apps = service.apps.values();
        let apps = apps.filter(|app| app.cache.view().state.name() == wanted);
        apps.map(|app| app.id().0).collect::<Vec<u32>>()
    };
    let body = json!({
        "ready": ready,
        "degraded": { "stale": of_state("stale"), "expired": of_state("expired") },
    });
    uncached(if ready { 200 } else { 503 }, "application/json", body.to_string() + "\n")
}

fn metrics(service: &Service) -> Response<ResponseBody> {
    measure(service);
    uncached(200, OPEN_METRICS, service.metrics.to_text())
}

fn status(service: &Service) -> Response<ResponseBody> {
    // Texts and numbers always have a JSON form.
    let body = serde_json::to_string(&Status::of(service)).unwrap_or_default();
    uncached(200, "application/json", body + "\n")
}

/// Sets the gauges to what is true now.
fn measure(service: &Service) {
    let metrics = &service.metrics;
    metrics.ready.set(i64::from(service.is_ready()));
    for app in service.apps.values() {
        let view = app.cache.view();
        let times = view.license.as_ref().map(|license| (license.fetched_at, license.expire_at));
        metrics.app(app.id(), &view.state, times);
    }
    for (name, upstream) in &service.upstreams {
        let left_alone = upstream.hosts().filter(|(_, left_alone)| *left_alone).count();
        let left_alone = i64::try_from(left_alone).unwrap_or(i64::MAX);
        metrics.upstream(name, upstream.clock_offset_secs(), left_alone);
    }
}
