//! The last seconds and minutes, out of counts that only grow: rates of 10 s, and an hour of minutes.
//!
//! Looked at every second by the server's chores, and once more by whoever asks, so what is told is of
//! that moment. Invariant: each answer is in one minute, the one in which it was first seen.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tonegate_protocol::ReturnCode;

use crate::clock::Moment;
use crate::metrics::CODES;

/// How far back rates look.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// How many minutes are told.
const MINUTES: i64 = 60;
const MINUTE_SECS: i64 = 60;

/// Answers per second with one code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CodeRate {
    /// The code.
    pub code: ReturnCode,
    /// In the mean of the last 10 s.
    pub per_second: f64,
}

/// The answers of a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentMinute {
    /// Where it begins, Unix seconds.
    pub at: i64,
    /// With a licence.
    pub ok: u64,
    /// Without.
    pub failed: u64,
}

#[derive(Debug, Default)]
pub(super) struct Recent {
    /// Of each second, oldest first: the first is at least as old as the window, or the start.
    samples: VecDeque<(Duration, [u64; CODES])>,
    /// `(ok, failed)` by the minute's number.
    minutes: BTreeMap<i64, (u64, u64)>,
    /// What is in a minute already.
    seen: (u64, u64),
}

impl Recent {
    /// Takes in the counts since the start, as they are at `at`.
    pub(super) fn look(&mut self, counts: &[u64; CODES], at: Moment) {
        let ok = counts.get(ReturnCode::Success.place()).copied().unwrap_or(0);
        let failed = counts.iter().sum::<u64>() - ok;
        let minute = at.now.div_euclid(MINUTE_SECS);
        self.add(minute, ok - self.seen.0, failed - self.seen.1);
        self.seen = (ok, failed);
        self.minutes.retain(|known, _| *known > minute - MINUTES);
        let newest = self.samples.back().map_or(Duration::ZERO, |(at, _)| *at);
        if at.monotonic.saturating_sub(newest) >= Duration::from_secs(1) {
            self.samples.push_back((at.monotonic, *counts));
        }
        while self.samples.get(1).is_some_and(|(old, _)| age(*old, at) >= RATE_WINDOW) {
            self.samples.pop_front();
        }
    }

    /// What another life of the server has counted.
    pub(super) fn remember(&mut self, minute: RecentMinute) {
        self.add(minute.at.div_euclid(MINUTE_SECS), minute.ok, minute.failed);
    }

    /// The codes that there were in the window.
    pub(super) fn rates(&self, counts: &[u64; CODES], at: Moment) -> Vec<CodeRate> {
        let mut old = self.samples.iter().rev();
        let (since, before) = old
            .find(|(old, _)| age(*old, at) >= RATE_WINDOW)
            .map_or((Duration::ZERO, [0; CODES]), |(since, before)| (*since, *before));
        let seconds = age(since, at).as_secs_f64().max(1.0);
        let rate = |code: &ReturnCode| {
            let count = counts[code.place()].saturating_sub(before[code.place()]);
            let count = u32::try_from(count).map_or(f64::INFINITY, f64::from);
            CodeRate { code: *code, per_second: count / seconds }
        };
        let codes = ReturnCode::ALL.iter().map(rate);
        codes.filter(|rate| rate.per_second > 0.0).collect()
    }

    /// The last hour, oldest first: 60 minutes, of which the last is not over.
    pub(super) fn minutes(&self, at: Moment) -> Vec<RecentMinute> {
        let last = at.now.div_euclid(MINUTE_SECS);
        let minute = |minute: i64| {
            let (ok, failed) = self.minutes.get(&minute).copied().unwrap_or_default();
            RecentMinute { at: minute * MINUTE_SECS, ok, failed }
        };
        (last - MINUTES + 1..=last).map(minute).collect()
    }

    fn add(&mut self, minute: i64, ok: u64, failed: u64) {
        if (ok, failed) != (0, 0) {
            let (had_ok, had_failed) = self.minutes.entry(minute).or_default();
            *had_ok += ok;
            *had_failed += failed;
        }
    }
}

fn age(sample: Duration, at: Moment) -> Duration {
    at.monotonic.saturating_sub(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_763_840_040;

    fn moment(second: u64) -> Moment {
        let now = START + i64::try_from(second).unwrap();
        Moment { now, monotonic: Duration::from_secs(second) }
    }

    fn counts(ok: u64, busy: u64) -> [u64; CODES] {
        let mut counts = [0; CODES];
        counts[ReturnCode::Success.place()] = ok;
        counts[ReturnCode::Busy.place()] = busy;
        counts
    }

    #[test]
    fn rates_are_those_of_the_last_ten_seconds() {
        let mut recent = Recent::default();
        for second in 1..=30 {
            recent.look(&counts(5 * second, 0), moment(second));
        }
        for second in 31..=40 {
            recent.look(&counts(150, 20 * (second - 30)), moment(second));
        }
        let rate = |code, per_second| CodeRate { code, per_second };
        let now = counts(150, 200);
        assert_eq!(recent.rates(&now, moment(40)), [rate(ReturnCode::Busy, 20.0)]);
        assert_eq!(recent.rates(&now, moment(60)), [], "nothing since");
        let young = Recent::default().rates(&counts(6, 0), moment(2));
        assert_eq!(young, [rate(ReturnCode::Success, 3.0)]);
    }

    #[test]
    fn an_hour_of_minutes_is_kept_and_each_answer_is_in_one() {
        let mut recent = Recent::default();
        let minute = |at, ok, failed| RecentMinute { at, ok, failed };
        recent.remember(minute(START - 3_600, 9, 9));
        recent.remember(minute(START - 3_540, 3, 1));
        for second in 0..120 {
            recent.look(&counts(second + 1, 2), moment(second));
        }
        let at = moment(59);
        let minutes = recent.minutes(at);
        assert_eq!(minutes.len(), 60);
        assert_eq!(*minutes.last().unwrap(), minute(START, 60, 2));
        assert_eq!(recent.minutes(moment(60)).last().unwrap(), &minute(START + 60, 60, 0));
        assert_eq!(minutes[0].at, START - 3_540);
        assert!(!recent.minutes.contains_key(&(START / 60 - 60)), "too old to be kept");
        recent.look(&counts(120, 2), moment(10_000));
        assert!(recent.minutes(moment(10_000)).iter().all(|it| (it.ok, it.failed) == (0, 0)));
    }
}
