//! What became of each request, and what that comes to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::findings::Findings;
use crate::http::Broken;

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// A licence.
    License,
    /// Another return code.
    Code(u32),
    /// Another HTTP status.
    Status(u16),
    /// No answer.
    Broken(Broken),
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// When it began, on this process's clock.
    pub(crate) begun: Duration,
    /// When all of it was with the system; [`Duration::MAX`]: never, there was no connection.
    pub(crate) sent: Duration,
    /// When its first try was over.
    pub(crate) done: Duration,
    /// From when it was due to the end of its first try.
    pub(crate) latency: Duration,
    /// Unix seconds that it was signed at.
    pub(crate) unix: i64,
    /// Who answered, as far as is known.
    pub(crate) node: String,
    /// The first try.
    pub(crate) first: Outcome,
    /// The second, signed anew, where the first brought no licence.
    pub(crate) second: Option<Outcome>,
    /// The licence's `iat`, Unix seconds; 0 without one.
    pub(crate) issued_at: i64,
}

/// All requests of a load.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// In the order in which they were over.
    pub(crate) records: Vec<Record>,
    /// Licences of the sample that do not verify, and why.
    pub(crate) wrong: Vec<String>,
}

impl Outcome {
    /// Is it a licence?
    pub(crate) fn is_license(self) -> bool {
        self == Self::License
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::License => f.write_str("licence"),
            Self::Code(code) => write!(f, "code {code}"),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Broken(Broken::Unreachable) => f.write_str("not reachable"),
            Self::Broken(Broken::Closed) => f.write_str("connection closed"),
            Self::Broken(Broken::Late) => f.write_str("no answer in 10 s"),
            Self::Broken(Broken::Strange) => f.write_str("no answer of ours"),
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            begun: Duration::ZERO,
            sent: Duration::ZERO,
            done: Duration::ZERO,
            latency: Duration::ZERO,
            unix: 0,
            node: String::new(),
            first: Outcome::License,
            second: None,
            issued_at: 0,
        }
    }
}

impl Record {
    /// Did it get a licence in the end?
    pub(crate) fn got_license(&self) -> bool {
        self.first.is_license() || self.second.is_some_and(Outcome::is_license)
    }
}

impl Seen {
    /// How many got a licence at the first try.
    pub(crate) fn at_first(&self) -> usize {
        self.count(|record| record.first.is_license())
    }

    /// How many got one in the end.
    pub(crate) fn in_the_end(&self) -> usize {
        self.count(Record::got_license)
    }

    /// How many are so.
    pub(crate) fn count(&self, is: impl Fn(&Record) -> bool) -> usize {
        self.records.iter().filter(|record| is(record)).count()
    }

    /// The latency that so many per cent of those stay within, in milliseconds.
    pub(crate) fn latency_ms(&self, percent: f64, of: impl Fn(&Record) -> bool) -> f64 {
        let taken = self.records.iter().filter(|record| of(record)).map(|record| record.latency);
        let mut taken: Vec<Duration> = taken.collect();
        taken.sort_unstable();
        let index = (taken.len() as f64 * percent / 100.0).ceil() as usize;
        let found = taken.get(index.clamp(1, taken.len().max(1)) - 1);
        found.map_or(f64::INFINITY, |latency| latency.as_secs_f64() * 1e3)
    }

    /// Goals that every load has: what was verified is good. And what went wrong, by kind.
    pub(crate) fn tell(&self, findings: &mut Findings) {
        findings.none("sampled licences that do not verify", self.wrong.len());
        let first = faults(self.records.iter().map(|record| record.first));
        let second = faults(self.records.iter().filter_map(|record| record.second));
        let (p50, p99) = (self.latency_ms(50.0, |_| true), self.latency_ms(99.0, |_| true));
        findings.note(format!(
            "{} requests; first tries without a licence: {first}; second ones: {second}; latency of first tries: \
             half within {p50:.1} ms, 99 % within {p99:.1} ms",
            self.records.len()
        ));
        for wrong in self.wrong.iter().take(5) {
            findings.note(format!("does not verify: {wrong}"));
        }
    }
}

/// How many of each kind brought no licence.
fn faults(outcomes: impl Iterator<Item = Outcome>) -> String {
    let mut faults: BTreeMap<Outcome, usize> = BTreeMap::new();
    outcomes.filter(|outcome| !outcome.is_license()).for_each(|outcome| {
        *faults.entry(outcome).or_default() += 1;
    });
    let faults: Vec<_> =
        faults.iter().map(|(outcome, count)| format!("{count} × {outcome}")).collect();
    if faults.is_empty() { "none".to_owned() } else { faults.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(outcomes: &[(Outcome, Option<Outcome>)]) -> Seen {
        let record = |(index, &(first, second)): (usize, &(Outcome, Option<Outcome>))| {
            let latency = Duration::from_millis(index as u64 + 1);
            Record { first, second, latency, ..Record::default() }
        };
        Seen { records: outcomes.iter().enumerate().map(record).collect(), wrong: Vec::new() }
    }

    #[test]
    fn a_second_try_counts_in_the_end_and_not_at_first() {
        let seen = seen(&[
            (Outcome::License, None),
            (Outcome::Status(503), Some(Outcome::License)),
            (Outcome::Broken(Broken::Closed), Some(Outcome::Code(1))),
            (Outcome::Code(7), None),
        ]);
        assert_eq!((seen.at_first(), seen.in_the_end()), (1, 2));
    }

    #[test]
    fn a_percentile_is_a_latency_that_occurred() {
        let seen = seen(&[(Outcome::License, None); 200]);
        assert_eq!(seen.latency_ms(99.0, |_| true), 198.0);
        assert_eq!(seen.latency_ms(50.0, |_| true), 100.0);
        assert_eq!(seen.latency_ms(100.0, |_| true), 200.0);
        assert_eq!(
            seen.latency_ms(99.0, |_| false),
            f64::INFINITY,
            "nothing measured meets nothing"
        );
    }
}
