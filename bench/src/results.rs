//! The figures of a run, as they are kept in `bench/results/latest.json`: raw, per round.
//!
//! Everything that is shown of them is computed from here, so the page can be written anew without
//! measuring anew.

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::machine::{self, Machine};

/// Everything that one run found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    /// When it began, RFC 3339.
    pub(crate) date: String,
    /// The source's revision, with `+` where it was changed since.
    pub(crate) revision: String,
    /// Where.
    pub(crate) machine: Machine,
    /// How.
    pub(crate) plan: Plan,
    /// What was left out, and why.
    pub(crate) skipped: Vec<String>,
    /// What was measured.
    pub(crate) scenarios: Vec<Scenario>,
}

/// How long and how often is measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Fewer, shorter rounds on smaller installations.
    pub(crate) quick: bool,
    /// How often each contestant's turn comes.
    pub(crate) rounds: u32,
    /// Seconds of each turn that count.
    pub(crate) seconds: f64,
    /// Seconds before them that do not.
    pub(crate) warm_up: f64,
    /// Connections, unless the scenario says otherwise.
    pub(crate) connections: usize,
    /// Apps of the large installation.
    pub(crate) many_apps: u32,
    /// Apps that ask for their first licence.
    pub(crate) fresh_apps: u32,
    /// Signatures remembered beforehand.
    pub(crate) remembered: u32,
}

/// One question, put to several contestants in turns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Scenario {
    /// As `--only` takes it.
    pub(crate) name: String,
    /// For people.
    pub(crate) title: String,
    /// What is asked, in a sentence or two.
    pub(crate) about: String,
    /// The limits that are lifted for it.
    pub(crate) lifted: String,
    /// The contestants; the first is ours in the scenario's own case.
    pub(crate) arms: Vec<Arm>,
    /// Raw cryptography on the server's core, where it is the yardstick.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) raw: Vec<RawRates>,
}

/// One contestant's turns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Arm {
    /// Who, and in which case.
    pub(crate) name: String,
    /// Its turns, in order.
    pub(crate) rounds: Vec<Round>,
    /// Milliseconds from its start to its readiness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ready_after_ms: Option<f64>,
    /// Resident bytes of the server for each connection that is open and has asked once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_per_connection: Option<f64>,
}

/// One turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    /// Right answers.
    pub(crate) answers: u64,
    /// Seconds that they took.
    pub(crate) seconds: f64,
    /// CPU seconds of the server.
    pub(crate) server_cpu: f64,
    /// CPU seconds of the load generator.
    pub(crate) generator_cpu: f64,
    /// Latencies, microseconds.
    pub(crate) p50: f64,
    /// The same.
    pub(crate) p99: f64,
    /// The same.
    pub(crate) p999: f64,
    /// The server's resident memory at the end, KiB.
    pub(crate) resident_kib: u64,
}

/// Operations a second on one core, one after another.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct RawRates {
    /// Ed25519 signatures of a licence's text, as a mint makes them.
    pub(crate) sign: f64,
    /// Ed25519 verifications of it, as a mint does them.
    pub(crate) verify: f64,
    /// The same with aws-lc, for comparison.
    pub(crate) verify_aws_lc: f64,
}

impl Results {
    /// A run on this machine that begins now.
    pub(crate) fn begun(plan: Plan) -> anyhow::Result<Self> {
        let now = jiff::Timestamp::from_second(clock::unix_seconds())?;
        Ok(Self {
            date: now.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            revision: machine::revision(),
            machine: Machine::this(),
            plan,
            skipped: Vec::new(),
            scenarios: Vec::new(),
        })
    }
}

impl Scenario {
    /// The contestant of this name.
    pub(crate) fn arm(&self, name: &str) -> Option<&Arm> {
        self.arms.iter().find(|arm| arm.name == name)
    }
}

impl Arm {
    /// Without turns so far.
    pub(crate) fn new(name: &str) -> Self {
        let rounds = Vec::new();
        Self { name: name.to_owned(), rounds, ready_after_ms: None, bytes_per_connection: None }
    }

    /// The median of something over the turns.
    pub(crate) fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of).collect())
    }

    /// Requests per second, the median.
    pub(crate) fn rate(&self) -> f64 {
        self.median(Round::rate)
    }

    /// From the slowest to the fastest turn, as a share of the median.
    pub(crate) fn spread(&self) -> f64 {
        let rates: Vec<f64> = self.rounds.iter().map(Round::rate).collect();
        let most = rates.iter().copied().fold(0.0, f64::max);
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        (most - least) / self.rate()
    }

    /// The median over the rounds of `of` here by `of` there in the same round.
    pub(crate) fn ratio(&self, to: &Self, of: impl Fn(&Round) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&to.rounds);
        median(pairs.map(|(here, there)| of(here) / of(there)).collect())
    }
}

impl Round {
    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    /// CPU microseconds of the server for each request.
    pub(crate) fn cpu_per_request(&self) -> f64 {
        self.server_cpu * 1e6 / self.answers as f64
    }

    /// Busy share of one core: the server.
    pub(crate) fn server_busy(&self) -> f64 {
        self.server_cpu / self.seconds
    }

    /// Busy share of one core: the load generator.
    pub(crate) fn generator_busy(&self) -> f64 {
        self.generator_cpu / self.seconds
    }
}

impl RawRates {
    /// How often one signature and one verification fit into a second.
    pub(crate) fn pairs(&self) -> f64 {
        1.0 / (1.0 / self.sign + 1.0 / self.verify)
    }
}

/// The middle one, or the mean of the two in the middle; NaN of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(answers: u64) -> Round {
        Round {
            answers,
            seconds: 2.0,
            server_cpu: 1.0,
            generator_cpu: 0.5,
            p50: 1.0,
            p99: 2.0,
            p999: 3.0,
            resident_kib: 1,
        }
    }

    #[test]
    fn medians_spreads_and_ratios() {
        let mut ours = Arm::new("ours");
        ours.rounds = vec![round(200), round(100), round(400)];
        let mut other = Arm::new("other");
        other.rounds = vec![round(100), round(100), round(100)];
        assert_eq!((ours.rate(), ours.spread()), (100.0, 1.5));
        assert_eq!(ours.ratio(&other, Round::rate), 2.0);
        assert_eq!(ours.rounds[0].cpu_per_request(), 5_000.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_pair_takes_as_long_as_both() {
        let raw = RawRates { sign: 60_000.0, verify: 20_000.0, verify_aws_lc: 1.0 };
        assert_eq!(raw.pairs().round(), 15_000.0);
    }
}
