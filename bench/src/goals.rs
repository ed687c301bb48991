//! The goals, and whether a run met them: computed from its figures, never written by hand.

use crate::results::{Arm, Results, Round, Scenario};
use crate::scenario::{ACCEPTED, ALONE, FEW, NONE_REMEMBERED, ONE_WORKER, SHARED};
use crate::scenario::{NGINX, OURS};

/// What was promised, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Goal {
    /// What is compared.
    pub(crate) text: String,
    /// How much it may or must be.
    pub(crate) bound: Bound,
    /// What it is; `None`: not measured in this run.
    pub(crate) measured: Option<f64>,
}

/// Which side of a number is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Goal {
    /// Was it met? `None`: not measured.
    pub(crate) fn is_met(&self) -> Option<bool> {
        let measured = self.measured?;
        Some(match self.bound {
            Bound::AtLeast(least) => measured >= least,
            Bound::AtMost(most) => measured <= most,
        })
    }
}

/// All goals, in the order of the page.
pub(crate) fn all(results: &Results) -> Vec<Goal> {
    let rates = |scenario, ours, other| compare(results, scenario, ours, other, Round::rate);
    let held = |other| rates("held", OURS, other);
    let goal = |text: &str, bound, measured| Goal { text: text.to_owned(), bound, measured };
    let at_least = |text: &str, least, measured| goal(text, Bound::AtLeast(least), measured);
    let at_most = |text: &str, most, measured| goal(text, Bound::AtMost(most), measured);
    let p99 = compare(results, "held", OURS, NGINX, |round| round.p99);
    let cpu = compare(results, "workers", OURS, ONE_WORKER, Round::cpu_per_request);
    let apps = results.plan.many_apps;
    vec![
        at_least("held licence: requests/s by nginx `return 200`", 1.0, held(NGINX)),
        at_least("held licence: requests/s by Go net/http", 3.0, held("Go net/http")),
        at_least("held licence: requests/s by Node http", 8.0, held("Node http")),
        at_least("held licence: requests/s by FastAPI", 25.0, held("FastAPI")),
        at_most("held licence: p99 by nginx's", 1.3, p99),
        at_least(
            "relay, API key: requests/s by nginx `return 200`",
            0.9,
            rates("relay", OURS, NGINX),
        ),
        at_least(
            "relay, JWT (ES256): requests/s by nginx `return 200`",
            0.8,
            rates("relay-jwt", OURS, NGINX),
        ),
        at_least("forged requests/s by accepted ones", 1.0, rates("forged", OURS, ACCEPTED)),
        at_least("fresh mints/s by raw signature and verification", 0.85, mint(results)),
        at_most("CPU for each request, two workers by one", 1.1, cpu),
        at_least(&format!("requests/s, {apps} apps by 1,000"), 0.9, rates("million", OURS, FEW)),
        at_least(
            &format!("requests/s, {} remembered signatures by none", results.plan.remembered),
            0.85,
            rates("remembered", OURS, NONE_REMEMBERED),
        ),
        at_least(
            "requests/s of three nodes, shared guard by local guard on the same core",
            0.7,
            rates("cluster", SHARED, ALONE),
        ),
        at_most(&format!("resident memory with {apps} apps, MB"), 350.0, resident(results)),
        at_most("the load generator's busiest share of its core", 0.9, generator(results)),
    ]
}

fn compare(
    results: &Results,
    scenario: &str,
    ours: &str,
    other: &str,
    of: impl Fn(&Round) -> f64,
) -> Option<f64> {
    let scenario = find(results, scenario)?;
    Some(scenario.arm(ours)?.ratio(scenario.arm(other)?, of))
}

fn find<'r>(results: &'r Results, name: &str) -> Option<&'r Scenario> {
    results.scenarios.iter().find(|scenario| scenario.name == name)
}

fn mint(results: &Results) -> Option<f64> {
    let scenario = find(results, "mint")?;
    let rounds = scenario.arm(OURS)?.rounds.iter().zip(&scenario.raw);
    Some(crate::results::median(rounds.map(|(round, raw)| round.rate() / raw.pairs()).collect()))
}

fn resident(results: &Results) -> Option<f64> {
    let rounds = &find(results, "million")?.arm(OURS)?.rounds;
    let most = rounds.iter().map(|round| round.resident_kib).max()?;
    Some(most as f64 * 1_024.0 / 1e6)
}

/// Only contestants that keep their core busy say anything about the generator.
fn generator(results: &Results) -> Option<f64> {
    let arms = results.scenarios.iter().filter(|scenario| scenario.name != "workers");
    let busy = arms.flat_map(|scenario| &scenario.arms).map(busiest);
    busy.reduce(f64::max)
}

fn busiest(arm: &Arm) -> f64 {
    arm.median(Round::generator_busy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn goals_are_met_missed_or_not_measured() {
        let goals = all(&fixture::results());
        let of = |begins: &str| {
            let goal = goals.iter().find(|goal| goal.text.starts_with(begins)).unwrap();
            (goal.measured, goal.is_met())
        };
        assert_eq!(of("held licence: requests/s by nginx"), (Some(0.8), Some(false)));
        assert_eq!(of("held licence: requests/s by Go"), (Some(4.0), Some(true)));
        assert_eq!(of("held licence: requests/s by FastAPI"), (None, None));
        assert_eq!(of("held licence: p99"), (Some(1.25), Some(true)));
        assert_eq!(of("the load generator"), (Some(0.7), Some(true)));
    }

    #[test]
    fn a_mint_is_held_against_its_own_round() {
        let measured = mint(&fixture::results()).unwrap();
        assert!((measured - 0.8).abs() < 1e-9, "{measured}");
    }
}
