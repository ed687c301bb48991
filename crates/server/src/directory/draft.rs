//! Entries on their way into the directory: all there are, or those that changed.
//!
//! Nobody reads a draft, so its entries are filled in place, row by row as the store is read: nothing
//! is held twice.

use std::sync::Arc;

use tonegate_protocol::AppId;

use super::{Entry, SHARDS, Secret, Shard, find, hash, shard_of};
use crate::model::Licensee;

/// What a directory will hold next.
#[derive(Debug)]
pub struct Draft {
    /// Does what is not in it go?
    is_whole: bool,
    shards: Vec<Shard>,
    removed: Vec<AppId>,
}

impl Draft {
    /// For all apps: any other goes.
    #[must_use]
    pub fn of_all() -> Self {
        Self { is_whole: true, ..Self::of_changes() }
    }

    /// For what changed: other apps stay as they are.
    #[must_use]
    pub fn of_changes() -> Self {
        Self { is_whole: false, shards: vec![Shard::new(); SHARDS], removed: Vec::new() }
    }

    /// Adds an app without secrets. `None`: its row breaks a rule.
    pub fn add(&mut self, app_id: AppId, app: Option<Licensee>) {
        let Some(shard) = self.shards.get_mut(shard_of(app_id)) else { return };
        put(shard, Arc::new(Entry::new(app_id, app)));
    }

    /// Gives a secret to an app that was added; others are let be.
    pub fn add_secret(&mut self, app_id: AppId, secret: Secret) {
        let Some(shard) = self.shards.get_mut(shard_of(app_id)) else { return };
        let entry = shard.find_mut(hash(app_id), |entry| entry.app_id == app_id);
        if let Some(entry) = entry.and_then(Arc::get_mut) {
            entry.add_secret(secret);
        }
    }

    /// Notes that an app is gone.
    pub fn remove(&mut self, app_id: AppId) {
        self.removed.push(app_id);
    }

    /// The shards that come after `before`. What entries remember goes on.
    pub(super) fn onto(self, before: &[Arc<Shard>]) -> Vec<Arc<Shard>> {
        for (drafted, before) in self.shards.iter().zip(before) {
            for entry in drafted {
                if let Some(before) = find(before, entry.app_id) {
                    entry.go_on_from(before);
                }
            }
        }
        if self.is_whole {
            return self.shards.into_iter().map(Arc::new).collect();
        }
        let mut after = before.to_vec();
        for (shard, drafted) in after.iter_mut().zip(self.shards) {
            if !drafted.is_empty() {
                let shard = Arc::make_mut(shard);
                drafted.into_iter().for_each(|entry| put(shard, entry));
            }
        }
        for app_id in self.removed {
            if let Some(shard) = after.get_mut(shard_of(app_id)) {
                take(Arc::make_mut(shard), app_id);
            }
        }
        after
    }
}

/// Puts an entry in, perhaps in the place of another.
fn put(shard: &mut Shard, entry: Arc<Entry>) {
    use hashbrown::hash_table::Entry::{Occupied, Vacant};
    let app_id = entry.app_id;
    match shard.entry(hash(app_id), |it| it.app_id == app_id, |it| hash(it.app_id)) {
        Occupied(mut there) => *there.get_mut() = entry,
        Vacant(free) => _ = free.insert(entry),
    }
}

fn take(shard: &mut Shard, app_id: AppId) {
    if let Ok(there) = shard.find_entry(hash(app_id), |entry| entry.app_id == app_id) {
        there.remove();
    }
}
