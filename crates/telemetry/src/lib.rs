//! Traces and metrics for an OpenTelemetry collector, over OTLP/HTTP in its JSON encoding.
//!
//! Code that wants a span makes one with `tracing` under the target [`TARGET`]; a [`Telemetry`] that is on
//! hears of those, and of nothing else, through its [layer](Telemetry::layer). Metrics are what the
//! server shows under `/metrics`, read back ([`exposition`]). Invariants: whoever makes a span never
//! waits, memory is bounded (the oldest spans go first and are counted), and a collector that hangs,
//! refuses or is away changes nothing but [`Counts`] and one line in the log.
//!
//! What may stand in a span is for its maker: names, counts, codes and ids of things; never a query, a
//! header, a body, or anything that names a person. Two fields are not attributes: `otel.name` is the
//! span's name where that is not known before, `failed` its status.

mod exporter;
pub mod exposition;
mod layer;
mod limits;
mod otlp;
mod spans;

pub use exporter::{Counts, Exporting, Telemetry};

/// The target of everything that becomes a span. Logs leave it out. An event of this target is a span
/// that is over: `start_nanos` (Unix time) and `took_nanos` say when it was.
pub const TARGET: &str = "tonegate::span";
