//! Held licences: the licence of each app's hour, minted once and handed out until the next.
//!
//! Bounded by bytes; the app that asked longest ago goes first, and is minted again when it asks. Who
//! asked last is known to the second: within one, an app is not moved to the front a second time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tonegate_issuer::Minted;
use tonegate_issuer::limits::HOUR_SECS;
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

/// A held licence in its row.
#[derive(Debug)]
struct Place {
    held: HeldLicense,
    /// Unix seconds of the last time that it was moved to the front.
    asked_at: i64,
}

impl HeldLicense {
    /// Is `now` in its hour, and is it of this revision?
    fn is(&self, revision: u32, now: i64) -> bool {
        let hour = self.minted.hour;
        (hour..hour + HOUR_SECS).contains(&now) && self.revision == revision
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
    licenses: LruCache<AppId, Place>,
    bytes: usize,
}

impl Held {
    /// Holds none.
    #[must_use]
    pub fn new() -> Self {
        let shard = || Mutex::new(Shard { licenses: LruCache::unbounded(), bytes: 0 });
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// The app's licence of the hour that `now` (Unix seconds) is in, and of this revision.
    #[must_use]
    pub fn current(&self, app_id: AppId, revision: u32, now: i64) -> Option<Arc<Minted>> {
        let mut shard = self.shard(app_id)?;
        let place = shard.licenses.peek_mut(&app_id)?;
        if !place.held.is(revision, now) {
            return None;
        }
        let minted = Arc::clone(&place.held.minted);
        if std::mem::replace(&mut place.asked_at, now) != now {
            shard.licenses.promote(&app_id);
        }
        Some(minted)
    }

    /// The app's last licence of this revision, where it is still good: for when none can be minted.
    #[must_use]
    pub fn still_good(&self, app_id: AppId, revision: u32, now: i64) -> Option<Arc<Minted>> {
        let mut shard = self.shard(app_id)?;
        let held = &shard.licenses.get(&app_id)?.held;
        let good = held.revision == revision && held.minted.expires_at > now;
        good.then(|| Arc::clone(&held.minted))
    }

    /// Holds a licence in place of the app's last one.
    pub fn hold(&self, app_id: AppId, held: HeldLicense) {
        let Some(mut shard) = self.shard(app_id) else { return };
        shard.bytes += held.bytes();
        let place = Place { held, asked_at: i64::MIN };
        if let Some(replaced) = shard.licenses.put(app_id, place) {
            shard.bytes -= replaced.held.bytes();
        }
        while shard.bytes > HELD_BYTES_MAX / SHARDS {
            let Some((_, oldest)) = shard.licenses.pop_lru() else { break };
            shard.bytes -= oldest.held.bytes();
        }
    }

    /// Forgets all: the store's past is another by now, and a revision may mean another app.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.licenses.clear();
            shard.bytes = 0;
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
    fn it_is_of_its_hour_and_revision_and_goes_on_for_its_revision_alone() {
        let (held, app) = (Held::new(), AppId(7));
        held.hold(app, license(3_600, 2));
        for (revision, now, is) in [
            (2, 3_600, true),
            (2, 7_199, true),
            (2, 3_599, false),
            (2, 7_200, false),
            (3, 3_600, false),
        ] {
            assert_eq!(held.current(app, revision, now).is_some(), is, "{revision} at {now}");
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
        assert!(held.current(app(0), 1, 9).is_some(), "asked again");
        (most..most + 10).for_each(|number| held.hold(app(number), license(0, 1)));
        (0..5).for_each(|_| held.hold(app(most), license(3_600, 1)));
        assert_eq!(held.len(), most);
        assert!(held.current(app(0), 1, 9).is_some());
        assert!(held.current(app(1), 1, 9).is_none());
    }
}
