//! Tokens that were found good, so that a second sight costs a hash and a lookup.
//!
//! Invariant: at most [`REMEMBERED_MAX`] of them. Only good tokens come in, so nobody without one can
//! push others out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::auth::limits::{REMEMBERED_MAX, REMEMBERED_SHARDS};
use crate::auth::principal::Principal;

const SHARD_MAX: usize = REMEMBERED_MAX / REMEMBERED_SHARDS;

/// SHA-256 of a token's text.
pub(super) type TokenHash = [u8; 32];

/// What was found of a token.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) principal: Arc<Principal>,
    /// From when on it is refused, Unix seconds, leeway included.
    pub(super) ends: i64,
    /// Place of its provider.
    pub(super) provider: usize,
    /// The provider's key set that verified it.
    pub(super) generation: u64,
}

#[derive(Debug, Default)]
pub(super) struct Remembered {
    shards: [Mutex<Shard>; REMEMBERED_SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    verdicts: HashMap<TokenHash, Verdict>,
    /// No verdict ends before this, so a full shard is not searched in vain each time.
    none_ends_before: i64,
}

impl Remembered {
    pub(super) fn get(&self, hash: &TokenHash) -> Option<Verdict> {
        self.shard(hash).verdicts.get(hash).cloned()
    }

    pub(super) fn forget(&self, hash: &TokenHash) {
        self.shard(hash).verdicts.remove(hash);
    }

    pub(super) fn insert(&self, hash: TokenHash, verdict: Verdict, now: i64) {
        let mut shard = self.shard(&hash);
        if !shard.verdicts.contains_key(&hash) {
            shard.make_room(now);
        }
        shard.none_ends_before = match shard.verdicts.is_empty() {
            true => verdict.ends,
            false => shard.none_ends_before.min(verdict.ends),
        };
        shard.verdicts.insert(hash, verdict);
    }

    /// The hash is uniform, so one byte of it spreads tokens evenly.
    fn shard(&self, hash: &TokenHash) -> MutexGuard<'_, Shard> {
        let [first, ..] = hash;
        let [shard, ..] = &self.shards;
        let shard = self.shards.get(usize::from(*first) % REMEMBERED_SHARDS).unwrap_or(shard);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// The expired ones go first, then any one.
    fn make_room(&mut self, now: i64) {
        if self.verdicts.len() < SHARD_MAX {
            return;
        }
        if self.none_ends_before <= now {
            self.verdicts.retain(|_, verdict| verdict.ends > now);
            self.none_ends_before =
                self.verdicts.values().map(|verdict| verdict.ends).min().unwrap_or(i64::MAX);
        }
        if self.verdicts.len() >= SHARD_MAX
            && let Some(any) = self.verdicts.keys().next().copied()
        {
            self.verdicts.remove(&any);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::principal::{Apps, PrincipalKind};

    const NOW: i64 = 1_800_000_000;

    fn verdict(ends: i64) -> Verdict {
        let (kind, apps) = (PrincipalKind::Jwt, Apps::All);
        let principal = Arc::new(Principal { id_hash: 0, kind, apps, id: "issuer".into() });
        Verdict { principal, ends, provider: 0, generation: 1 }
    }

    /// All in the first shard.
    fn hash(number: usize) -> TokenHash {
        let mut hash = TokenHash::default();
        hash[8..16].copy_from_slice(&number.to_be_bytes());
        hash
    }

    #[test]
    fn a_full_shard_lets_go_of_the_expired_first() {
        let remembered = Remembered::default();
        for number in 0..SHARD_MAX {
            let ends = if number % 2 == 0 { NOW + 10 } else { NOW + 1_000 };
            remembered.insert(hash(number), verdict(ends), NOW);
        }
        remembered.insert(hash(SHARD_MAX), verdict(NOW + 1_000), NOW + 10);
        assert!(remembered.get(&hash(0)).is_none());
        assert!((1..=SHARD_MAX).step_by(2).all(|number| remembered.get(&hash(number)).is_some()));
        assert!(remembered.get(&hash(SHARD_MAX)).is_some());
        assert_eq!(remembered.shard(&hash(0)).verdicts.len(), SHARD_MAX / 2 + 1);
    }

    #[test]
    fn where_none_expired_one_makes_room() {
        let remembered = Remembered::default();
        for number in 0..3 * SHARD_MAX {
            remembered.insert(hash(number), verdict(NOW + 10), NOW);
            assert!(remembered.get(&hash(number)).is_some());
        }
        assert_eq!(remembered.shard(&hash(0)).verdicts.len(), SHARD_MAX);
        remembered.insert(hash(3 * SHARD_MAX), verdict(NOW + 20), NOW + 10);
        assert_eq!(remembered.shard(&hash(0)).verdicts.len(), 1, "all the others had expired");
    }

    #[test]
    fn shards_hold_the_whole_bound() {
        let remembered = Remembered::default();
        for number in 0..REMEMBERED_SHARDS {
            let mut hash = TokenHash::default();
            hash[0] = u8::try_from(number * 17 % 256).unwrap();
            remembered.insert(hash, verdict(NOW + 10), NOW);
        }
        assert!(remembered.shards.iter().all(|shard| shard.lock().unwrap().verdicts.len() == 1));
    }
}
