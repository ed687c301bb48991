//! Makes spans of what `tracing` tells.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tonegate_clock::{Clock, Reading};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::limits::{ATTRIBUTES_MAX, TEXT_BYTES_MAX};
use crate::spans::{Span, Spans};

/// Puts every span that ends where it waits to be sent.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) clock: Clock,
    pub(crate) spans: Arc<Spans>,
}

/// A span that is not over; lives in the registry, beside `tracing`'s own.
#[derive(Debug)]
struct Open {
    place: Place,
    began: Reading,
    facts: Facts,
}

/// Where a span stands in its trace.
#[derive(Debug, Clone, Copy)]
struct Place {
    trace_id: u128,
    span_id: u64,
    parent: Option<u64>,
}

/// What the fields say.
#[derive(Debug, Default)]
struct Facts {
    name: Option<String>,
    failed: bool,
    start: Duration,
    took: Duration,
    attributes: Vec<(&'static str, Value)>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut facts = Facts::default();
        attributes.record(&mut facts);
        let place = Place::under(span.parent().as_ref());
        span.extensions_mut().insert(Open { place, began: self.clock.read(), facts });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.facts);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut facts = Facts::default();
        event.record(&mut facts);
        let place = Place::under(context.event_span(event).as_ref());
        let (start, took) = (facts.start, facts.took);
        self.spans.push(facts.span(event.metadata().name(), place, start, took));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(Open { place, began, facts }) = span.extensions_mut().remove::<Open>() else {
            return;
        };
        let took = self.clock.monotonic().saturating_sub(began.monotonic);
        self.spans.push(facts.span(span.name(), place, began.wall, took));
    }
}

impl Place {
    /// A new one: in the parent's trace, or the first of its own.
    fn under<S: for<'a> LookupSpan<'a>>(parent: Option<&SpanRef<'_, S>>) -> Self {
        let span_id = fastrand::u64(1..);
        let above = parent.and_then(|span| span.extensions().get().map(|open: &Open| open.place));
        match above {
            Some(Self { trace_id, span_id: parent, .. }) => {
                Self { trace_id, span_id, parent: Some(parent) }
            }
            None => Self { trace_id: fastrand::u128(1..), span_id, parent: None },
        }
    }
}

impl Facts {
    fn span(self, name: &'static str, place: Place, start: Duration, took: Duration) -> Span {
        let Place { trace_id, span_id, parent } = place;
        let Self { name: given, failed, attributes, .. } = self;
        let name = given.unwrap_or_else(|| name.to_owned());
        Span { name, trace_id, span_id, parent, start, took, attributes, failed }
    }

    fn put(&mut self, field: &Field, value: Value) {
        // A field that is recorded again has its newest value.
        self.attributes.retain(|(name, _)| *name != field.name());
        if self.attributes.len() < ATTRIBUTES_MAX {
            self.attributes.push((field.name(), value));
        }
    }
}

impl Visit for Facts {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = &value[..value.floor_char_boundary(TEXT_BYTES_MAX)];
        match field.name() {
            "otel.name" => self.name = Some(value.to_owned()),
            _ => self.put(field, json!({ "stringValue": value })),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "failed" => self.failed = value,
            _ => self.put(field, json!({ "boolValue": value })),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "start_nanos" => self.start = Duration::from_nanos(value),
            "took_nanos" => self.took = Duration::from_nanos(value),
            // Numbers of 64 bits are text in OTLP's JSON.
            _ => self.put(field, json!({ "intValue": value.to_string() })),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!({ "intValue": value.to_string() }));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing::info_span;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::{TARGET, Telemetry};

    #[test]
    fn spans_nest_and_logs_are_not_among_them() {
        let (clock, hand) = Clock::manual(1_700_000_000);
        let telemetry = Telemetry::new("http://127.0.0.1:1", "test", clock);
        let spans = telemetry.spans().unwrap();
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        tracing::subscriber::with_default(subscriber, || {
            let outer = info_span!(target: TARGET, "call", otel.name = "create_app", status = tracing::field::Empty);
            outer.in_scope(|| {
                // Of others, between two of ours.
                let _strange = info_span!("strange", secret = "s").entered();
                tracing::error!("a line of the log");
                let _inner =
                    info_span!(target: TARGET, "change_store", failed = true, ok = false).entered();
                hand.advance(Duration::from_millis(3));
            });
            outer.record("status", 201_u64);
            hand.step_wall(-100);
            drop(outer);
            tracing::info!(name: "answer_license", target: TARGET, start_nanos = 5_u64, took_nanos = 7_u64, code = -1);
        });
        let [inner, outer, told] = spans.take(9).try_into().unwrap();
        assert_eq!((outer.name.as_str(), inner.name.as_str()), ("create_app", "change_store"));
        assert_eq!((inner.trace_id, inner.parent), (outer.trace_id, Some(outer.span_id)));
        assert_eq!(outer.attributes, [("status", json!({ "intValue": "201" }))]);
        assert_eq!(inner.attributes, [("ok", json!({ "boolValue": false }))]);
        assert_eq!((inner.failed, outer.failed), (true, false));
        assert_eq!(outer.start, Duration::from_secs(1_700_000_000));
        assert_eq!(outer.took, Duration::from_millis(3), "the wall may be set meanwhile");
        assert_eq!((told.name.as_str(), told.start.as_nanos()), ("answer_license", 5));
        assert_eq!((told.took.as_nanos(), told.parent), (7, None));
        assert_ne!(told.trace_id, outer.trace_id);
    }

    #[test]
    fn what_is_off_hears_nothing() {
        let telemetry = Telemetry::new("", "test", Clock::system());
        assert!(telemetry.spans().is_none());
        assert!(telemetry.layer::<tracing_subscriber::Registry>().is_none());
    }
}
