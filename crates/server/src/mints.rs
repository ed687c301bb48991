//! Mints that take a while: who may ask a hardware token now.
//!
//! Invariants: one mint per app at a time, so that whoever waited finds the licence held; at most
//! [`MINTS_AT_ONCE`] threads wait for a token, however many requests do.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};
use tonegate_protocol::AppId;

use crate::limits::MINTS_AT_ONCE;

/// Apps that share one wait for each other, so there are many more than mints at once.
const STRIPES: usize = 1_024;

/// The queue before a slow signer.
#[derive(Debug)]
pub(crate) struct Mints {
    stripes: Vec<Mutex<()>>,
    at_once: Semaphore,
    wanted: AtomicUsize,
}

/// The right to mint for an app.
#[derive(Debug)]
pub(crate) struct Turn<'m> {
    _wanted: Wanted<'m>,
    _of_app: MutexGuard<'m, ()>,
    _of_all: Option<SemaphorePermit<'m>>,
}

#[derive(Debug)]
struct Wanted<'m>(&'m AtomicUsize);

impl Mints {
    pub(crate) fn new() -> Self {
        let stripes = (0..STRIPES).map(|_| Mutex::new(())).collect();
        Self { stripes, at_once: Semaphore::new(MINTS_AT_ONCE), wanted: AtomicUsize::new(0) }
    }

    /// Waits until nobody else mints for the app, and not too many for others.
    pub(crate) async fn turn(&self, AppId(app_id): AppId) -> Option<Turn<'_>> {
        self.wanted.fetch_add(1, Ordering::Relaxed);
        let wanted = Wanted(&self.wanted);
        let stripe = usize::try_from(app_id.wrapping_mul(0x9e37_79b1) >> 22).unwrap_or(0);
        let of_app = self.stripes.get(stripe % STRIPES)?.lock().await;
        // It is never closed.
        let of_all = self.at_once.acquire().await.ok();
        Some(Turn { _wanted: wanted, _of_app: of_app, _of_all: of_all })
    }

    /// Does a request wait for the signer, or use it?
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
