//! What the accept loop counts. Whoever renders metrics reads it; nothing here knows how they are
//! named outside.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one listener since it was bound.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections taken from the system, refused ones included.
    pub accepted: Counter,
    /// Connections open now.
    pub open: Counter,
    /// Closed at once: [`Limits::connections`](crate::Limits::connections) was reached.
    pub refused_total_cap: Counter,
    /// Closed at once: [`Limits::connections_per_network`](crate::Limits::connections_per_network)
    /// was reached.
    pub refused_address_cap: Counter,
    /// Closed because no whole header came in [`Limits::header`](crate::Limits::header): silent,
    /// half-sent, or stuck in the PROXY header or TLS handshake.
    pub closed_header_timeout: Counter,
    /// TLS handshakes that failed.
    pub tls_failed: Counter,
    /// Event loops of the fast path that ended by a fault of ours; the first begins the drain.
    pub event_loops_failed: Counter,
    /// Connections of trusted proxies closed because their PROXY header was absent or malformed.
    pub proxy_header_bad: Counter,
}

/// A number that many connections count on.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The value now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
