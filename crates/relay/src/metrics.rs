//! What the relay counts, in Prometheus' text format.

use std::sync::atomic::Ordering;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tonegate_client::{AppId, LicenseState};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabel {
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AppLabel {
    app_id: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefreshLabel {
    app_id: u32,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    app_id: u32,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamLabel {
    upstream: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// All metrics of one relay.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Read and written on the request's way, so not looked up there.
    pub(crate) licenses: Counter,
    pub(crate) not_modified: Counter,
    problems: Family<AnswerLabel, Counter>,
    refreshes: Family<RefreshLabel, Counter>,
    not_written: Family<AppLabel, Counter>,
    state: Family<StateLabel, Gauge>,
    fetched: Family<AppLabel, Gauge>,
    expires: Family<AppLabel, Gauge>,
    clock_offset: Family<UpstreamLabel, Gauge>,
    hosts_left_alone: Family<UpstreamLabel, Gauge>,
    webhooks: Family<OutcomeLabel, Counter>,
    pub(crate) ready: Gauge,
    pub(crate) connections_open: Gauge,
    pub(crate) connections_accepted: Counter,
    pub(crate) connections_refused: Counter,
    pub(crate) telemetry_spans_dropped: Counter,
    pub(crate) telemetry_exports_failed: Counter,
}

/// Every name of a state, so that those that are not so read 0.
const STATES: [&str; 4] = ["fresh", "due", "stale", "expired"];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tonegate_relay"),
            licenses: Counter::default(),
            not_modified: Counter::default(),
            problems: Family::default(),
            refreshes: Family::default(),
            not_written: Family::default(),
            state: Family::default(),
            fetched: Family::default(),
            expires: Family::default(),
            clock_offset: Family::default(),
            hosts_left_alone: Family::default(),
            webhooks: Family::default(),
            ready: Gauge::default(),
            connections_open: Gauge::default(),
            connections_accepted: Counter::default(),
            connections_refused: Counter::default(),
            telemetry_spans_dropped: Counter::default(),
            telemetry_exports_failed: Counter::default(),
        };
        metrics.register();
        // An alert on what rises needs to have seen it at 0.
        for outcome in ["delivered", "failed", "dropped", "superseded"] {
            metrics.webhooks.get_or_create(&OutcomeLabel { outcome }).inc_by(0);
        }
        metrics
    }

    /// Counts an answer that is a problem, by its code.
    pub(crate) fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&AnswerLabel { answer: code }).inc();
    }

    /// Counts a refresh; `outcome`: `success`, or the name of the error.
    pub(crate) fn refreshed(&self, app_id: AppId, outcome: String) {
        self.refreshes.get_or_create(&RefreshLabel { app_id: app_id.0, outcome }).inc();
    }

    /// Counts a licence that could not be written to disk.
    pub(crate) fn not_written(&self, app_id: AppId) {
        self.not_written.get_or_create(&AppLabel { app_id: app_id.0 }).inc();
    }

    /// Counts a webhook: `delivered`, `failed`, `dropped` or `superseded`.
    pub(crate) fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// Sets what is true of an app's licence now.
    pub(crate) fn app(&self, app_id: AppId, state: &LicenseState, times: Option<(i64, i64)>) {
        let app_id = app_id.0;
        self.not_written.get_or_create(&AppLabel { app_id }).inc_by(0);
        for name in STATES {
            let label = StateLabel { app_id, state: name };
            self.state.get_or_create(&label).set(i64::from(name == state.name()));
        }
        if let Some((fetched_at, expire_at)) = times {
            self.fetched.get_or_create(&AppLabel { app_id }).set(fetched_at);
            self.expires.get_or_create(&AppLabel { app_id }).set(expire_at);
        }
    }

    /// Sets what is true of an upstream now.
    pub(crate) fn upstream(&self, name: &str, clock_offset: i64, left_alone: i64) {
        let label = UpstreamLabel { upstream: name.to_owned() };
        self.clock_offset.get_or_create(&label).set(clock_offset);
        self.hosts_left_alone.get_or_create(&label).set(left_alone);
    }

    /// Takes over what was counted elsewhere.
    pub(crate) fn set(total: &Counter, counted: u64) {
        total.inner().store(counted, Ordering::Relaxed);
    }

    /// The text that Prometheus reads.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("licenses", "Licences handed out", self.licenses.clone());
        registry.register(
            "not_modified",
            "Answers 304: the caller had the licence already",
            self.not_modified.clone(),
        );
        registry.register(
            "problems",
            "Answers without a licence, by the problem's code",
            self.problems.clone(),
        );
        registry.register(
            "refreshes",
            "Refreshes of an app's licence: success, or the error's name",
            self.refreshes.clone(),
        );
        registry.register(
            "licenses_not_written",
            "Licences that could not be written to disk",
            self.not_written.clone(),
        );
        registry.register("license_state", "1 for the state that is so", self.state.clone());
        registry.register(
            "license_fetched_timestamp_seconds",
            "When the held licence was fetched, Unix time",
            self.fetched.clone(),
        );
        registry.register(
            "license_expires_timestamp_seconds",
            "When the held licence ends, Unix time",
            self.expires.clone(),
        );
        registry.register(
            "clock_offset_seconds",
            "The upstream's time less this machine's, as far as requests need it",
            self.clock_offset.clone(),
        );
        registry.register(
            "upstream_hosts_left_alone",
            "Hosts of the upstream that failed several times and are not asked for a while",
            self.hosts_left_alone.clone(),
        );
        registry.register("webhooks", "Webhooks, by outcome", self.webhooks.clone());
        registry.register("ready", "1 while a licence can be handed out", self.ready.clone());
        registry.register("connections_open", "Open connections", self.connections_open.clone());
        registry.register(
            "connections_accepted",
            "Connections accepted",
            self.connections_accepted.clone(),
        );
        registry.register(
            "connections_refused",
            "Connections refused by a cap",
            self.connections_refused.clone(),
        );
        registry.register(
            "telemetry_spans_dropped",
            "Spans that the collector did not get",
            self.telemetry_spans_dropped.clone(),
        );
        registry.register(
            "telemetry_exports_failed",
            "Requests with traces or metrics that the collector did not take",
            self.telemetry_exports_failed.clone(),
        );
    }
}
