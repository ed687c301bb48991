//! Where an axis has its ticks.

/// Steps between ticks that people count in.
const STEPS: [f64; 18] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    900.0, 1_800.0,
];

/// Ticks from 0 to `end`, at most `most` after the first, each with its label.
pub(super) fn ticks(end: f64, most: f64) -> Vec<(f64, String)> {
    let step = STEPS.into_iter().find(|step| end / step <= most).unwrap_or(3_600.0);
    let decimals = if step >= 1.0 {
        0
    } else if step >= 0.1 {
        1
    } else {
        2
    };
    (0_u16..)
        .map(|at| f64::from(at) * step)
        .take_while(|at| *at <= end)
        .map(|at| (at, format!("{at:.decimals$}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_and_round() {
        let labels = |end| ticks(end, 10.0).into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(labels(9.8), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        assert_eq!(
            labels(0.4),
            ["0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35", "0.40"]
        );
        assert_eq!(
            labels(7_200.0),
            ["0", "900", "1800", "2700", "3600", "4500", "5400", "6300", "7200"]
        );
        for end in [0.0, 1e-9, 1e-3] {
            assert!(!ticks(end, 10.0).is_empty());
        }
    }
}
