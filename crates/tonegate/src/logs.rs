//! Logs, to stderr, as configured; and beside them the spans that a collector wants, which are no logs.

use std::io::IsTerminal as _;

use tonegate_config::{Log, LogFormat, LogLevel};
use tonegate_telemetry::{TARGET, Telemetry};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// Begins to log, and to record what `telemetry` wants. Once a process.
pub(crate) fn start(log: &Log, telemetry: &Telemetry) {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colour).with_target(false);
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let most = level(log.level);
    let is_logged =
        move |metadata: &Metadata<'_>| metadata.target() != TARGET && *metadata.level() <= most;
    let lines = lines.with_filter(filter_fn(is_logged).with_max_level_hint(most));
    let registry = tracing_subscriber::registry().with(lines);
    // A layer that is none would keep what nobody filters enabled.
    match telemetry.layer() {
        Some(layer) => registry.with(layer).init(),
        None => registry.init(),
    }
}

const fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
