//! The figures of a scenario as a table on the terminal.

use crate::results::{Arm, Round, Scenario};
use crate::scenario::NGINX;

/// The scenario's figures, a line for each contestant.
pub(crate) fn of(scenario: &Scenario) -> String {
    let mut text =
        format!("{} ({})\n  lifted: {}\n", scenario.title, scenario.name, scenario.lifted);
    text += &line(&HEAD.map(str::to_owned));
    for arm in &scenario.arms {
        text += &line(&cells(arm, scenario));
    }
    text.extend(scenario.arms.iter().filter_map(remark));
    for (round, raw) in scenario.arms.iter().flat_map(|arm| &arm.rounds).zip(&scenario.raw) {
        let share = round.rate() / raw.pairs() * 100.0;
        text += &format!("  raw sign and verify {:.0}/s: {share:.0} % of it\n", raw.pairs());
    }
    text
}

const HEAD: [&str; 11] = [
    "",
    "req/s",
    "spread",
    "× nginx",
    "CPU µs",
    "busy",
    "generator",
    "p50 µs",
    "p99 µs",
    "p99.9 µs",
    "RSS MB",
];

fn remark(arm: &Arm) -> Option<String> {
    let name = &arm.name;
    let bytes = arm.bytes_per_connection?;
    Some(format!("  {name}: {bytes:.0} bytes of resident memory for each open connection\n"))
}

fn cells(arm: &Arm, scenario: &Scenario) -> [String; 11] {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let ratio = scenario.arm(NGINX).map(|nginx| arm.ratio(nginx, Round::rate));
    [
        arm.name.clone(),
        format!("{:.0}", arm.rate()),
        percent(arm.spread()),
        ratio.map_or(String::new(), |ratio| format!("{ratio:.2}")),
        format!("{:.1}", arm.median(Round::cpu_per_request)),
        percent(arm.median(Round::server_busy)),
        percent(arm.median(Round::generator_busy)),
        format!("{:.0}", arm.median(|round| round.p50)),
        format!("{:.0}", arm.median(|round| round.p99)),
        format!("{:.0}", arm.median(|round| round.p999)),
        format!("{:.0}", arm.median(|round| round.resident_kib as f64 / 1_024.0)),
    ]
}

fn line(cells: &[String; 11]) -> String {
    let [name, rest @ ..] = cells;
    let rest: Vec<String> = rest.iter().map(|cell| format!("{cell:>9}")).collect();
    format!("  {name:<34}{}\n", rest.join(" "))
}
