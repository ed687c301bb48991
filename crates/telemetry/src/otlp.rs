//! What travels: OTLP 1.x in its JSON encoding (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! Ids are hex, numbers of 64 bits are text, enumerations are their numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::exposition::{Family, Kind, Sample};
use crate::spans::Span;

/// `SPAN_KIND_INTERNAL`: callers send us no context that ours could hang on.
const INTERNAL: u32 = 1;
const STATUS_ERROR: u32 = 2;
/// From the start on, as Prometheus counts.
const CUMULATIVE: u32 = 2;

/// Who speaks.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) service: &'static str,
    /// Tells two processes of one service apart.
    pub(crate) instance: String,
    /// Since when it counts, Unix time.
    pub(crate) since: Duration,
}

impl Resource {
    fn to_json(&self) -> Value {
        json!({ "attributes": attributes([
            ("service.name", text(self.service)),
            ("service.version", text(env!("CARGO_PKG_VERSION"))),
            ("service.instance.id", text(&self.instance)),
        ]) })
    }

    /// An `ExportTraceServiceRequest`.
    pub(crate) fn traces(&self, spans: &[Span]) -> Value {
        let spans: Vec<Value> = spans.iter().map(span).collect();
        json!({ "resourceSpans": [{
            "resource": self.to_json(),
            "scopeSpans": [{ "scope": { "name": "tonegate" }, "spans": spans }],
        }] })
    }

    /// An `ExportMetricsServiceRequest`, of values as they are `now`.
    pub(crate) fn metrics(&self, families: &[Family], now: Duration) -> Value {
        let times = json!({ "startTimeUnixNano": nanos(self.since), "timeUnixNano": nanos(now) });
        let metrics: Vec<Value> = families.iter().map(|family| metric(family, &times)).collect();
        json!({ "resourceMetrics": [{
            "resource": self.to_json(),
            "scopeMetrics": [{ "scope": { "name": "tonegate" }, "metrics": metrics }],
        }] })
    }
}

fn span(span: &Span) -> Value {
    let mut json = json!({
        "traceId": format!("{:032x}", span.trace_id),
        "spanId": format!("{:016x}", span.span_id),
        "name": span.name,
        "kind": INTERNAL,
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.start + span.took),
        "attributes": attributes(span.attributes.iter().cloned()),
    });
    if let Some(parent) = span.parent {
        json["parentSpanId"] = format!("{parent:016x}").into();
    }
    if span.failed {
        json["status"] = json!({ "code": STATUS_ERROR });
    }
    json
}

fn metric(family: &Family, times: &Value) -> Value {
    let points = |points: Vec<Value>| json!({ "dataPoints": points });
    let each = || family.samples.iter().map(|sample| number(sample, times)).collect();
    let mut metric = json!({ "name": family.name, "description": family.help });
    match family.kind {
        Kind::Gauge => metric["gauge"] = points(each()),
        Kind::Counter => {
            metric["sum"] = points(each());
            metric["sum"]["aggregationTemporality"] = CUMULATIVE.into();
            metric["sum"]["isMonotonic"] = true.into();
        }
        Kind::Histogram => {
            metric["histogram"] = points(histograms(family, times));
            metric["histogram"]["aggregationTemporality"] = CUMULATIVE.into();
        }
    }
    metric
}

fn number(sample: &Sample, times: &Value) -> Value {
    let mut point = point(sample.labels.iter(), times);
    match sample.value.fract() == 0.0 {
        true => point["asInt"] = format!("{:.0}", sample.value).into(),
        false => point["asDouble"] = sample.value.into(),
    }
    point
}

/// Prometheus counts what lies at or below each bound; OTLP what lies between two.
fn histograms(family: &Family, times: &Value) -> Vec<Value> {
    let mut points: BTreeMap<Vec<&(String, String)>, Vec<&Sample>> = BTreeMap::new();
    for sample in &family.samples {
        let labels = sample.labels.iter().filter(|(name, _)| name != "le").collect();
        points.entry(labels).or_default().push(sample);
    }
    let points = points.into_iter().map(|(labels, samples)| {
        let mut point = point(labels.into_iter(), times);
        let (mut counts, mut bounds, mut below) = (Vec::new(), Vec::new(), 0.0);
        for sample in samples {
            let suffix = &sample.name[family.name.len()..];
            match (suffix, bound(sample)) {
                ("_sum", _) => point["sum"] = sample.value.into(),
                ("_count", _) => point["count"] = format!("{:.0}", sample.value).into(),
                ("_bucket", Some(bound)) => {
                    counts.push(format!("{:.0}", sample.value - below));
                    below = sample.value;
                    bounds.extend(Some(bound).filter(|bound| bound.is_finite()));
                }
                _ => {}
            }
        }
        point["bucketCounts"] = counts.into();
        point["explicitBounds"] = bounds.into();
        point
    });
    points.collect()
}

fn bound(sample: &Sample) -> Option<f64> {
    sample.labels.iter().find(|(name, _)| name == "le")?.1.parse().ok()
}

fn point<'a>(labels: impl Iterator<Item = &'a (String, String)>, times: &Value) -> Value {
    let mut point = times.clone();
    point["attributes"] = attributes(labels.map(|(name, value)| (name.as_str(), text(value))));
    point
}

fn attributes<'a>(attributes: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    attributes.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn text(text: &str) -> Value {
    json!({ "stringValue": text })
}

fn nanos(time: Duration) -> String {
    time.as_nanos().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition;

    fn resource() -> Resource {
        Resource { service: "tonegate", instance: "i".into(), since: Duration::from_secs(1) }
    }

    #[test]
    fn metrics_keep_names_kinds_and_values() {
        let text = "# HELP t_answers Answers.\n# TYPE t_answers counter\nt_answers_total{code=\"0\"} 5\n\
                    # HELP t_ready R.\n# TYPE t_ready gauge\nt_ready 1\n\
                    # HELP t_s S.\n# TYPE t_s histogram\nt_s_sum 1.25\nt_s_count 4\n\
                    t_s_bucket{le=\"0.5\"} 1\nt_s_bucket{le=\"1.0\"} 3\nt_s_bucket{le=\"+Inf\"} 4\n";
        let json = resource().metrics(&exposition::read(text), Duration::from_secs(2));
        let metrics = &json["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let times = json!({ "startTimeUnixNano": "1000000000", "timeUnixNano": "2000000000" });
        let with = |more: Value| {
            let mut point = times.clone();
            point.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([point])
        };
        let code = json!([{ "key": "code", "value": { "stringValue": "0" } }]);
        assert_eq!(
            *metrics,
            json!([
                { "name": "t_answers", "description": "Answers", "sum": {
                    "aggregationTemporality": 2, "isMonotonic": true,
                    "dataPoints": with(json!({ "attributes": code, "asInt": "5" })),
                } },
                { "name": "t_ready", "description": "R", "gauge": {
                    "dataPoints": with(json!({ "attributes": [], "asInt": "1" })),
                } },
                { "name": "t_s", "description": "S", "histogram": {
                    "aggregationTemporality": 2,
                    "dataPoints": with(json!({
                        "attributes": [], "sum": 1.25, "count": "4",
                        "bucketCounts": ["1", "2", "1"], "explicitBounds": [0.5, 1.0],
                    })),
                } },
            ])
        );
    }

    #[test]
    fn a_span_has_hex_ids_and_times_as_text() {
        let span = Span {
            name: "create_app".into(),
            trace_id: 0xab,
            span_id: 0xcd,
            parent: Some(1),
            start: Duration::from_millis(1_500),
            took: Duration::from_nanos(1),
            attributes: vec![("status", json!({ "intValue": "500" }))],
            failed: true,
        };
        let json = resource().traces(&[span]);
        let expected = json!([{
            "traceId": "000000000000000000000000000000ab",
            "spanId": "00000000000000cd",
            "parentSpanId": "0000000000000001",
            "name": "create_app",
            "kind": 1,
            "startTimeUnixNano": "1500000000",
            "endTimeUnixNano": "1500000001",
            "attributes": [{ "key": "status", "value": { "intValue": "500" } }],
            "status": { "code": 2 },
        }]);
        assert_eq!(json["resourceSpans"][0]["scopeSpans"][0]["spans"], expected);
        let service = &json["resourceSpans"][0]["resource"]["attributes"][0];
        assert_eq!(
            *service,
            json!({ "key": "service.name", "value": { "stringValue": "tonegate" } })
        );
    }
}
