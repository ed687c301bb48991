//! How long answers took: a histogram that many threads write, and the last minute of it.
//!
//! Log-linear: eight buckets for each doubling, so what is read is at most an eighth too high. A bucket's
//! bounds are multiples of 125 ns, and every whole power of two of microseconds is one.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::stripe::STRIPES;

/// One tick: an eighth of a microsecond.
const TICK_NANOS: u64 = 125;
/// Buckets for each doubling, as a power of two.
const FINE_BITS: u32 = 3;
const FINE: usize = 1 << FINE_BITS;
/// The longest time told apart: 2^27 ticks, which is 16.8 s.
const TICKS_MAX: u64 = (1 << 27) - 1;
/// Eight of single ticks, and eight for each doubling from there.
const BUCKETS: usize = FINE * 25;
/// The longest bound told to Prometheus: 2^20 µs, about a second.
const EXPORTED_POWERS: u32 = 20;
/// How often the counts are put by, and for how long they stay.
const PUT_BY_SECS: u64 = 5;
const WINDOW: Duration = Duration::from_secs(60);

type Counts = [u64; BUCKETS];

/// The times of all answers.
#[derive(Debug)]
pub struct Latency {
    stripes: [Stripe; STRIPES],
    /// The counts as they were, oldest first: the first is at least as old as the window, or all there is.
    put_by: Mutex<VecDeque<(Duration, Box<Counts>)>>,
}

#[derive(Debug)]
#[repr(align(128))]
struct Stripe([AtomicU64; BUCKETS]);

/// How long the answers of the last minute took, each rounded up to its bucket's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// How many there were.
    pub answers: u64,
    /// Half of them took at most so long.
    pub p50: Duration,
    /// 99 of 100 took at most so long.
    pub p99: Duration,
}

impl Latency {
    /// In the stripe of the thread that records.
    pub(super) fn record(&self, stripe: usize, took: Duration) {
        let nanos =
            took.as_secs().wrapping_mul(1_000_000_000).wrapping_add(took.subsec_nanos().into());
        self.stripes[stripe].0[bucket(nanos / TICK_NANOS)].fetch_add(1, Ordering::Relaxed);
    }

    /// Puts the counts by, so that a minute can be told from what was before. To be called every second.
    pub(super) fn put_by(&self, now: Duration) {
        let mut put_by = self.put_by.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = put_by.back().map_or(Duration::ZERO, |(at, _)| *at);
        if now.saturating_sub(newest) < Duration::from_secs(PUT_BY_SECS) {
            return;
        }
        while put_by.get(1).is_some_and(|(at, _)| now.saturating_sub(*at) >= WINDOW) {
            put_by.pop_front();
        }
        put_by.push_back((now, Box::new(self.counts())));
    }

    /// Of the last minute or so, at monotonic time `now`. `None`: nothing was answered.
    pub(super) fn percentiles(&self, now: Duration) -> Option<Percentiles> {
        let mut counts = self.counts();
        let put_by = self.put_by.lock().unwrap_or_else(PoisonError::into_inner);
        let mut old = put_by.iter().rev();
        let before = old.find(|(at, _)| now.saturating_sub(*at) >= WINDOW);
        for (count, before) in counts.iter_mut().zip(before.iter().flat_map(|(_, old)| old.iter()))
        {
            *count = count.saturating_sub(*before);
        }
        let answers = counts.iter().sum();
        let of = |percent| Some(Duration::from_nanos(quantile(&counts, answers, percent)?));
        Some(Percentiles { answers, p50: of(50)?, p99: of(99)? })
    }

    fn counts(&self) -> Counts {
        std::array::from_fn(|place| {
            self.stripes.iter().map(|stripe| stripe.0[place].load(Ordering::Relaxed)).sum()
        })
    }
}

impl Default for Latency {
    fn default() -> Self {
        let stripe = |_| Stripe([const { AtomicU64::new(0) }; BUCKETS]);
        Self { stripes: std::array::from_fn(stripe), put_by: Mutex::default() }
    }
}

impl Collector for Latency {
    /// A histogram with a bucket for each doubling from 1 µs to about a second.
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.counts();
        let mut told = 0;
        let buckets: Vec<_> = (0..=EXPORTED_POWERS)
            .map(|power| {
                let below = bucket((1 << FINE_BITS) << power);
                let count = counts[told..below].iter().sum();
                told = below;
                (f64::from(1_u32 << power) / 1e6, count)
            })
            .chain(std::iter::once((f64::INFINITY, counts[LAST_TOLD..].iter().sum())))
            .collect();
        // Each time taken for the middle of its bucket: the sum is right to a few per cent, and costs
        // the answers nothing.
        let middle = |place: usize| (end_of(place) + place.checked_sub(1).map_or(0, end_of)) / 2;
        let ticks: u64 = (0..BUCKETS).map(|place| counts[place] * middle(place)).sum();
        let seconds = Duration::from_nanos(ticks * TICK_NANOS).as_secs_f64();
        let help = "How long answers of the licence API took to decide";
        let mut metric =
            encoder.encode_descriptor("answer_seconds", help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(seconds, counts.iter().sum(), &buckets, None)
    }
}

/// The first bucket above the longest bound that is exported.
const LAST_TOLD: usize = bucket(1 << (FINE_BITS + EXPORTED_POWERS));

/// Where a time of so many ticks is counted.
const fn bucket(ticks: u64) -> usize {
    let ticks = if ticks > TICKS_MAX { TICKS_MAX } else { ticks };
    let doublings = (ticks | 1).ilog2().saturating_sub(FINE_BITS);
    // Below the first doubling the tick is the bucket; above, the highest bits are.
    let fine = ticks >> doublings;
    index(doublings) * FINE + index_of(fine)
}

/// The first tick that is no longer counted there.
fn end_of(bucket: usize) -> u64 {
    let doublings = (bucket / FINE).saturating_sub(1);
    let fine = bucket - doublings * FINE;
    u64::try_from(fine + 1).unwrap_or(u64::MAX) << doublings
}

#[expect(clippy::as_conversions, reason = "at most 24, in a constant function")]
const fn index(doublings: u32) -> usize {
    doublings as usize
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "at most 15")]
const fn index_of(fine: u64) -> usize {
    fine as usize
}

/// Nanoseconds that `percent` of the answers stayed below.
fn quantile(counts: &Counts, answers: u64, percent: u64) -> Option<u64> {
    let rank = (answers * percent).div_ceil(100).max(1);
    let mut seen = 0;
    let place = counts.iter().position(|count| {
        seen += count;
        seen >= rank
    });
    Some(end_of(place?) * TICK_NANOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_lies_below_the_end_of_its_bucket_and_above_the_end_before() {
        let mut ticks = vec![0, 1, 7, 8, 15, 16, 17, 1_000, 12_345, 8_000_000, TICKS_MAX];
        ticks.extend((0..27).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1]));
        for ticks in ticks {
            let place = bucket(ticks);
            assert!(ticks < end_of(place), "{ticks} in {place}");
            assert!(place == 0 || end_of(place - 1) <= ticks, "{ticks} in {place}");
            assert!(end_of(place) - 1 <= ticks + ticks / 8 + 1, "{ticks}: an eighth off at most");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_those_of_the_last_minute() {
        let latency = Latency::default();
        let at = Duration::from_secs;
        assert_eq!(latency.percentiles(at(0)), None);
        (0..1_000).for_each(|_| latency.record(3, Duration::from_millis(50)));
        (0..=60).for_each(|second| latency.put_by(at(second)));
        assert_eq!(latency.percentiles(at(59)).unwrap().answers, 1_000);
        for micros in 1..=100 {
            latency.record(3, Duration::from_micros(micros));
        }
        (61..=100).for_each(|second| latency.put_by(at(second)));
        let last = latency.percentiles(at(100)).unwrap();
        assert_eq!(last.answers, 100, "the slow thousand is over");
        assert!((50..58).contains(&last.p50.as_micros()), "{last:?}");
        assert!((99..113).contains(&last.p99.as_micros()), "{last:?}");
        assert_eq!(latency.percentiles(at(400)), latency.percentiles(at(200)));
    }
}
