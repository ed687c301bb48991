//! Held licences: the licence of each app's hour, minted once and handed out until the next.
//!
//! Bounded by bytes; the app that asked longest ago goes first, and is minted again when it asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tonegate_issuer::Minted;
use tonegate_protocol::AppId;

use crate::limits::HELD_BYTES_MAX;

/// A minted licence, of one revision of its app.
#[derive(Debug, Clone)]
pub struct HeldLicense {
    /// The licence and its times.
    pub minted: Arc<Minted>,
    /// The app's revision that it was made of.
    pub revision: u32,
}

impl HeldLicense {
    /// Is it the licence of this hour, revision and key?
    fn is(&self, hour: i64, revision: u32, serial: u32) -> bool {
        self.minted.hour == hour && self.minted.serial == serial && self.revision == revision
    }

    fn bytes(&self) -> usize {
        self.minted.license.len() + ENTRY_BYTES
    }
}

/// What an entry takes besides its text.
const ENTRY_BYTES: usize = 200;
/// What the upper 4 bits of a mixed AppId choose from.
const SHARDS: usize = 16;

/// The held licences of all apps.
#[derive(Debug)]
pub struct Held {
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug)]
struct Shard {
    licenses: LruCache<AppId, HeldLicense>,
    bytes: usize,
}

impl Held {
    /// Holds none.
    #[must_use]
    pub fn new() -> Self {
        let shard = || Mutex::new(Shard { licenses: LruCache::unbounded(), bytes: 0 });
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// The app's licence of this hour, revision and key.
    #[must_use]
    pub fn current(
        &self,
        app_id: AppId,
        hour: i64,
        revision: u32,
        serial: u32,
    ) -> Option<Arc<Minted>> {
        let mut shard = self.shard(app_id)?;
        let held = shard.licenses.get(&app_id).filter(|held| held.is(hour, revision, serial));
        held.map(|held| Arc::clone(&held.minted))
    }

    /// The app's last licence of this revision, where it is still good: for when none can be minted.
    #[must_use]
    pub fn still_good(&self, app_id: AppId, revision: u32, now: i64) -> Option<Arc<Minted>> {
        let mut shard = self.shard(app_id)?;
        let good = |held: &&HeldLicense| held.revision == revision && held.minted.expires_at > now;
        shard.licenses.get(&app_id).filter(good).map(|held| Arc::clone(&held.minted))
    }

    /// Holds a licence in place of the app's last one.
    pub fn hold(&self, app_id: AppId, held: HeldLicense) {
        let Some(mut shard) = self.shard(app_id) else { return };
        shard.bytes += held.bytes();
        if let Some(replaced) = shard.licenses.put(app_id, held) {
            shard.bytes -= replaced.bytes();
        }
        while shard.bytes > HELD_BYTES_MAX / SHARDS {
            let Some((_, oldest)) = shard.licenses.pop_lru() else { break };
            shard.bytes -= oldest.bytes();
        }
    }

    /// How many licences are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).licenses.len()).sum()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, app_id: AppId) -> Option<MutexGuard<'_, Shard>> {
        self.shards.get(shard_of(app_id)).map(lock)
    }
}

impl Default for Held {
    fn default() -> Self {
        Self::new()
    }
}

fn shard_of(AppId(app_id): AppId) -> usize {
    // Any mixing will do; AppIds in steps must not share a shard.
    (app_id.wrapping_mul(0x9e37_79b1) >> 28) as usize
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn license(hour: i64, revision: u32) -> HeldLicense {
        let license = "x".repeat(2_000);
        let minted = Arc::new(Minted { license, hour, expires_at: hour + 7_200, serial: 1 });
        HeldLicense { minted, revision }
    }

    #[test]
    fn it_is_of_its_hour_revision_and_key_and_goes_on_for_its_revision_alone() {
        let (held, app) = (Held::new(), AppId(7));
        held.hold(app, license(3_600, 2));
        assert!(held.current(app, 3_600, 2, 1).is_some());
        for (hour, revision, serial) in [(7_200, 2, 1), (3_600, 3, 1), (3_600, 2, 2)] {
            assert!(held.current(app, hour, revision, serial).is_none());
        }
        assert!(held.still_good(app, 2, 10_799).is_some());
        assert!(held.still_good(app, 2, 10_800).is_none(), "it has ended");
        assert!(held.still_good(app, 3, 10_799).is_none(), "the app was changed");
    }

    #[test]
    fn its_bytes_are_bounded_and_the_app_that_asked_longest_ago_goes_first() {
        let held = Held::new();
        let most = HELD_BYTES_MAX / SHARDS / (2_000 + ENTRY_BYTES);
        // All of one shard.
        let apps: Vec<_> =
            (0..).map(AppId).filter(|app| shard_of(*app) == 0).take(most + 10).collect();
        let app = |number: usize| apps[number];
        for number in 0..most {
            held.hold(app(number), license(0, 1));
        }
        assert_eq!(held.len(), most);
        assert!(held.current(app(0), 0, 1, 1).is_some(), "asked again");
        (most..most + 10).for_each(|number| held.hold(app(number), license(0, 1)));
        (0..5).for_each(|_| held.hold(app(most), license(3_600, 1)));
        assert_eq!(held.len(), most);
        assert!(held.current(app(0), 0, 1, 1).is_some());
        assert!(held.current(app(1), 0, 1, 1).is_none());
    }
}
