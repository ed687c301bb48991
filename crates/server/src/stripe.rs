//! Which stripe a thread counts in, wherever something is counted by stripes.
//!
//! Threads that count for the first time take the stripes in turn, so event loops hardly ever write the
//! same cache line; where two do, the count is right all the same.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many there are.
pub(crate) const STRIPES: usize = 16;

thread_local! {
    static STRIPE: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES
    };
}

/// The stripe of this thread, below [`STRIPES`].
pub(crate) fn mine() -> usize {
    STRIPE.with(|stripe| *stripe)
}
