//! docs/FORMAT.md says what the code does, where the two can be compared.

use std::collections::BTreeSet;

use tonegate_license::{Reason, State, limits};

use crate::vectors;

const FORMAT: &str = include_str!("../../../docs/FORMAT.md");

/// The tables of refusals: every row's reason and SDK code, in order.
fn refusals() -> Vec<(String, u16)> {
    let rows = FORMAT.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _, reason, code] = cells[..] else { return None };
        number.parse::<u8>().ok()?;
        Some((reason.trim_matches('`').to_owned(), code.parse().unwrap()))
    });
    rows.collect()
}

#[test]
fn every_refusal_is_listed_with_its_code_in_the_order_of_checks() {
    let mut seen = BTreeSet::new();
    let listed: Vec<_> = refusals().into_iter().filter(|row| seen.insert(row.clone())).collect();
    let known: Vec<_> =
        Reason::ALL.iter().map(|reason| (reason.name().to_owned(), reason.sdk_code())).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_license_that_is_taken_apart_is_the_first_case() {
    let all = vectors::all();
    let step = &all["cases"][0]["steps"][0];
    for quoted in [&step["license"], &step["expect"]["state_hex"], &all["pins"]] {
        assert!(FORMAT.contains(quoted.as_str().unwrap()), "{quoted}");
    }
}

#[test]
fn the_numbers_are_the_codes() {
    for stated in [
        format!(
            "| licence | {},{:03} characters |",
            limits::LICENSE_CHARS_MAX / 1_000,
            limits::LICENSE_CHARS_MAX % 1_000
        ),
        format!("| key certificate | {} characters |", limits::CERTIFICATE_CHARS_MAX),
        format!("| {} |\n| feature name | 1–{}", limits::FEATURES_MAX, limits::FEATURE_CHARS_MAX),
        format!("| `bind` entries | {},", limits::IDENTITIES_MAX),
        format!("| issuer name | 1–{}", limits::ISSUER_CHARS_MAX),
        format!("| {} characters in all", limits::EXTENSION_CHARS_MAX),
        format!("| grace | 1–{} hours |", limits::GRACE_HOURS_MAX),
        format!("**State.** {} bytes", State::BYTES),
        format!(
            "reached + min({} + used, {})",
            limits::CHECK_SECS_MAX,
            limits::RESERVATION_SECS_MAX
        ),
    ] {
        assert!(FORMAT.contains(&stated), "FORMAT.md does not say: {stated}");
    }
}
