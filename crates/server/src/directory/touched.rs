//! The entries that were touched since their last use was written.
//!
//! Invariant: an entry is in the list at most once per secret, so the list is never longer than the
//! directory's secrets are many; whoever has nothing to write looks at nothing.

use std::sync::{Arc, Mutex, PoisonError};

use super::Entry;

/// The list. Locked for a push at a time, and once a flush.
#[derive(Debug, Default)]
pub(super) struct Touched {
    entries: Mutex<Vec<Arc<Entry>>>,
}

impl Touched {
    pub(super) fn push(&self, entry: Arc<Entry>) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// All of them; the list begins anew.
    pub(super) fn take(&self) -> Vec<Arc<Entry>> {
        std::mem::take(&mut *self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
