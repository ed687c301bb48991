//! The two charts of a scenario: requests per second as bars, latencies as dots on a logarithm.

use super::svg::{Anchor, Colour, Drawing};
use crate::results::{Arm, Round, Scenario};
use crate::scenario::OURS;

const WIDTH: u32 = 760;
const ROW: f64 = 34.0;
const TOP: f64 = 52.0;
/// Where names end and figures begin.
const LEFT: f64 = 210.0;
/// Where figures end; behind them is room for a number.
const RIGHT: f64 = 640.0;

/// Requests per second, the median, with each round as a small dot on the bar.
pub(super) fn rates(scenario: &Scenario) -> String {
    let mut drawing = panel(scenario, "requests per second, median; marks: the rounds");
    let fastest = |arm: &Arm| arm.rounds.iter().map(Round::rate).fold(0.0, f64::max);
    let most = scenario.arms.iter().map(fastest).fold(1.0, f64::max);
    let x = |rate: f64| LEFT + (RIGHT - LEFT) * rate / most;
    for (arm, y) in rows(scenario) {
        drawing.text(LEFT - 10.0, y + 15.0, Anchor::End, false, &arm.name);
        drawing.bar(LEFT, y, x(arm.rate()) - LEFT, 20.0, colour(arm));
        for round in &arm.rounds {
            drawing.bar(x(round.rate()) - 1.0, y + 3.0, 2.0, 14.0, Colour::Third);
        }
        let right = x(fastest(arm)) + 8.0;
        drawing.text(right, y + 15.0, Anchor::Start, false, &thousands(arm.rate()));
    }
    let told = told(scenario, |arm| format!("{} requests per second", thousands(arm.rate())));
    drawing.finish(&format!("{}: requests per second", scenario.title), &told)
}

/// p50, p99 and p99.9, medians over the rounds.
pub(super) fn latencies(scenario: &Scenario) -> String {
    let mut drawing = panel(scenario, "latency: p50, p99, p99.9 (medians; logarithmic)");
    let all = scenario.arms.iter().flat_map(quantiles);
    let (least, most) =
        all.fold((f64::INFINITY, 0.0), |(least, most), value| (value.min(least), value.max(most)));
    let (least, most) = (least.max(1.0).log10().floor(), most.max(10.0).log10().ceil());
    let x = |micros: f64| {
        LEFT + (RIGHT - LEFT) * (micros.max(1.0).log10() - least) / (most - least).max(1.0)
    };
    let bottom = TOP + ROW * scenario.arms.len() as f64;
    for power in least as i32..=most as i32 {
        let at = x(10_f64.powi(power));
        drawing.line((at, TOP - 6.0), (at, bottom));
        drawing.text(at, bottom + 14.0, Anchor::Middle, true, &duration(10_f64.powi(power)));
    }
    for (arm, y) in rows(scenario) {
        drawing.text(LEFT - 10.0, y + 15.0, Anchor::End, false, &arm.name);
        let [p50, p99, p999] = quantiles(arm);
        drawing.line((x(p50), y + 10.0), (x(p999), y + 10.0));
        for value in [p50, p99, p999] {
            drawing.dot(x(value), y + 10.0, colour(arm));
        }
        drawing.text(
            RIGHT + 12.0,
            y + 15.0,
            Anchor::Start,
            true,
            &format!("p99 {}", duration(p99)),
        );
    }
    let told = told(scenario, |arm| format!("p99 {}", duration(quantiles(arm)[1])));
    drawing.finish(&format!("{}: latency", scenario.title), &told)
}

/// A number with its thousands apart.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds as people say them.
pub(super) fn duration(micros: f64) -> String {
    match micros {
        micros if micros < 1e3 => format!("{micros:.0} µs"),
        micros if micros < 1e4 => format!("{:.1} ms", micros / 1e3),
        micros if micros < 1e6 => format!("{:.0} ms", micros / 1e3),
        micros => format!("{:.1} s", micros / 1e6),
    }
}

fn panel(scenario: &Scenario, unit: &str) -> Drawing {
    let height = TOP + ROW * scenario.arms.len() as f64 + 24.0;
    let mut drawing = Drawing::new(WIDTH, height as u32);
    drawing.text(16.0, 26.0, Anchor::Start, false, &scenario.title);
    drawing.text(f64::from(WIDTH) - 16.0, 26.0, Anchor::End, true, unit);
    drawing
}

fn rows(scenario: &Scenario) -> impl Iterator<Item = (&Arm, f64)> {
    scenario.arms.iter().enumerate().map(|(index, arm)| (arm, TOP + ROW * index as f64))
}

fn colour(arm: &Arm) -> Colour {
    if arm.name.starts_with(OURS) { Colour::First } else { Colour::Second }
}

fn quantiles(arm: &Arm) -> [f64; 3] {
    [arm.median(|round| round.p50), arm.median(|round| round.p99), arm.median(|round| round.p999)]
}

fn told(scenario: &Scenario, of: impl Fn(&Arm) -> String) -> String {
    let arms = scenario.arms.iter().map(|arm| format!("{}: {}", arm.name, of(arm)));
    arms.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(1_234_567.4), "1,234,567");
        assert_eq!(thousands(999.6), "1,000");
        assert_eq!(duration(640.4), "640 µs");
        assert_eq!(duration(1_250.0), "1.2 ms");
        assert_eq!(duration(2_500_000.0), "2.5 s");
    }

    #[test]
    fn charts_tell_their_figures_to_those_who_cannot_see_them() {
        let scenario = &fixture::results().scenarios[0];
        let chart = rates(scenario);
        assert!(chart.contains("<title id=\"t\">Held licence: requests per second</title>"));
        assert!(chart.contains("tonegate: 80,000 requests per second; nginx return 200: 100,000"));
        assert!(!chart.contains("NaN"), "{chart}");
        assert!(latencies(scenario).contains("p99 2.5 ms"));
    }
}
