//! Writes what this verifier finds in `vectors/cases.json`, for the table of all languages that
//! `cargo xtask bindings` prints: `cargo run -p tonegate-license --example vectors -- <cases.json>`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a run ends where the cases cannot be read"
)]

#[path = "../tests/walk.rs"]
mod walk;

use serde_json::{Value, json};
use tonegate_license::{Pins, State};

use walk::{bytes, identity, text};

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let pins: Pins = text(&all["pins"]).parse().unwrap();
    let each = |name: &str, find: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        all[name].as_array().unwrap().iter().map(find).collect()
    };
    let found = json!({
        "cases": each("cases", &|case| json!({ "number": case["number"], "steps": walk::walk(case, pins) })),
        "pins_texts": each("pins_texts", &|case| text(&case["text"]).parse::<Pins>().is_ok().into()),
        "states": each("states", &|case| State::from_bytes(&bytes(text(&case["hex"]))).is_some().into()),
        "identities": each("identities", &|case| identity(case).to_string().into()),
    });
    println!("{found}");
}
