//! Every bound of this crate.

use std::time::Duration;

/// Spans that wait for the collector; the oldest go first.
pub(crate) const SPANS_WAITING_MAX: usize = 4_096;
/// Spans in one request.
pub(crate) const SPANS_AT_ONCE: usize = 512;
/// Attributes of a span.
pub(crate) const ATTRIBUTES_MAX: usize = 16;
/// Bytes of an attribute's text.
pub(crate) const TEXT_BYTES_MAX: usize = 256;
/// How often spans are sent.
pub(crate) const SPANS_EVERY: Duration = Duration::from_secs(5);
/// How many of those turns send metrics too: every 15 s.
pub(crate) const METRICS_EVERY_TURNS: u32 = 3;
/// Time for a connection to the collector, and for its whole answer.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);
pub(crate) const TOTAL: Duration = Duration::from_secs(5);
/// The longest answer of a collector that is read.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Time for what is left when a server stops.
pub(crate) const LAST_FLUSH: Duration = Duration::from_secs(2);
