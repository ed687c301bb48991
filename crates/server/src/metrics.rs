//! What the server counts, in Prometheus' text format.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};
use tonegate_protocol::ReturnCode;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: u32,
}

/// All metrics of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<CodeLabel, Counter>,
    /// Licences minted.
    pub minted: Counter,
    /// Mints that failed.
    pub mint_failures: Counter,
    /// Answers with a licence of an earlier hour, because none could be minted.
    pub held_beyond_hour: Counter,
    /// Self-issues that failed.
    pub self_issue_failures: Counter,
    /// Polls of the store that failed.
    pub store_failures: Counter,
    /// Set when `/metrics` is read.
    pub gauges: Gauges,
}

/// What is looked at when `/metrics` is read.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the registry's help texts say it, below")]
pub struct Gauges {
    pub apps: Gauge,
    pub directory_revision: Gauge,
    pub held_licenses: Gauge,
    pub guard_entries: Gauge,
    pub guard_capacity: Gauge,
    pub guard_journal_errors: Gauge,
    pub clock_suspect: Gauge,
    pub clock_reanchored: Gauge,
    pub keys_covered_until: Gauge,
    pub ready: Gauge,
    pub connections_open: Gauge,
    pub connections_accepted: Gauge,
    pub connections_refused: Gauge,
    pub connections_timed_out: Gauge,
    pub tls_failures: Gauge,
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tonegate"),
            answers: Family::default(),
            minted: Counter::default(),
            mint_failures: Counter::default(),
            held_beyond_hour: Counter::default(),
            self_issue_failures: Counter::default(),
            store_failures: Counter::default(),
            gauges: Gauges::default(),
        };
        metrics.register();
        metrics
    }

    /// Counts an answer of the licence API.
    pub fn answered(&self, code: ReturnCode) {
        self.answers.get_or_create(&CodeLabel { code: code.number() }).inc();
    }

    /// How many answers had this code.
    #[must_use]
    pub fn answers(&self, code: ReturnCode) -> u64 {
        self.answers.get_or_create(&CodeLabel { code: code.number() }).get()
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let mut add = |name, help, metric: &dyn Registered| metric.register(registry, name, help);
        add("answers", "Answers of the licence API, by return code", &self.answers);
        add("licenses_minted", "Licences minted", &self.minted);
        add("mint_failures", "Mints that failed", &self.mint_failures);
        add(
            "answers_held_beyond_hour",
            "Answers with a licence of an earlier hour, because none could be minted",
            &self.held_beyond_hour,
        );
        add("self_issue_failures", "Self-issues that failed", &self.self_issue_failures);
        add("store_failures", "Polls of the store that failed", &self.store_failures);
        let gauges = &self.gauges;
        add("apps", "Apps in the directory", &gauges.apps);
        add("directory_revision", "Revision of the directory", &gauges.directory_revision);
        add("held_licenses", "Licences held in memory", &gauges.held_licenses);
        add("replay_guard_entries", "Signatures remembered", &gauges.guard_entries);
        add("replay_guard_capacity", "Signatures that fit", &gauges.guard_capacity);
        add(
            "replay_guard_journal_errors",
            "Signatures kept in memory only, because the journal could not be written",
            &gauges.guard_journal_errors,
        );
        add("clock_suspect", "1 while the wall clock disagrees", &gauges.clock_suspect);
        add("clock_reanchored", "Times that the clock was re-anchored", &gauges.clock_reanchored);
        add(
            "keys_covered_until_seconds",
            "Unix time until which issuing keys are at hand without a gap",
            &gauges.keys_covered_until,
        );
        add("ready", "1 while a licence can be answered", &gauges.ready);
        add("connections_open", "Open connections of the gateway", &gauges.connections_open);
        add("connections_accepted", "Connections accepted", &gauges.connections_accepted);
        add("connections_refused", "Connections refused by a cap", &gauges.connections_refused);
        add(
            "connections_timed_out",
            "Connections closed by a timeout",
            &gauges.connections_timed_out,
        );
        add("tls_failures", "TLS handshakes that failed", &gauges.tls_failures);
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
