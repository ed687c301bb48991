//! What a running server does with its usage beside the requests: looks at it each second, writes it to
//! the store every 2 s and at the end, and deletes what is too old.
//!
//! Invariant: a batch is sent until the store has it, under one number, before there is another: so one
//! whose commit was answered by nobody counts once. Also where whoever waits for it gives up: the write
//! goes on in a task of its own, and the next one waits for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tonegate_protocol::ReturnCode;
use tonegate_telemetry::TARGET;
use tracing::info;

use super::{RecentMinute, Sent, lock};
use crate::config::Telemetry;
use crate::limits::{PRUNE, USAGE_FLUSH};
use crate::service::Service;
use crate::store::{AnswerRecord, BatchId, Resolution, StoreError};

/// Between two transactions that delete, so that others get their turn.
const PRUNE_PAUSE: Duration = Duration::from_millis(20);
/// So late that a start has the disk for itself, and so soon that a server that is restarted all the
/// time deletes, too.
const FIRST_PRUNE: Duration = Duration::from_secs(60);
const RECENT_SECS: i64 = 3_600;

/// Keeps rates and minutes until the server stops.
pub(crate) async fn look(service: Arc<Service>) {
    loop {
        service.usage.tick(service.time.moment());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Writes to the store until the server stops.
pub(crate) async fn keep(service: Arc<Service>) {
    // Begun every 2 s, however long the last one took: what a kill loses is no older.
    let mut turn = tokio::time::interval(USAGE_FLUSH);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        flush(&service).await;
    }
}

/// Writes all that was collected. Did it? What was not is tried again with the next.
pub async fn flush(service: &Arc<Service>) -> bool {
    let writer = Arc::clone(service);
    match tokio::spawn(async move { write(&writer).await }).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            if service.store_answers.load(Ordering::Relaxed) {
                tracing::warn!(%error, "usage was not written; it waits");
            }
            false
        }
        Err(_) => {
            tracing::error!("writing usage panicked");
            false
        }
    }
}

async fn write(service: &Service) -> Result<(), StoreError> {
    let usage = &service.usage;
    let mut unsettled = usage.writing.lock().await;
    usage.drain();
    loop {
        if unsettled.is_none() {
            *unsettled = lock(&usage.pending).take().map(Sent::new);
        }
        let Some(Sent { number, batch }) = &*unsettled else { return Ok(()) };
        let id = BatchId { node: &service.node.id, number: *number };
        service.store.note_usage_once(id, batch).await?;
        trace(&service.config.telemetry, &batch.answers);
        *unsettled = None;
    }
}

/// Makes spans of a share of the answers, for whoever collects traces: here, where no request waits for it.
fn trace(config: &Telemetry, answers: &[AnswerRecord]) {
    if config.otlp_endpoint.is_empty() {
        return;
    }
    for answer in answers.iter().filter(|_| config.trace_sample.holds(fastrand::f64())) {
        // The query and the caller's network stay here, and so does the hint, which may repeat the query.
        info!(
            name: "answer_license",
            target: TARGET,
            start_nanos = u64::try_from(answer.at).unwrap_or(0).saturating_mul(1_000_000_000),
            took_nanos = answer.duration_us.saturating_mul(1_000),
            app_id = answer.app_id.0,
            code = answer.code.number(),
            request_id = answer.request_id,
            failed = answer.code == ReturnCode::ServiceInternal,
        );
    }
}

/// What the last hour was like before this start, where the store can say.
pub(crate) async fn remember(service: &Service) {
    let now = service.time.now();
    let series = service.store.usage_series(None, Resolution::Minute, now - RECENT_SECS, now + 1);
    match series.await {
        Err(error) => tracing::warn!(%error, "the last hour's usage could not be read"),
        Ok(series) => {
            let mut recent = lock(&service.usage.recent);
            for of_code in series {
                for (at, count) in of_code.points {
                    let (ok, failed) = if of_code.code == 0 { (count, 0) } else { (0, count) };
                    recent.remember(RecentMinute { at, ok, failed });
                }
            }
        }
    }
}

/// Deletes what is too old soon after the start, and every hour until the server stops.
pub(crate) async fn prune(service: Arc<Service>) {
    tokio::time::sleep(FIRST_PRUNE).await;
    loop {
        if !service.acts_for_all() {
            tracing::warn!("old usage is not deleted now; it is looked at again in an hour");
        } else if let Err(error) = prune_now(&service).await {
            tracing::warn!(%error, "old usage was not deleted; it is tried again in an hour");
        }
        tokio::time::sleep(PRUNE).await;
    }
}

/// Deletes what is too old, in small transactions.
pub async fn prune_now(service: &Service) -> Result<(), StoreError> {
    let now = service.time.now();
    let mut after = None;
    while let Some(last) = service.store.prune_usage(after, now).await? {
        after = Some(last);
        tokio::time::sleep(PRUNE_PAUSE).await;
    }
    while service.store.prune_requests(now).await? > 0 {
        tokio::time::sleep(PRUNE_PAUSE).await;
    }
    Ok(())
}
