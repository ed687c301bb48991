//! `docs/BENCHMARKS.md`: goals, where we are not ahead, charts, medians, raw figures, method.

use super::chart::{duration, thousands};
use crate::goals::{self, Bound, Goal};
use crate::results::{Arm, Plan, Results, Round, Scenario};
use crate::scenario::{NGINX, OURS};

/// A server that is less busy than this waited for something, or for somebody.
const BUSY: f64 = 0.95;

/// The whole page.
pub(super) fn of(results: &Results) -> String {
    let parts = [
        opening(results),
        goals_table(&goals::all(results)),
        not_ahead(results),
        results.scenarios.iter().map(scenario).collect(),
        method(results),
        machine(results),
        raw(results),
    ];
    parts.concat()
}

fn opening(results: &Results) -> String {
    let Results { date, revision, plan, .. } = results;
    let quick = if plan.quick { ", **quick** (short rounds on small installations)" } else { "" };
    format!(
        "<!-- Written by `cargo xtask bench`; do not edit. -->\n\n# Benchmarks\n\n\
         Revision {revision}, {date}{quick}. One run, contestants in turns; medians over {} rounds of \
         {} s. Machines of this kind are noisy: what counts are **ratios within the run**, and CPU \
         time for each request.\n\nRepeat it with one line: `cargo xtask bench` (or `cargo xtask bench \
         --quick`, under 3 minutes once built).\n",
        plan.rounds, plan.seconds
    )
}

fn goals_table(goals: &[Goal]) -> String {
    let mut text = "\n## Goals\n\n| Goal | Wanted | Measured | |\n|---|--:|--:|---|\n".to_owned();
    for goal in goals {
        let wanted = match goal.bound {
            Bound::AtLeast(least) => format!("≥ {}", figure(least)),
            Bound::AtMost(most) => format!("≤ {}", figure(most)),
        };
        let measured = goal.measured.map_or("–".to_owned(), figure);
        let verdict = match goal.is_met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured",
        };
        text += &format!("| {} | {wanted} | {measured} | {verdict} |\n", goal.text);
    }
    text
}

fn figure(number: f64) -> String {
    if number >= 100.0 { format!("{number:.0}") } else { format!("{number:.2}") }
}

/// Every comparison that another server wins, and every goal that was missed.
fn not_ahead(results: &Results) -> String {
    let mut lines: Vec<String> = goals::all(results)
        .iter()
        .filter(|goal| goal.is_met() == Some(false))
        .map(|goal| format!("missed: {}, {}", goal.text, figure(goal.measured.unwrap_or(f64::NAN))))
        .collect();
    for scenario in &results.scenarios {
        let Some(ours) = scenario.arm(OURS) else { continue };
        let others = scenario.arms.iter().filter(|arm| !arm.name.starts_with(OURS));
        lines.extend(others.flat_map(|other| losses(scenario, ours, other)));
    }
    if lines.is_empty() {
        lines.push("nowhere in this run".to_owned());
    }
    let list: String = lines.iter().map(|line| format!("* {line}\n")).collect();
    format!("\n## Where we are not ahead\n\n{list}")
}

fn losses(scenario: &Scenario, ours: &Arm, other: &Arm) -> Vec<String> {
    let resident = |round: &Round| round.resident_kib as f64;
    let rate = ours.ratio(other, Round::rate);
    let p99 = ours.ratio(other, |round| round.p99);
    let memory = ours.ratio(other, resident);
    let (title, name) = (&scenario.title, &other.name);
    let mut lines = Vec::new();
    if rate < 1.0 {
        lines.push(format!("{title}: {rate:.2} × the requests/s of {name}"));
    }
    if p99 > 1.0 {
        lines.push(format!("{title}: {p99:.2} × the p99 of {name}"));
    }
    if memory > 1.0 {
        lines.push(format!("{title}: {memory:.1} × the resident memory of {name}"));
    }
    lines
}

fn scenario(scenario: &Scenario) -> String {
    let Scenario { name, title, about, lifted, arms, .. } = scenario;
    let mut text = format!(
        "\n## {title}\n\n{about} Limits lifted for it: {lifted}.\n\n\
         ![Requests per second of each contestant; the table below has the figures](benchmarks/{name}.svg)\n\
         ![Latency of each contestant; the table below has the figures](benchmarks/{name}-latency.svg)\n\n\
         | Contestant | requests/s | spread | × nginx | CPU µs | server busy | generator busy | p50 | p99 \
         | p99.9 | RSS |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    text.extend(arms.iter().map(|arm| row(arm, scenario)));
    text.extend(arms.iter().filter_map(remark));
    text += &raw_rates(scenario);
    text
}

fn row(arm: &Arm, scenario: &Scenario) -> String {
    let ratio = scenario.arm(NGINX).map(|nginx| format!("{:.2}", arm.ratio(nginx, Round::rate)));
    format!(
        "| {} | {} | {} | {} | {:.1} | {} | {} | {} | {} | {} | {:.0} MB |\n",
        arm.name,
        thousands(arm.rate()),
        percent(arm.spread()),
        ratio.unwrap_or_default(),
        arm.median(Round::cpu_per_request),
        percent(arm.median(Round::server_busy)),
        percent(arm.median(Round::generator_busy)),
        duration(arm.median(|round| round.p50)),
        duration(arm.median(|round| round.p99)),
        duration(arm.median(|round| round.p999)),
        arm.median(|round| round.resident_kib as f64) * 1_024.0 / 1e6,
    )
}

/// What a table has no column for.
fn remark(arm: &Arm) -> Option<String> {
    let bytes = arm.bytes_per_connection.map(|bytes| {
        format!("{} bytes of resident memory for each open connection", thousands(bytes))
    });
    let ready =
        arm.ready_after_ms.map(|ms| format!("ready {} after its start", duration(ms * 1e3)));
    let said: Vec<String> = [bytes, ready].into_iter().flatten().collect();
    (!said.is_empty()).then(|| format!("\n{}: {}.\n", arm.name, said.join(", ")))
}

fn raw_rates(scenario: &Scenario) -> String {
    let Some(ours) = scenario.arm(OURS) else { return String::new() };
    let mut text = String::new();
    for (round, raw) in ours.rounds.iter().zip(&scenario.raw) {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            thousands(raw.sign),
            thousands(raw.verify),
            thousands(raw.verify_aws_lc),
            thousands(raw.pairs()),
            thousands(round.rate()),
            percent(round.rate() / raw.pairs())
        );
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\nRaw Ed25519 on the server's core, operations/s, each round:\n\n\
         | sign (aws-lc) | verify (dalek, strict) | verify (aws-lc) | sign and verify | mints | share |\n\
         |--:|--:|--:|--:|--:|--:|\n{text}"
    )
}

fn method(results: &Results) -> String {
    let Plan { connections, warm_up, .. } = results.plan;
    let skipped: String =
        results.skipped.iter().map(|line| format!("* Left out: {line}.\n")).collect();
    format!(
        "\n## Method\n\n\
         * Each server has one core to itself, the load generator another. It is one thread with an event \
         loop: {connections} HTTP/1.1 keep-alive connections over loopback, one request under way on each \
         (a closed loop: a slow server is asked less), unless the scenario says otherwise.\n\
         * With few answers at hand the generator waits 25 µs for more: otherwise every answer of a slow \
         server would have to wake it, at the server's cost.\n\
         * Each request is signed as it goes, with a fresh nonce and the current Timestamp.\n\
         * **Every** answer's return code is compared with the one that is due; a wrong one ends the run. \
         Of the licences, the first of each turn and one in a thousand are verified with the shipped \
         verifier.\n\
         * Contestants take turns, round by round; {warm_up} s before each turn do not count. Ratios are \
         medians of the ratios within a round.\n\
         * CPU time is the server's own, user and system, by its children too. Latencies are kept in an HDR \
         histogram.\n\
         * nginx has one worker, no access log and connections without end, and answers the exact bytes of \
         one real answer of ours. The peers are in [bench/peers](../bench/peers).\n{skipped}{}",
        quiet(results)
    )
}

/// Whether somebody else used the server's core.
fn quiet(results: &Results) -> String {
    let closed = results.scenarios.iter().filter(|scenario| scenario.name != "workers");
    let arms = closed.flat_map(|scenario| scenario.arms.iter().map(move |arm| (scenario, arm)));
    let idle: Vec<String> = arms
        .filter(|(_, arm)| arm.median(Round::server_busy) < BUSY)
        .map(|(scenario, arm)| format!("{} ({})", arm.name, scenario.name))
        .collect();
    if idle.is_empty() {
        return "* Every server kept its core busy for over 95 % of its turns.\n".to_owned();
    }
    format!(
        "* These had less than 95 % of their core, because something else ran on it or because they \
         waited; read their CPU time instead of their rate: {}.\n",
        idle.join(", ")
    )
}

fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let kind = if machine.virtual_machine { ", a virtual machine" } else { "" };
    let programs: Vec<String> =
        machine.programs.iter().map(|(name, version)| format!("{name}: {version}")).collect();
    format!(
        "\n## Machine\n\n{}, {} cores{kind}; {} MiB of memory; {}; {}.\n\n{}.\n",
        machine.cpu,
        machine.cores,
        thousands(machine.memory_mib as f64),
        machine.system,
        machine.kernel,
        programs.join("; ")
    )
}

fn raw(results: &Results) -> String {
    let mut text = "\n## Raw figures\n\nEvery turn, in order; also in \
         [bench/results/latest.json](../bench/results/latest.json).\n"
        .to_owned();
    for scenario in &results.scenarios {
        text += &format!(
            "\n<details><summary>{}</summary>\n\n\
             | Contestant | Round | answers | seconds | server CPU s | generator CPU s | p50 µs | p99 µs \
             | p99.9 µs | RSS KiB |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            scenario.title
        );
        for arm in &scenario.arms {
            let rounds = arm.rounds.iter().enumerate();
            text.extend(rounds.map(|(number, round)| raw_row(&arm.name, number + 1, round)));
        }
        text += "\n</details>\n";
    }
    text
}

fn raw_row(name: &str, number: usize, round: &Round) -> String {
    let Round { answers, seconds, server_cpu, generator_cpu, p50, p99, p999, resident_kib } = round;
    format!(
        "| {name} | {number} | {answers} | {seconds:.3} | {server_cpu:.2} | {generator_cpu:.2} | {p50:.0} \
         | {p99:.0} | {p999:.0} | {resident_kib} |\n"
    )
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn it_says_what_was_met_what_was_missed_and_what_was_left_out() {
        let page = of(&fixture::results());
        for line in [
            "| held licence: requests/s by nginx `return 200` | ≥ 1.00 | 0.80 | **missed** |",
            "| held licence: requests/s by Go net/http | ≥ 3.00 | 4.00 | met |",
            "| held licence: requests/s by FastAPI | ≥ 25.00 | – | not measured |",
            "* missed: held licence: requests/s by nginx `return 200`, 0.80",
            "* Held licence: 0.80 × the requests/s of nginx return 200",
            "* Held licence: 1.25 × the p99 of nginx return 200",
            "* Left out: FastAPI: its runtime is not on this machine.",
            "| tonegate | 80,000 | 0 % | 0.80 | 12.5 | 100 % | 70 % | 625 µs | 2.5 ms | 5.0 ms | 21 MB |",
            "| 60,000 | 20,000 | 20,000 | 15,000 | 12,000 | 80 % |",
            "A processor, 2 cores, a virtual machine; 1,024 MiB of memory; A system; Linux 6.",
        ] {
            assert!(page.contains(&format!("{line}\n")), "{line}\nin\n{page}");
        }
        assert!(!page.contains("the requests/s of Go"), "we are ahead there");
    }

    #[test]
    fn figures_survive_being_kept() {
        let results = fixture::results();
        let kept = serde_json::to_string(&results).unwrap();
        assert_eq!(of(&serde_json::from_str(&kept).unwrap()), of(&results));
    }
}
