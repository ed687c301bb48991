//! `vectors/cases.json`, step by step. Its README says what each field means.

use serde_json::Value;
use tonegate_license::{Identity, Pins, Reason, State, verify};

use crate::walk::{bytes, hex, identity, loaded, text, walk};
pub(crate) use crate::walk::{expect_of, state_of, time_of};

pub(crate) fn all() -> Value {
    serde_json::from_str(include_str!("../../../vectors/cases.json")).unwrap()
}

/// What differs from a case, in words.
fn differences(case: &Value, pins: Pins) -> Vec<String> {
    let steps = case["steps"].as_array().unwrap();
    let found = walk(case, pins);
    assert_eq!(found.len(), steps.len());
    let compared = steps.iter().zip(found).zip(1..);
    let differ =
        compared.filter(|((step, found), _)| step.get("expect").unwrap_or(&Value::Null) != found);
    differ
        .map(|((step, found), place)| {
            let name = format!("{} {} step {place}", case["number"], case["name"]);
            format!("{name}: {found} instead of {}", step["expect"])
        })
        .collect()
}

#[test]
fn every_case_comes_out_as_stated() {
    let all = all();
    let pins: Pins = text(&all["pins"]).parse().unwrap();
    let cases = all["cases"].as_array().unwrap();
    let differences: Vec<_> = cases.iter().flat_map(|case| differences(case, pins)).collect();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(cases.len() >= 60);
}

#[test]
fn verify_is_the_first_load_of_a_gate() {
    let all = all();
    let pins: Pins = text(&all["pins"]).parse().unwrap();
    for case in all["cases"].as_array().unwrap() {
        let step = &case["steps"][0];
        let license = text(&step["license"]);
        let (verdict, state) =
            verify(license, pins, expect_of(case), time_of(step), state_of(case));
        assert_eq!(loaded(&verdict, state), step["expect"], "{}", case["name"]);
    }
}

#[test]
fn every_reason_has_a_case() {
    let all = all();
    let text = all["cases"].to_string();
    for reason in Reason::ALL {
        let named = format!(r#""reason":"{}""#, reason.name());
        assert!(text.contains(&named), "no case ends in {}", reason.name());
    }
}

#[test]
fn pins_are_read_as_stated() {
    for case in all()["pins_texts"].as_array().unwrap() {
        let sound = text(&case["text"]).parse::<Pins>().is_ok();
        assert_eq!(sound, case["sound"].as_bool().unwrap(), "{case}");
    }
}

#[test]
fn stored_states_are_read_as_stated() {
    for case in all()["states"].as_array().unwrap() {
        let state = State::from_bytes(&bytes(text(&case["hex"])));
        assert_eq!(state.is_some(), case["sound"].as_bool().unwrap(), "{case}");
        assert!(state.is_none_or(|state| hex(state) == text(&case["hex"])), "{case}");
    }
}

#[test]
fn identities_are_hashed_as_stated() {
    for case in all()["identities"].as_array().unwrap() {
        let (found, stated) = (identity(case), text(&case["identity"]));
        assert_eq!(found.to_string(), stated);
        assert_eq!(Some(found), Identity::parse(stated.as_bytes()));
    }
}
