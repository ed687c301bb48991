//! Sends spans every 5 s and metrics every 15 s, beside everything else.
//!
//! Invariants: what was not taken is sent again with the next turn; a request that the collector calls
//! bad is not; of failures the log has one line until one succeeds.

use std::sync::Arc;

use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonegate_client::{FetchError, HttpClient, HttpConfig, HttpError};
use tonegate_clock::Clock;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use crate::layer::Recorder;
use crate::limits::{
    ANSWER_BYTES_MAX, CONNECT, LAST_FLUSH, METRICS_EVERY_TURNS, SPANS_AT_ONCE, SPANS_EVERY, TOTAL,
};
use crate::otlp::Resource;
use crate::spans::{Span, Spans};
use crate::{TARGET, exposition};

/// Traces and metrics of one process, on their way to a collector or switched off.
#[derive(Debug)]
pub struct Telemetry(Option<On>);

#[derive(Debug)]
struct On {
    /// The collector, without a slash at the end.
    endpoint: String,
    resource: Resource,
    clock: Clock,
    spans: Arc<Spans>,
}

/// What has gone wrong since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Spans that nobody will see.
    pub spans_dropped: u64,
    /// Requests that the collector did not take.
    pub exports_failed: u64,
}

/// A collector that is being sent to.
#[derive(Debug)]
pub struct Exporting(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

/// Why something was not taken.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("telemetry.otlp_endpoint is no URL")]
    NotAUrl,
    #[error("{0}")]
    Trust(#[from] FetchError),
    #[error("{0}")]
    Http(#[from] HttpError),
    #[error(
        "the collector answered with HTTP status {0}; does it take OTLP/HTTP as JSON at this URL?"
    )]
    Status(u16),
}

impl Telemetry {
    /// Of this `service`, to the OTLP/HTTP collector at `endpoint` (`http://127.0.0.1:4318`). Empty: off.
    #[must_use]
    pub fn new(endpoint: &str, service: &'static str, clock: Clock) -> Self {
        if endpoint.is_empty() {
            return Self(None);
        }
        let instance = format!("{:032x}", fastrand::u128(..));
        Self(Some(On {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            resource: Resource { service, instance, since: clock.wall() },
            clock,
            spans: Arc::default(),
        }))
    }

    /// What hears of spans; `None` where nobody wants them, so that they cost nothing.
    #[must_use]
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
    ) -> Option<impl Layer<S> + Send + Sync + 'static> {
        let On { clock, spans, .. } = self.0.as_ref()?;
        let recorder = Recorder { clock: clock.clone(), spans: Arc::clone(spans) };
        let is_ours = |metadata: &Metadata<'_>| {
            metadata.target() == TARGET && *metadata.level() <= Level::INFO
        };
        let ours = filter_fn(is_ours).with_max_level_hint(LevelFilter::INFO);
        Some(recorder.with_filter(ours))
    }

    /// Begins to send. `metrics` gives the text of `/metrics`, in which it may show the counts.
    #[must_use]
    pub fn export(self, metrics: impl Fn(Counts) -> String + Send + 'static) -> Exporting {
        Exporting(self.0.map(|on| {
            let (stop, stopped) = oneshot::channel();
            (stop, tokio::spawn(Exporter::new(on, metrics).run(stopped)))
        }))
    }

    #[cfg(test)]
    pub(crate) fn spans(&self) -> Option<Arc<Spans>> {
        self.0.as_ref().map(|on| Arc::clone(&on.spans))
    }
}

impl Exporting {
    /// Sends what is left, for at most 2 s.
    pub async fn finish(self) {
        let Some((stop, task)) = self.0 else { return };
        drop(stop);
        // A panic of it has nothing to say to whoever stops.
        let _ = task.await;
    }
}

struct Exporter<M> {
    on: On,
    metrics: M,
    /// Made when it is first needed: trust that cannot be read must not stop a server.
    http: Option<HttpClient>,
    /// What was taken from the queue and is not known to have arrived.
    sending: Vec<Span>,
    exports_failed: u64,
    is_failing: bool,
}

impl<M: Fn(Counts) -> String + Send + 'static> Exporter<M> {
    const fn new(on: On, metrics: M) -> Self {
        let sending = Vec::new();
        Self { on, metrics, http: None, sending, exports_failed: 0, is_failing: false }
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        for turn in 1_u32.. {
            let with_metrics = turn.is_multiple_of(METRICS_EVERY_TURNS);
            let turn = async {
                tokio::time::sleep(SPANS_EVERY).await;
                self.turn(with_metrics).await;
            };
            tokio::select! {
                () = turn => {}
                _ = &mut stopped => break,
            }
        }
        if tokio::time::timeout(LAST_FLUSH, self.turn(true)).await.is_err() {
            tracing::warn!("the last traces and metrics did not get out in time");
        }
    }

    /// Sends what there is. Cancelling is safe: spans under way are sent again.
    async fn turn(&mut self, with_metrics: bool) {
        let mut outcome = self.send_spans().await;
        if with_metrics {
            // A collector may take the one and not the other.
            outcome = outcome.and(self.send_metrics().await);
        }
        let failed = outcome.is_err();
        match outcome {
            Err(error) => {
                self.exports_failed += 1;
                if !self.is_failing {
                    tracing::warn!(%error, "traces and metrics did not get out; tried again every few seconds");
                }
            }
            Ok(()) if self.is_failing => tracing::info!("traces and metrics get out again"),
            Ok(()) => {}
        }
        self.is_failing = failed;
        // Also where nobody hears it, /metrics shows how it went.
        (self.metrics)(self.counts());
    }

    fn counts(&self) -> Counts {
        let Self { on, exports_failed, .. } = self;
        Counts { spans_dropped: on.spans.dropped(), exports_failed: *exports_failed }
    }

    async fn send_spans(&mut self) -> Result<(), ExportError> {
        loop {
            if self.sending.is_empty() {
                self.sending = self.on.spans.take(SPANS_AT_ONCE);
            }
            if self.sending.is_empty() {
                return Ok(());
            }
            let sent = self.post("traces", self.on.resource.traces(&self.sending)).await;
            if let Err(error) = &sent {
                if !error.is_final() {
                    return sent;
                }
                self.on.spans.count_dropped(self.sending.len());
            }
            self.sending.clear();
            sent?;
        }
    }

    async fn send_metrics(&mut self) -> Result<(), ExportError> {
        let families = exposition::read(&(self.metrics)(self.counts()));
        let metrics = self.on.resource.metrics(&families, self.on.clock.wall());
        self.post("metrics", metrics).await
    }

    async fn post(&mut self, signal: &str, body: Value) -> Result<(), ExportError> {
        let request = Request::post(format!("{}/v1/{signal}", self.on.endpoint))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string().into())
            .map_err(|_| ExportError::NotAUrl)?;
        match self.http().await?.send(request, ANSWER_BYTES_MAX).await?.status {
            200..=299 => Ok(()),
            status => Err(ExportError::Status(status)),
        }
    }

    async fn http(&mut self) -> Result<HttpClient, ExportError> {
        if let Some(http) = &self.http {
            return Ok(http.clone());
        }
        let tls = self.on.endpoint.starts_with("https:");
        let config = HttpConfig { tls, connect: CONNECT, total: TOTAL, ..HttpConfig::default() };
        // The system's authorities are files.
        let made = tokio::task::spawn_blocking(move || HttpClient::new(&config)).await;
        let http = made.map_err(|_| ExportError::NotAUrl)??;
        self.http = Some(http.clone());
        Ok(http)
    }
}

impl ExportError {
    /// Would the same request fail again? OTLP says which statuses are worth another try.
    const fn is_final(&self) -> bool {
        matches!(self, Self::Status(400..=499)) && !matches!(self, Self::Status(408 | 429))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A collector that answers each request with the next status; 0: never. Gives what it was sent.
    async fn collector(statuses: &'static [u16]) -> (String, JoinHandle<Vec<(String, Value)>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let taking = tokio::spawn(async move {
            let mut taken = Vec::new();
            for status in statuses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let (head, body) = loop {
                    assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
                    let text = String::from_utf8_lossy(&bytes);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    if let Ok(body) = serde_json::from_str(body) {
                        break (head.to_owned(), body);
                    }
                };
                taken.push((head, body));
                if *status == 0 {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            taken
        });
        (url, taking)
    }

    fn on(url: &str) -> On {
        Telemetry::new(url, "test", Clock::manual(1_700_000_000).0).0.unwrap()
    }

    fn metrics(counts: Counts) -> String {
        let dropped = counts.spans_dropped;
        format!("# HELP t_dropped D.\n# TYPE t_dropped counter\nt_dropped_total {dropped}\n# EOF\n")
    }

    fn span(span_id: u64) -> Span {
        let (start, took) = (Duration::from_secs(1), Duration::from_secs(1));
        let (name, attributes) = ("mint_license".to_owned(), Vec::new());
        Span { name, trace_id: 1, span_id, parent: None, start, took, attributes, failed: false }
    }

    fn span_ids(body: &Value) -> Vec<&str> {
        let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
        spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn what_was_not_taken_is_sent_again_and_what_is_called_bad_is_not() {
        let (url, taking) = collector(&[503, 200, 400, 200, 200]).await;
        let mut exporter = Exporter::new(on(&url), metrics);
        exporter.on.spans.push(span(1));
        exporter.turn(false).await;
        assert_eq!(exporter.counts(), Counts { spans_dropped: 0, exports_failed: 1 });
        exporter.turn(false).await;
        exporter.on.spans.push(span(2));
        exporter.turn(false).await;
        assert_eq!(exporter.counts(), Counts { spans_dropped: 1, exports_failed: 2 });
        exporter.on.spans.push(span(3));
        exporter.turn(true).await;
        assert_eq!(exporter.counts().exports_failed, 2);
        let taken = taking.await.unwrap();
        assert!(taken[0].0.starts_with("POST /v1/traces HTTP/1.1"), "{}", taken[0].0);
        assert!(taken[0].0.contains("content-type: application/json"), "{}", taken[0].0);
        let ids: Vec<_> = taken[..4].iter().map(|(_, body)| span_ids(body)).collect();
        assert_eq!(ids.concat(), [1, 1, 2, 3].map(|id| format!("{id:016x}")));
        assert!(taken[4].0.starts_with("POST /v1/metrics HTTP/1.1"), "{}", taken[4].0);
        let metric = &taken[4].1["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0];
        assert_eq!(
            (&metric["name"], &metric["sum"]["dataPoints"][0]["asInt"]),
            (&"t_dropped".into(), &"1".into())
        );
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "how long a stop really takes")]
    async fn a_collector_that_hangs_holds_a_stop_for_two_seconds_at_most() {
        let (url, _taking) = collector(&[0, 0]).await;
        let on = on(&url);
        on.spans.push(span(1));
        let began = Instant::now();
        Telemetry(Some(on)).export(metrics).finish().await;
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn nobody_there_is_a_failure_like_any_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let mut exporter = Exporter::new(on(&url), metrics);
        exporter.on.spans.push(span(1));
        exporter.turn(true).await;
        assert_eq!(exporter.counts(), Counts { spans_dropped: 0, exports_failed: 1 });
        assert_eq!(exporter.sending.len(), 1);
        Telemetry::new("", "test", Clock::system()).export(metrics).finish().await;
    }
}
