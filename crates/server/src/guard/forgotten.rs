//! The Timestamps that are never accepted again, because their records are gone.
//!
//! Invariant: what is covered once stays covered; merging ranges only adds to them. Ranges, not one
//! high-water mark: after a clock that stood far in the future was set right, a mark would refuse
//! everything until that future came, and nothing may ratchet for ever (docs/PROTOCOL.md §5).

use std::fmt::Write;

use crate::limits::HOLD_SECS;

/// Ranges kept; beyond it, the two nearest become one.
const MAX_RANGES: usize = 256;

/// Ascending ranges of Unix seconds, both ends included, that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Forgotten {
    ranges: Vec<(i64, i64)>,
}

impl Forgotten {
    pub(super) fn covers(&self, timestamp: i64) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= timestamp);
        self.ranges[..after].last().is_some_and(|&(_, last)| timestamp <= last)
    }

    /// The last second covered.
    pub(super) fn newest(&self) -> Option<i64> {
        self.ranges.last().map(|&(_, last)| last)
    }

    /// Covers `first..=last`, and a gap of up to [`HOLD_SECS`] before it: idle minutes would make a range
    /// each. A gap after it stays open: the present may lie there.
    pub(super) fn forget(&mut self, first: i64, last: i64) {
        let earlier = self.ranges.iter().rev().find(|other| other.1 < first);
        let bridge = earlier.filter(|other| first.saturating_sub(other.1) <= HOLD_SECS);
        self.insert(bridge.map_or(first, |other| other.1), last);
    }

    /// Covers `first..=last` and joins what touches.
    fn insert(&mut self, first: i64, last: i64) {
        let start = self.ranges.partition_point(|other| other.1.saturating_add(1) < first);
        let end = self.ranges.partition_point(|other| other.0 <= last.saturating_add(1));
        let merged = self.ranges[start..end]
            .iter()
            .fold((first, last), |range, other| (range.0.min(other.0), range.1.max(other.1)));
        self.ranges.splice(start..end, [merged]);
        if self.ranges.len() > MAX_RANGES {
            self.join_nearest();
        }
    }

    fn join_nearest(&mut self) {
        let gap = |index: &usize| self.ranges[index + 1].0.saturating_sub(self.ranges[*index].1);
        if let Some(nearest) = (0..self.ranges.len().saturating_sub(1)).min_by_key(gap) {
            let (_, last) = self.ranges.remove(nearest + 1);
            self.ranges[nearest].1 = last;
        }
    }

    /// One range a line, `first last`.
    pub(super) fn to_text(&self) -> String {
        self.ranges.iter().fold(String::new(), |mut text, (first, last)| {
            let _ = writeln!(text, "{first} {last}");
            text
        })
    }

    /// Reads what [`to_text`](Self::to_text) wrote; the flag says that part of it was no range.
    pub(super) fn from_text(text: &str) -> (Self, bool) {
        let mut forgotten = Self::default();
        let mut damaged = !text.is_empty() && !text.ends_with('\n');
        for line in text.lines() {
            match parse_range(line) {
                Some((first, last)) => forgotten.insert(first, last),
                None => damaged = true,
            }
        }
        (forgotten, damaged)
    }
}

fn parse_range(line: &str) -> Option<(i64, i64)> {
    let (first, last) = line.split_once(' ')?;
    let range = (first.parse().ok()?, last.parse().ok()?);
    (range.0 <= range.1).then_some(range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn idle_minutes_are_bridged_and_distant_eras_are_not() {
        let mut forgotten = Forgotten::default();
        forgotten.forget(600, 659);
        forgotten.forget(1_800, 1_859);
        forgotten.forget(1_000_000, 1_000_059);
        assert_eq!(forgotten.to_text(), "600 1859\n1000000 1000059\n");
        assert!(forgotten.covers(1_000) && !forgotten.covers(2_000));
    }

    #[test]
    fn the_present_before_a_forgotten_future_stays_open() {
        let (now, mut forgotten) = (100_000, Forgotten::default());
        forgotten.forget(now + 300, now + 900);
        forgotten.forget(now - 1_260, now - 1);
        let (read, _) = Forgotten::from_text(&forgotten.to_text());
        assert!(!read.covers(now) && !read.covers(now + 299));
    }

    #[test]
    fn damage_is_told_and_the_rest_is_read() {
        let (forgotten, damaged) = Forgotten::from_text("1 2\nx\n9 8\n5000 6000\n");
        assert!(damaged);
        assert_eq!(forgotten.to_text(), "1 2\n5000 6000\n");
        assert!(Forgotten::from_text("1 2").1, "a line without its end may be cut");
        assert!(!Forgotten::from_text("").1);
    }

    proptest! {
        #[test]
        fn what_is_covered_stays_covered(
            ranges in prop::collection::vec((-900_000i64..900_000, 0i64..3_000), 1..700),
        ) {
            let mut forgotten = Forgotten::default();
            for (index, &(first, length)) in ranges.iter().enumerate() {
                forgotten.forget(first, first + length);
                let ends = forgotten.ranges.windows(2).map(|pair| (pair[0].1, pair[1].0));
                prop_assert!(ends.into_iter().all(|(last, next)| next > last + 1));
                for &(first, length) in &ranges[..=index.min(20)] {
                    prop_assert!(forgotten.covers(first) && forgotten.covers(first + length));
                }
            }
            prop_assert!(forgotten.ranges.len() <= MAX_RANGES);
            prop_assert_eq!(Forgotten::from_text(&forgotten.to_text()), (forgotten, false));
        }

        #[test]
        fn the_number_of_ranges_is_bounded(eras in 1i64..1_000) {
            let mut forgotten = Forgotten::default();
            (0..eras).for_each(|era| forgotten.forget(era * era * 10_000, era * era * 10_000 + 59));
            prop_assert!(forgotten.ranges.len() <= MAX_RANGES);
            prop_assert!((0..eras).all(|era| forgotten.covers(era * era * 10_000)));
        }
    }
}
