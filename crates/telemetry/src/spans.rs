//! Spans that are over and wait to be sent.
//!
//! Invariant: at most [`SPANS_WAITING_MAX`] wait; what had to go for newer ones is counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::limits::SPANS_WAITING_MAX;

/// A span that is over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) parent: Option<u64>,
    /// Unix time.
    pub(crate) start: Duration,
    pub(crate) took: Duration,
    /// Values as OTLP writes them.
    pub(crate) attributes: Vec<(&'static str, Value)>,
    pub(crate) failed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Spans {
    waiting: Mutex<VecDeque<Span>>,
    dropped: AtomicU64,
}

impl Spans {
    pub(crate) fn push(&self, span: Span) {
        let mut waiting = self.lock();
        if waiting.len() >= SPANS_WAITING_MAX {
            waiting.pop_front();
            self.count_dropped(1);
        }
        waiting.push_back(span);
    }

    /// The oldest, at most `most`.
    pub(crate) fn take(&self, most: usize) -> Vec<Span> {
        let mut waiting = self.lock();
        let taken = most.min(waiting.len());
        waiting.drain(..taken).collect()
    }

    pub(crate) fn count_dropped(&self, spans: usize) {
        self.dropped.fetch_add(u64::try_from(spans).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_are_counted() {
        let spans = Spans::default();
        for number in 0..SPANS_WAITING_MAX + 3 {
            let span_id = u64::try_from(number).unwrap();
            spans.push(Span {
                name: "mint_license".into(),
                trace_id: 1,
                span_id,
                parent: None,
                start: Duration::ZERO,
                took: Duration::ZERO,
                attributes: Vec::new(),
                failed: false,
            });
        }
        assert_eq!((spans.dropped(), spans.take(2).len()), (3, 2));
        assert_eq!(spans.take(1)[0].span_id, 5);
        assert_eq!(spans.take(usize::MAX).len(), SPANS_WAITING_MAX - 3);
    }
}
