//! A set of fingerprints: one array of words, searched from where a fingerprint's own bits say.
//!
//! The replay guard looks a new signature up in vain, and millions of them do not fit a processor's
//! caches: here that costs one miss, where a table with its marks apart from its entries costs two.
//! Invariant: at most three quarters of the places are taken, so a search ends soon; an entry of a table
//! that has grown takes 8 / (3/8 … 3/4) = 11 to 21 bytes. Fingerprints are keyed hashes, so nobody can choose where they go.

use std::num::NonZero;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// A power of two of them, or none; `None` is free.
    places: Vec<Option<NonZero<u64>>>,
    taken: usize,
}

/// Where a fingerprint would go that is not held.
pub(super) struct Free {
    index: usize,
    word: NonZero<u64>,
}

const PLACES_MIN: usize = 8;

impl Table {
    pub(super) fn len(&self) -> usize {
        self.taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// A free place for `fingerprint`; `None`: it is held.
    pub(super) fn free_place(&self, fingerprint: u64) -> Option<Free> {
        search(&self.places, word(fingerprint))
    }

    /// Holds the fingerprint of the place that was found last.
    pub(super) fn take(&mut self, free: Free) {
        // After this one, a quarter is still free.
        let index = if 4 * (self.taken + 1) > 3 * self.places.len() {
            self.grow();
            search(&self.places, free.word).map_or(free.index, |free| free.index)
        } else {
            free.index
        };
        self.places[index] = Some(free.word);
        self.taken += 1;
    }

    fn grow(&mut self) {
        let mut places = vec![None; (2 * self.places.len()).max(PLACES_MIN)];
        for word in self.places.iter().flatten() {
            if let Some(free) = search(&places, *word) {
                places[free.index] = Some(*word);
            }
        }
        self.places = places;
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<NonZero<u64>>>()
    }
}

/// Zero stands for a free place, so it is taken for its neighbour: a chance in 2⁶⁴ to refuse wrongly.
fn word(fingerprint: u64) -> NonZero<u64> {
    NonZero::new(fingerprint).unwrap_or(NonZero::<u64>::MIN)
}

/// From the word's own place on; where there are places, one is free.
fn search(places: &[Option<NonZero<u64>>], word: NonZero<u64>) -> Option<Free> {
    let Some(last) = places.len().checked_sub(1) else { return Some(Free { index: 0, word }) };
    let mut index = word.get() as usize & last;
    loop {
        match places[index] {
            None => return Some(Free { index, word }),
            Some(held) if held == word => return None,
            Some(_) => index = (index + 1) & last,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn insert(table: &mut Table, fingerprint: u64) -> bool {
        let free = table.free_place(fingerprint);
        free.map(|free| table.take(free)).is_some()
    }

    #[test]
    fn a_place_that_is_not_taken_holds_nothing() {
        let mut table = Table::default();
        assert!(table.free_place(7).is_some() && table.free_place(7).is_some());
        assert!(table.is_empty());
        assert!(insert(&mut table, 7) && !insert(&mut table, 7));
        assert!(insert(&mut table, 0) && !insert(&mut table, 0));
        assert_eq!(table.len(), 2);
    }

    proptest! {
        #[test]
        fn it_is_a_set(fingerprints in prop::collection::vec(0..200_u64, 0..600), shift in 0..58_u32) {
            let (mut table, mut set) = (Table::default(), HashSet::new());
            for fingerprint in fingerprints {
                // From all in one place to all in places of their own; never 0, which is no word.
                let fingerprint = (fingerprint + 1) << shift;
                prop_assert_eq!(insert(&mut table, fingerprint), set.insert(fingerprint));
            }
            prop_assert_eq!(table.len(), set.len());
        }
    }
}
