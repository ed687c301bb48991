//! `vectors/cases.json`, step by step. Its README says what each field means.

use serde_json::{Value, json};
use tonegate_license::{
    Environment, Expect, FeatureVerdict, Gate, Identity, Outlook, Pins, Reason, State, Time,
    Verdict, verify,
};

pub(crate) fn all() -> Value {
    serde_json::from_str(include_str!("../../../vectors/cases.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).unwrap()).collect()
}

fn hex(state: State) -> String {
    state.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn state_of(case: &Value) -> State {
    State::from_bytes(&bytes(text(&case["state_hex"]))).unwrap()
}

pub(crate) fn expect_of(case: &Value) -> Expect<'_> {
    let expect = &case["expect"];
    Expect {
        issuer: text(&expect["issuer"]),
        environment: Environment::parse(text(&expect["environment"])).unwrap(),
        app_id: expect["app_id"].as_u64().map(|id| id.try_into().unwrap()),
        identity: expect["identity"].as_str().map(|id| Identity::parse(id.as_bytes()).unwrap()),
    }
}

pub(crate) fn time_of(step: &Value) -> Time {
    Time { wall: step["wall"].as_i64().unwrap(), elapsed: step["elapsed"].as_u64().unwrap() }
}

fn loaded(verdict: &Verdict, state: State) -> Value {
    json!({
        "state": verdict.state(),
        "reason": verdict.reason.map(Reason::name),
        "sdk_code": verdict.sdk_code(),
        "now": verdict.validity.map(|validity| validity.now),
        "valid_from": verdict.validity.map(|validity| validity.valid_from),
        "valid_until": verdict.validity.map(|validity| validity.valid_until),
        "refresh_after": verdict.validity.map(|validity| validity.refresh_after),
        "state_hex": hex(state),
    })
}

fn checked(verdict: FeatureVerdict, state: State) -> Value {
    json!({
        "answer": verdict.answer(),
        "reason": verdict.reason().map(Reason::name),
        "sdk_code": verdict.sdk_code(),
        "seconds_left": verdict.grace_left(),
        "state_hex": hex(state),
    })
}

fn renewed(outcome: Result<Verdict, Verdict>, state: State) -> Value {
    let (Ok(verdict) | Err(verdict)) = outcome;
    let mut found = loaded(&verdict, state);
    found["in_force"] = json!(outcome.is_ok());
    found
}

fn foreseen(outlook: Option<Outlook>) -> Value {
    json!({
        "on_expiry": outlook.map(|outlook| outlook.on_expiry.to_string()),
        "runs_until": outlook.map(|outlook| outlook.runs_until),
    })
}

/// Walks through a case; what differs from it, in words.
fn walk(case: &Value, pins: Pins) -> Vec<String> {
    let expect = expect_of(case);
    let mut gate = Gate::new(pins, expect, state_of(case));
    let mut differences = Vec::new();
    for (step, place) in case["steps"].as_array().unwrap().iter().zip(1..) {
        let found = match text(&step["do"]) {
            "load" => {
                let verdict = gate.load(text(&step["license"]), time_of(step));
                loaded(&verdict, gate.state())
            }
            "check" => {
                let verdict = gate.check(text(&step["feature"]), time_of(step));
                checked(verdict, gate.state())
            }
            "renew" => {
                let outcome = gate.renew(text(&step["license"]), time_of(step));
                renewed(outcome, gate.state())
            }
            "outlook" => foreseen(gate.outlook(text(&step["feature"]))),
            "restart" => {
                let stored = State::from_bytes(&gate.state().to_bytes()).unwrap();
                gate = Gate::new(pins, expect, stored);
                continue;
            }
            other => panic!("a step is not {other:?}"),
        };
        if found != step["expect"] {
            let name = format!("{} {} step {place}", case["number"], case["name"]);
            differences.push(format!("{name}: {found} instead of {}", step["expect"]));
        }
    }
    differences
}

#[test]
fn every_case_comes_out_as_stated() {
    let all = all();
    let pins: Pins = text(&all["pins"]).parse().unwrap();
    let cases = all["cases"].as_array().unwrap();
    let differences: Vec<_> = cases.iter().flat_map(|case| walk(case, pins)).collect();
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
        let found = match text(&case["platform"]) {
            "android" => {
                let digest = bytes(text(&case["certificate_sha256"])).try_into().unwrap();
                Identity::android(text(&case["package"]), &digest)
            }
            "ios" => Identity::ios(text(&case["bundle_id"])),
            _ => Identity::web(text(&case["origin"])),
        };
        assert_eq!(Some(found), Identity::parse(text(&case["identity"]).as_bytes()), "{case}");
    }
}
