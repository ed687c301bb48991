//! What the server counts, in Prometheus' text format.

mod tally;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
pub(crate) use tally::{CODES, Tally};
use tonegate_protocol::ReturnCode;

use crate::guard::shared::SharedGuardMetrics;
use crate::usage::Latency;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Where the buckets of `directory_applied_seconds` end: what is promised is 2 s.
const APPLIED_SECS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0];

/// All metrics of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<CodeLabel, Counter>,
    tally: Arc<Tally>,
    latency: Arc<Latency>,
    degraded: Family<ReasonLabel, Gauge>,
    webhook_deliveries: Family<OutcomeLabel, Counter>,
    /// Licences minted for apps.
    pub minted: Counter,
    /// Mints that failed.
    pub mint_failures: Counter,
    /// Answers with a licence of an earlier hour, because none could be minted.
    pub held_beyond_hour: Counter,
    /// Self-issues that failed.
    pub self_issue_failures: Counter,
    /// Polls of the store that failed.
    pub store_failures: Counter,
    /// Checkpoints of the audit log that did not get out.
    pub audit_checkpoint_failures: Counter,
    /// What the nodes share.
    pub shared_guard: SharedGuardMetrics,
    /// Copies of the directory that were written to disk.
    pub directory_copies: Counter,
    /// Copies of the directory that could not be written.
    pub directory_copy_failures: Counter,
    /// How long changes took to be in force here, seconds.
    pub directory_applied: Histogram,
    /// Set when `/metrics` is read.
    pub gauges: Gauges,
    /// Counted elsewhere.
    pub totals: Totals,
}

/// What is looked at when `/metrics` is read.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the registry's help texts say it, below")]
pub struct Gauges {
    pub apps: Gauge,
    pub directory_revision: Gauge,
    pub directory_age_seconds: Gauge,
    pub nodes: Gauge,
    pub held_licenses: Gauge,
    pub preminted_hours: Gauge,
    pub preminted_licenses: Gauge,
    pub preminted_bytes: Gauge,
    pub guard_entries: Gauge,
    pub guard_capacity: Gauge,
    pub clock_suspect: Gauge,
    pub keys_covered_until: Gauge,
    pub ready: Gauge,
    pub connections_open: Gauge,
}

/// What others count from the start on, taken over with [`Totals::set`].
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the registry's help texts say it, below")]
pub struct Totals {
    pub guard_journal_errors: Counter,
    pub clock_reanchored: Counter,
    pub connections_accepted: Counter,
    pub connections_refused: Counter,
    pub connections_timed_out: Counter,
    pub tls_failures: Counter,
    pub proxy_headers_bad: Counter,
    pub requests_not_kept: Counter,
    pub telemetry_spans_dropped: Counter,
    pub telemetry_exports_failed: Counter,
}

impl Totals {
    /// Takes over what was counted elsewhere.
    pub fn set(total: &Counter, counted: u64) {
        total.inner().store(counted, Ordering::Relaxed);
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tonegate"),
            answers: Family::default(),
            tally: Arc::default(),
            latency: Arc::default(),
            degraded: Family::default(),
            webhook_deliveries: Family::default(),
            minted: Counter::default(),
            mint_failures: Counter::default(),
            held_beyond_hour: Counter::default(),
            self_issue_failures: Counter::default(),
            store_failures: Counter::default(),
            audit_checkpoint_failures: Counter::default(),
            shared_guard: SharedGuardMetrics::default(),
            directory_copies: Counter::default(),
            directory_copy_failures: Counter::default(),
            directory_applied: Histogram::new(APPLIED_SECS),
            gauges: Gauges::default(),
            totals: Totals::default(),
        };
        metrics.register();
        // An alert on what rises needs to have seen it at 0.
        for outcome in ["delivered", "failed", "given_up"] {
            metrics.webhook_deliveries.get_or_create(&OutcomeLabel { outcome }).inc_by(0);
        }
        metrics
    }

    /// Where answers are counted, by code.
    pub(crate) const fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Where their times are.
    pub(crate) const fn latency(&self) -> &Arc<Latency> {
        &self.latency
    }

    /// How many answers had this code.
    #[must_use]
    pub fn answers(&self, code: ReturnCode) -> u64 {
        self.tally.of(code)
    }

    /// Says whether something is not as it should be; `reason` as in `/readyz`.
    pub fn degraded(&self, reason: &'static str, is: bool) {
        self.degraded.get_or_create(&ReasonLabel { reason }).set(i64::from(is));
    }

    /// Counts a try to deliver a webhook's message: `delivered`, `failed` or `given_up`.
    pub(crate) fn webhook_delivery(&self, outcome: &'static str) {
        self.webhook_deliveries.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        for code in ReturnCode::ALL {
            let counted = self.tally.of(*code);
            if counted > 0 {
                let label = CodeLabel { code: code.number() };
                Totals::set(&self.answers.get_or_create(&label), counted);
            }
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let mut add = |name, help, metric: &dyn Registered| metric.register(registry, name, help);
        add("answers", "Answers of the licence API, by return code", &self.answers);
        add(
            "requests_not_kept",
            "Single answers counted and not kept: over 500 a second, or while the store was away",
            &self.totals.requests_not_kept,
        );
        add("licenses_minted", "Licences minted for apps", &self.minted);
        add("mint_failures", "Mints that failed", &self.mint_failures);
        add(
            "answers_held_beyond_hour",
            "Answers with a licence of an earlier hour, because none could be minted",
            &self.held_beyond_hour,
        );
        add("self_issue_failures", "Self-issues that failed", &self.self_issue_failures);
        add("store_failures", "Polls of the store that failed", &self.store_failures);
        add("webhook_deliveries", "Tries to deliver, by outcome", &self.webhook_deliveries);
        add(
            "audit_checkpoint_failures",
            "Checkpoints of the audit log that did not get out",
            &self.audit_checkpoint_failures,
        );
        let (gauges, totals) = (&self.gauges, &self.totals);
        add("apps", "Apps in the directory", &gauges.apps);
        add("directory_revision", "Revision of the directory", &gauges.directory_revision);
        add(
            "directory_age_seconds",
            "Seconds since the database was last heard of",
            &gauges.directory_age_seconds,
        );
        add(
            "directory_applied_seconds",
            "From a change in the database to its being in force on this server",
            &self.directory_applied,
        );
        add(
            "directory_copies_written",
            "Copies of the directory that were written to disk",
            &self.directory_copies,
        );
        add(
            "directory_copy_failures",
            "Copies of the directory that could not be written",
            &self.directory_copy_failures,
        );
        add("nodes", "Servers of the installation heard of in the last 20 s", &gauges.nodes);
        add("held_licenses", "Licences held in memory", &gauges.held_licenses);
        add(
            "preminted_hours",
            "Hours for which every app of the last day has licences minted ahead; 0 without a token",
            &gauges.preminted_hours,
        );
        add("preminted_licenses", "Licences minted ahead", &gauges.preminted_licenses);
        add("preminted_bytes", "Memory of licences minted ahead", &gauges.preminted_bytes);
        add("replay_guard_entries", "Signatures remembered", &gauges.guard_entries);
        add("replay_guard_capacity", "Signatures that fit", &gauges.guard_capacity);
        add(
            "replay_guard_journal_errors",
            "Signatures kept in memory only, because the journal could not be written",
            &totals.guard_journal_errors,
        );
        let shared = &self.shared_guard;
        add(
            "replay_guard_shared",
            "1 while Valkey decides for all nodes, 0 while this one guards alone",
            &shared.shared,
        );
        add("replay_guard_trips", "Round trips to Valkey", &shared.trips);
        add("replay_guard_trip_failures", "Round trips that failed", &shared.failures);
        add("replay_guard_trip_seconds", "Times of round trips to Valkey", &shared.seconds);
        add("replay_guard_lost", "Times that Valkey was lost", &shared.lost);
        add(
            "replay_guard_accepted_alone",
            "Signatures that this node accepted without Valkey",
            &shared.alone,
        );
        add(
            "replay_guard_handed_over",
            "Signatures accepted alone that Valkey was told of afterwards",
            &shared.handed_over,
        );
        add(
            "replay_guard_not_handed_over",
            "Signatures accepted alone that were too many to keep for Valkey",
            &shared.not_handed_over,
        );
        add(
            "replay_guard_extra_acceptances",
            "Signatures accepted alone that another node had accepted too",
            &shared.extra,
        );
        add("clock_suspect", "1 while the wall clock disagrees", &gauges.clock_suspect);
        add("clock_reanchored", "Times that the clock was re-anchored", &totals.clock_reanchored);
        add(
            "keys_covered_until_timestamp_seconds",
            "Unix time until which issuing keys are at hand without a gap",
            &gauges.keys_covered_until,
        );
        add("ready", "1 while a licence can be answered", &gauges.ready);
        add("degraded", "1 while it is so, by reason; licences still go out", &self.degraded);
        add("connections_open", "Open connections of the gateway", &gauges.connections_open);
        add("connections_accepted", "Connections accepted", &totals.connections_accepted);
        add("connections_refused", "Connections refused by a cap", &totals.connections_refused);
        add(
            "connections_timed_out",
            "Connections closed by a timeout",
            &totals.connections_timed_out,
        );
        add("tls_failures", "TLS handshakes that failed", &totals.tls_failures);
        add(
            "proxy_headers_bad",
            "Connections of trusted proxies without a good PROXY header",
            &totals.proxy_headers_bad,
        );
        add(
            "telemetry_spans_dropped",
            "Spans that the collector did not get",
            &totals.telemetry_spans_dropped,
        );
        add(
            "telemetry_exports_failed",
            "Requests with traces or metrics that the collector did not take",
            &totals.telemetry_exports_failed,
        );
        registry.register_collector(Box::new(Arc::clone(&self.latency)));
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A metric that shares its value with its copy in the registry.
trait Registered {
    fn register(&self, registry: &mut Registry, name: &str, help: &str);
}

impl<M: Metric + Clone> Registered for M {
    fn register(&self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.clone());
    }
}
