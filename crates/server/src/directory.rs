//! The directory: every app, in memory, as of one revision of the store.
//!
//! Requests read an immutable snapshot without a lock. A change in the store is applied by swapping
//! in a new snapshot that shares all but the shards touched, so a lost database stops changes, not
//! licences. What moves with each request (rate, last use) outlives the swap in [`AppMemory`].

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use tonegate_protocol::{AppId, ServerSecret};

use crate::model::{App, Generation, SecretState};
use crate::rate::Gcra;

/// An app as the gateway sees it.
#[derive(Debug)]
pub struct Entry {
    /// Its number.
    pub app_id: AppId,
    /// Its settings; `None`: the stored row breaks a rule (return code 100000011).
    pub app: Option<App>,
    /// Its one or two secrets.
    pub secrets: Vec<Secret>,
    /// What outlives changes of the app.
    pub memory: Arc<AppMemory>,
}

/// A secret of an app, opened.
#[derive(Debug)]
pub struct Secret {
    /// Which one it is of all that the app ever had.
    pub generation: Generation,
    /// What it may still do.
    pub state: SecretState,
    /// The secret.
    pub secret: ServerSecret,
    /// Unix seconds of the last good signature with it; 0: none since the start.
    pub last_used: AtomicI64,
    /// The last use that the store knows of from this run.
    pub(crate) last_written: AtomicI64,
}

impl Secret {
    /// Notes a good signature.
    pub(crate) fn touch(&self, now: i64) {
        self.last_used.fetch_max(now, Ordering::Relaxed);
    }

    /// The last use, where the store does not know it yet.
    pub(crate) fn unwritten_use(&self) -> Option<i64> {
        let at = self.last_used.load(Ordering::Relaxed);
        (at > self.last_written.load(Ordering::Relaxed)).then_some(at)
    }

    /// Notes that the store knows of a use.
    pub(crate) fn note_written(&self, at: i64) {
        self.last_written.fetch_max(at, Ordering::Relaxed);
    }
}

/// What the gateway remembers of an app from request to request.
#[derive(Debug, Default)]
pub struct AppMemory {
    /// Its rate.
    pub rate: Gcra,
    /// The rate of those who hold a secret of it and may not use it: a stolen secret that was
    /// revoked must not use up the app's own.
    pub rate_of_refused: Gcra,
}

/// An app that was changed, or removed (`entry` is `None`).
#[derive(Debug)]
pub struct Change {
    /// Which.
    pub app_id: AppId,
    /// What it is now.
    pub entry: Option<Entry>,
}

const SHARDS: usize = 256;

type Shard = HashMap<AppId, Arc<Entry>>;

/// All apps as of one revision.
#[derive(Debug)]
struct Snapshot {
    revision: i64,
    shards: Vec<Arc<Shard>>,
}

/// The apps, for all threads.
#[derive(Debug)]
pub struct Directory {
    snapshot: ArcSwap<Snapshot>,
}

impl Directory {
    /// An empty directory, before any revision.
    #[must_use]
    pub fn new() -> Self {
        let shards = vec![Arc::default(); SHARDS];
        Self { snapshot: ArcSwap::from_pointee(Snapshot { revision: 0, shards }) }
    }

    /// The app with this number.
    #[must_use]
    pub fn get(&self, app_id: AppId) -> Option<Arc<Entry>> {
        let snapshot = self.snapshot.load();
        snapshot.shards.get(shard_of(app_id))?.get(&app_id).cloned()
    }

    /// The store's revision that this is.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.snapshot.load().revision
    }

    /// How many apps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.snapshot.load().shards.iter().map(|shard| shard.len()).sum()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every app, in no order.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        let snapshot = self.snapshot.load();
        snapshot.shards.iter().flat_map(|shard| shard.values().cloned()).collect()
    }

    /// Swaps in what changed up to `revision`. One caller at a time: the store's watcher.
    pub fn apply(&self, changes: Vec<Change>, revision: i64) {
        let mut shards = self.snapshot.load().shards.clone();
        for Change { app_id, entry } in changes {
            let Some(shard) = shards.get_mut(shard_of(app_id)) else { continue };
            let shard = Arc::make_mut(shard);
            match entry {
                None => _ = shard.remove(&app_id),
                Some(mut entry) => {
                    if let Some(before) = shard.get(&app_id) {
                        entry.memory = Arc::clone(&before.memory);
                        keep_last_use(before, &entry);
                    }
                    shard.insert(app_id, Arc::new(entry));
                }
            }
        }
        self.snapshot.store(Arc::new(Snapshot { revision, shards }));
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

fn keep_last_use(before: &Entry, after: &Entry) {
    for secret in &after.secrets {
        let same = before.secrets.iter().find(|old| old.generation == secret.generation);
        if let Some(old) = same {
            secret.touch(old.last_used.load(Ordering::Relaxed));
            secret.note_written(old.last_written.load(Ordering::Relaxed));
        }
    }
}

fn shard_of(AppId(app_id): AppId) -> usize {
    // Neighbouring AppIds spread over the shards; any mixing will do.
    (app_id.wrapping_mul(0x9e37_79b1) >> 24) as usize
}
