//! What the shared guard counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds of the times of round trips, seconds.
const BOUNDS: [f64; 10] = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];

/// Copies share their values.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the registry's help texts say it, in `metrics`")]
pub struct SharedGuardMetrics {
    pub shared: Gauge,
    pub trips: Counter,
    pub failures: Counter,
    pub lost: Counter,
    pub alone: Counter,
    pub handed_over: Counter,
    pub not_handed_over: Counter,
    pub extra: Counter,
    pub seconds: Histogram,
}

impl Default for SharedGuardMetrics {
    fn default() -> Self {
        Self {
            shared: Gauge::default(),
            trips: Counter::default(),
            failures: Counter::default(),
            lost: Counter::default(),
            alone: Counter::default(),
            handed_over: Counter::default(),
            not_handed_over: Counter::default(),
            extra: Counter::default(),
            seconds: Histogram::new(BOUNDS),
        }
    }
}
