//! Walks through a case of `vectors/cases.json` by the public API; the README there says what each
//! member means. Tests compare what was found, the example `vectors` writes it down.

use serde_json::{Value, json};
use tonegate_license::{
    Environment, Expect, FeatureVerdict, Gate, Identity, Outlook, Pins, Reason, State, Time,
    Verdict,
};

/// What was found at each step; null for one where there is nothing to find.
pub(crate) fn walk(case: &Value, pins: Pins) -> Vec<Value> {
    let expect = expect_of(case);
    let mut gate = Gate::new(pins, expect, state_of(case));
    let step = |step: &Value| match text(&step["do"]) {
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
            Value::Null
        }
        other => panic!("a step is not {other:?}"),
    };
    case["steps"].as_array().unwrap().iter().map(step).collect()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).unwrap()).collect()
}

pub(crate) fn hex(state: State) -> String {
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

pub(crate) fn loaded(verdict: &Verdict, state: State) -> Value {
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

/// The identity of an entry of `identities`.
pub(crate) fn identity(case: &Value) -> Identity {
    match text(&case["platform"]) {
        "android" => {
            let digest = bytes(text(&case["certificate_sha256"]));
            Identity::android(text(&case["package"]), &digest.try_into().unwrap())
        }
        "ios" => Identity::ios(text(&case["bundle_id"])),
        "web" => Identity::web(text(&case["origin"])),
        other => panic!("no platform is {other:?}"),
    }
}
