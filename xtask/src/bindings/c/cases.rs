//! The vectors as lines that C reads, and what C found held against them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::workspace::Workspace;

/// The pins of every case.
pub(super) fn pins(workspace: &Workspace) -> anyhow::Result<String> {
    Ok(text(&all(workspace)?["pins"]).to_owned())
}

/// One `case` and its steps a line each, then texts of pins, states and identities. Fields have tabs between them, and
/// texts are in hex, so that they may hold anything.
pub(super) fn lines(workspace: &Workspace) -> anyhow::Result<String> {
    let all = all(workspace)?;
    let mut lines = format!("pins\t{}\n", hex(text(&all["pins"])));
    for case in items(&all["cases"]) {
        let (number, expect, state) = (&case["number"], &case["expect"], text(&case["state_hex"]));
        let (issuer, environment) = (hex(text(&expect["issuer"])), text(&expect["environment"]));
        let app_id = expect["app_id"].as_u64().map(|id| id.to_string()).unwrap_or_default();
        let identity = text(&expect["identity"]);
        writeln!(lines, "case\t{number}\t{issuer}\t{environment}\t{app_id}\t{identity}\t{state}")?;
        for step in items(&case["steps"]) {
            let word = text(&step["do"]);
            let about = hex(text(&step["license"])) + &hex(text(&step["feature"]));
            writeln!(lines, "{word}\t{about}\t{}\t{}", step["wall"], step["elapsed"])?;
        }
    }
    for case in items(&all["pins_texts"]) {
        writeln!(lines, "pins_text\t{}", hex(text(&case["text"])))?;
    }
    for case in items(&all["states"]) {
        writeln!(lines, "state\t{}", text(&case["hex"]))?;
    }
    for case in items(&all["identities"]) {
        let names = ["package", "bundle_id", "origin"].map(|name| hex(text(&case[name]))).concat();
        let digest = text(&case["certificate_sha256"]);
        writeln!(lines, "identity\t{}\t{names}\t{digest}", text(&case["platform"]))?;
    }
    Ok(lines)
}

/// Where what was found is not what the vectors state.
pub(super) fn differences(workspace: &Workspace, found: &Path) -> anyhow::Result<Vec<String>> {
    let all = all(workspace)?;
    let found: Value = serde_json::from_slice(&fs::read(found)?)?;
    let of = |list: &str, name: &str| items(&all[list]).iter().map(|it| it[name].clone()).collect();
    let mut differences = Vec::new();
    for (list, name) in [("pins_texts", "sound"), ("states", "sound"), ("identities", "identity")] {
        if found[list] != Value::Array(of(list, name)) {
            differences.push(format!("{list}: {}", found[list]));
        }
    }
    for (at, case) in items(&all["cases"]).iter().enumerate() {
        let steps = items(&case["steps"]).iter().map(|step| step["expect"].clone()).collect();
        let found = &found["cases"][at];
        if found["number"] != case["number"] || found["steps"] != Value::Array(steps) {
            differences.push(format!("case {} {}: {found}", case["number"], case["name"]));
        }
    }
    Ok(differences)
}

fn all(workspace: &Workspace) -> anyhow::Result<Value> {
    let path = workspace.root.join("vectors/cases.json");
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Nothing where there is no text.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
