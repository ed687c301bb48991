//! What our servers take for a request, as bench/results/latest.json has it.

use anyhow::Context as _;
use serde::Deserialize;

/// CPU time of ours for one request, µs: medians over the rounds.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Which run.
    pub(crate) run: String,
    /// On what.
    pub(crate) machine: String,
    /// The issuer answers with a licence that it holds.
    pub(crate) held: f64,
    /// It mints one.
    pub(crate) mint: f64,
    /// The relay answers a caller whose token it has seen.
    pub(crate) relay_token: f64,
    /// A request on a new TLS connection.
    pub(crate) tls_new: f64,
    /// A request on a TLS connection that is kept.
    pub(crate) tls_kept: f64,
}

#[derive(Deserialize)]
struct Results {
    date: String,
    revision: String,
    machine: Machine,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Machine {
    cpu: String,
    cores: u32,
}

#[derive(Deserialize)]
struct Scenario {
    name: String,
    arms: Vec<Arm>,
}

#[derive(Deserialize)]
struct Arm {
    name: String,
    rounds: Vec<Round>,
}

#[derive(Deserialize)]
struct Round {
    answers: u32,
    server_cpu: f64,
}

impl Measured {
    /// Reads the results of a run.
    pub(crate) fn read(text: &str) -> anyhow::Result<Self> {
        let results: Results = serde_json::from_str(text)
            .context("these are not the results of `cargo xtask bench`")?;
        let us = |name: &str| {
            let of_name = |scenario: &&Scenario| scenario.name == name;
            let scenario = results.scenarios.iter().find(of_name);
            let ours = scenario.and_then(|it| it.arms.iter().find(|arm| arm.name == "tonegate"));
            ours.and_then(Arm::us).with_context(|| format!("the run has not measured `{name}`"))
        };
        Ok(Self {
            run: format!("revision {}, {}", results.revision, results.date),
            machine: format!("{} with {} cores", results.machine.cpu, results.machine.cores),
            held: us("held")?,
            mint: us("mint")?,
            relay_token: us("relay-jwt")?,
            tls_new: us("tls-new")?,
            tls_kept: us("tls")?,
        })
    }
}

impl Arm {
    fn us(&self) -> Option<f64> {
        let us = |round: &Round| round.server_cpu * 1e6 / f64::from(round.answers.max(1));
        let mut rounds: Vec<f64> = self.rounds.iter().map(us).collect();
        rounds.sort_by(f64::total_cmp);
        rounds.get(rounds.len() / 2).copied()
    }
}

#[cfg(test)]
impl Measured {
    pub(crate) fn committed() -> Self {
        Self::read(include_str!("../../../bench/results/latest.json")).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_run_has_every_figure() {
        let measured = Measured::committed();
        let in_order = [measured.held, measured.tls_kept, measured.mint, measured.tls_new];
        assert!(in_order.is_sorted() && measured.held > 1.0, "{measured:?}");
        assert!(Measured::read("{}").is_err());
    }
}
