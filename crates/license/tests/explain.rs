//! An explanation is JSON whatever it explains, and says what the verifier says.

use serde_json::{Value, json};
use tonegate_license::{Expect, Pins, State, Time, explain, verify};

use crate::vectors;

fn explained(text: &str, pins: Pins, expect: Expect<'_>, time: Time, state: State) -> Value {
    let mut out = String::new();
    explain(text, pins, expect, time, state, &mut out).unwrap();
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

/// Of the first step of the case with this name.
fn of_case(name: &str) -> Value {
    let all = vectors::all();
    let pins = all["pins"].as_str().unwrap().parse().unwrap();
    let case = all["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
    let step = &case["steps"][0];
    let (expect, state) = (vectors::expect_of(case), vectors::state_of(case));
    let license = step["license"].as_str().unwrap();
    explained(license, pins, expect, vectors::time_of(step), state)
}

#[test]
fn every_vector_is_explained_as_it_is_judged() {
    let all = vectors::all();
    let pins: Pins = all["pins"].as_str().unwrap().parse().unwrap();
    for case in all["cases"].as_array().unwrap() {
        let step = &case["steps"][0];
        let license = step["license"].as_str().unwrap();
        let (expect, state) = (vectors::expect_of(case), vectors::state_of(case));
        let time = vectors::time_of(step);
        let found = explained(license, pins, expect, time, state);
        let (verdict, _) = verify(license, pins, expect, time, state);
        let name = &case["name"];
        assert_eq!(found["state"], verdict.state(), "{name}");
        assert_eq!(found["sdk_code"], verdict.sdk_code(), "{name}");
        assert_eq!(found["message"], verdict.message(), "{name}");
        assert_eq!(found["next_step"], verdict.next_step(), "{name}");
        assert_eq!(found["authentic"], verdict.validity.is_some(), "{name}");
        assert_eq!(found["validity"].is_object(), verdict.validity.is_some(), "{name}");
        assert_eq!(found["features"] != json!([]), verdict.validity.is_some(), "{name}");
    }
}

#[test]
fn an_authentic_licence_is_told_whole() {
    let found = of_case("outlook");
    assert_eq!(found["license"]["issuer"], "tonegate-test");
    assert_eq!(found["license"]["app_id"], 12345);
    let exp = 1_764_451_893;
    assert_eq!(
        found["features"][0],
        json!({
            "name": "agc", "on_expiry": "stop", "runs_until": exp, "answer": "run",
            "reason": null, "sdk_code": 0, "seconds_left": null,
        })
    );
    assert_eq!(found["features"][1]["on_expiry"], "grace:10");
    assert_eq!(found["features"][1]["runs_until"], exp + 5 * 3_600);
    let found = of_case("grace-begins");
    assert_eq!(found["features"][1]["answer"], "grace");
    assert_eq!(found["features"][1]["seconds_left"], 5 * 3_600);
    let found = of_case("stop");
    assert_eq!(
        (&found["features"][0]["answer"], &found["features"][0]["sdk_code"]),
        (&json!("stop"), &json!(82))
    );
}

#[test]
fn what_is_not_proven_is_said_and_marked() {
    let found = of_case("tampered-payload");
    assert_eq!((&found["authentic"], &found["reason"]), (&json!(false), &json!("signature")));
    assert!(found["license"].is_object());
    assert_eq!(of_case("empty")["license"], Value::Null);
}

#[test]
fn app_identities_are_written_as_they_are_read() {
    let all = vectors::all();
    let cases = all["cases"].as_array().unwrap().iter();
    let bound = cases.filter(|case| {
        case["expect"]["identity"].is_string() && case["steps"][0]["expect"]["state"] == "valid"
    });
    let mut seen = 0;
    for case in bound {
        let bind = of_case(case["name"].as_str().unwrap())["license"]["bind"].clone();
        let bind = bind.as_array().unwrap();
        seen += usize::from(bind.contains(&case["expect"]["identity"]));
    }
    assert!(seen > 0);
}
