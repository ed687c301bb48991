//! The directory: every app, in memory, as of one revision of the store.
//!
//! Requests read an immutable snapshot without a lock. A change in the store is applied by swapping
//! in a new snapshot that shares all but the shards touched, so a lost database stops changes, not
//! licences. What moves with each request (rates, last use) lives in the entry, and goes on in the one
//! that takes its place. A million apps take at most 180 bytes each: see the tests. Leaves to
//! others: where entries come from (`watch`), what they allow (`gateway`).

mod draft;
mod entry;
mod touched;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use tonegate_protocol::AppId;

pub use draft::Draft;
pub use entry::{Entry, Secret};
use touched::Touched;

use crate::store::SecretUse;

/// Few enough to copy the list of them for a change of one app, and enough that a shard of a million
/// apps is copied in no time.
const SHARDS: usize = 1_024;

type Shard = hashbrown::HashTable<Arc<Entry>>;

/// All apps as of one revision.
#[derive(Debug)]
struct Snapshot {
    revision: i64,
    apps: usize,
    shards: Vec<Arc<Shard>>,
}

/// The apps, for all threads.
#[derive(Debug)]
pub struct Directory {
    snapshot: ArcSwap<Snapshot>,
    touched: Touched,
}

/// The directory as it stands, for one decision: what is read through it is of one revision. To be
/// dropped soon, since it keeps what changes have replaced.
pub struct Reading(Guard<Arc<Snapshot>>);

/// The directory as it stood, kept: a change meanwhile copies the shards that it touches.
#[derive(Debug, Clone)]
pub(crate) struct Kept(Arc<Snapshot>);

impl Kept {
    /// The store's revision that this is.
    pub(crate) fn revision(&self) -> i64 {
        self.0.revision
    }

    /// All apps, in no order.
    pub(crate) fn apps(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.0.shards.iter().flat_map(|shard| shard.iter())
    }
}

impl Reading {
    /// The app with this number.
    #[must_use]
    pub fn get(&self, app_id: AppId) -> Option<&Arc<Entry>> {
        find(self.0.shards.get(shard_of(app_id))?, app_id)
    }

    /// All apps, in no order.
    pub fn apps(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.0.shards.iter().flat_map(|shard| shard.iter())
    }
}

impl Directory {
    /// An empty directory, before any revision.
    #[must_use]
    pub fn new() -> Self {
        let shards = vec![Arc::default(); SHARDS];
        let snapshot = ArcSwap::from_pointee(Snapshot { revision: 0, apps: 0, shards });
        Self { snapshot, touched: Touched::default() }
    }

    /// As it stands; costs no shared write.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading(self.snapshot.load())
    }

    /// As it stands, for work that takes its time.
    pub(crate) fn keep(&self) -> Kept {
        Kept(self.snapshot.load_full())
    }

    /// The app with this number, to be kept for longer than a [`Reading`].
    #[must_use]
    pub fn get(&self, app_id: AppId) -> Option<Arc<Entry>> {
        self.read().get(app_id).cloned()
    }

    /// The store's revision that this is.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.snapshot.load().revision
    }

    /// How many apps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.snapshot.load().apps
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes a good signature at `now` (Unix seconds), made with a secret of `entry`.
    pub fn touch(&self, entry: &Arc<Entry>, secret: &Secret, now: i64) {
        if secret.touch(now) {
            self.touched.push(Arc::clone(entry));
        }
    }

    /// The uses of secrets since the last call, the newest of each secret. Those of apps that nobody
    /// called are not looked at.
    pub(crate) fn take_uses(&self) -> Vec<SecretUse> {
        let touched = self.touched.take();
        touched.iter().flat_map(|entry| entry.take_uses()).collect()
    }

    /// Has uses taken again by the next call: they could not be written.
    pub(crate) fn put_back(&self, uses: &[SecretUse]) {
        let directory = self.read();
        for used in uses {
            let Some(entry) = directory.get(used.app) else { continue };
            let mut secrets = entry.secrets().into_iter().flatten();
            let secret = secrets.find(|secret| secret.generation == used.generation);
            if secret.is_some_and(|secret| secret.touch_again(used.at)) {
                self.touched.push(Arc::clone(entry));
            }
        }
    }

    /// Swaps in what was drafted, which is the store's `revision`. One caller at a time: the store's
    /// watcher.
    pub fn apply(&self, draft: Draft, revision: i64) {
        let before = self.snapshot.load_full();
        let shards = draft.onto(&before.shards);
        let apps = shards.iter().map(|shard| shard.len()).sum();
        self.snapshot.store(Arc::new(Snapshot { revision, apps, shards }));
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reading({})", self.0.revision)
    }
}

fn find(shard: &Shard, app_id: AppId) -> Option<&Arc<Entry>> {
    shard.find(hash(app_id), |entry| entry.app_id == app_id)
}

/// AppIds are the operator's choice, so any mixing will do that spreads them in steps of any size:
/// tables look at both ends of it.
fn hash(AppId(app_id): AppId) -> u64 {
    let mixed = u64::from(app_id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}

/// Neighbours share a shard: a load goes by number, and so finds the shard at hand.
fn shard_of(AppId(app_id): AppId) -> usize {
    // The middle bits: AppIds in steps of any size must not share few shards.
    usize::try_from(hash(AppId(app_id / 256)) >> 40).unwrap_or_default() % SHARDS
}

#[cfg(test)]
mod tests;
