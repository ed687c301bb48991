//! Every vector in every language, in one table.

use std::fs;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::Found;
use crate::workspace::Workspace;

/// How many differences are shown before the rest is only counted.
const SHOWN_MAX: usize = 20;
/// The parts of `cases.json` beside the cases: their member, and the member that is stated.
const PARTS: [(&str, &str); 3] =
    [("pins_texts", "sound"), ("states", "sound"), ("identities", "identity")];

/// What one language found.
pub(super) struct Column {
    name: &'static str,
    found: Value,
}

/// One line of the table: what is stated, and where it is found.
struct Row {
    name: String,
    stated: Value,
    found: Vec<Value>,
}

impl Column {
    /// Reads what a language's runner wrote.
    pub(super) fn read((name, path): Found) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let found = serde_json::from_str(&text)
            .with_context(|| format!("{} is no JSON", path.display()))?;
        Ok(Self { name, found })
    }

    /// What it found of a case: as many steps as the case has.
    fn steps(&self, number: &Value) -> Value {
        let cases = self.found["cases"].as_array().into_iter().flatten();
        let case = cases.into_iter().find(|case| case["number"] == *number);
        case.map(|case| case["steps"].clone()).unwrap_or_default()
    }
}

/// Prints the table; `true`: all found what is stated, everywhere.
pub(super) fn print(workspace: &Workspace, columns: &[Column]) -> anyhow::Result<bool> {
    let path = workspace.root.join("vectors/cases.json");
    let stated: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let rows = rows(&stated, columns);
    ensure!(rows.len() >= 300, "there are only {} rows", rows.len());
    let all = workspace.target.join("bindings/table.txt");
    fs::write(&all, rows.iter().map(|row| row.line(columns)).collect::<String>())?;
    println!("\n{:<44}{}", "vectors", heads(columns));
    let wrong: Vec<_> = rows.iter().filter(|row| !row.agrees()).collect();
    wrong
        .iter()
        .take(SHOWN_MAX)
        .for_each(|row| print!("{}{}", row.line(columns), row.differences(columns)));
    let equal = |place: usize| rows.iter().filter(|row| row.found[place] == row.stated).count();
    let counts: String = (0..columns.len()).map(|place| format!("{:>15}", equal(place))).collect();
    println!("{:<44}{counts}", format!("as stated, of {}", rows.len()));
    println!("every row: {}", all.display());
    Ok(wrong.is_empty())
}

fn heads(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("{:>15}", column.name)).collect()
}

fn rows(stated: &Value, columns: &[Column]) -> Vec<Row> {
    let cases = stated["cases"].as_array().into_iter().flatten().map(|case| Row {
        name: format!("{} {}", case["number"], case["name"].as_str().unwrap_or_default()),
        stated: case["steps"].as_array().into_iter().flatten().map(expected).collect(),
        found: columns.iter().map(|column| column.steps(&case["number"])).collect(),
    });
    let parts = PARTS.iter().map(|(part, member)| Row {
        name: (*part).to_owned(),
        stated: stated[part]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| it[member].clone())
            .collect(),
        found: columns.iter().map(|column| column.found[part].clone()).collect(),
    });
    cases.chain(parts).collect()
}

/// Null where a step has nothing to find.
fn expected(step: &Value) -> Value {
    step.get("expect").cloned().unwrap_or_default()
}

impl Row {
    fn agrees(&self) -> bool {
        self.found.iter().all(|found| *found == self.stated)
    }

    /// The last verdict that each language came to, or that it differs.
    fn line(&self, columns: &[Column]) -> String {
        let cells = columns.iter().zip(&self.found).map(|(_, found)| match *found == self.stated {
            true => format!("{:>15}", last_word(found)),
            false => format!("{:>15}", "DIFFERS"),
        });
        format!("{:<44}{}\n", self.name, cells.collect::<String>())
    }

    fn differences(&self, columns: &[Column]) -> String {
        let wrong = columns.iter().zip(&self.found).filter(|(_, found)| **found != self.stated);
        wrong
            .map(|(column, found)| {
                format!("  {}: {found}\n  stated: {}\n", column.name, self.stated)
            })
            .collect()
    }
}

/// The verdict of the last step that has one.
fn last_word(found: &Value) -> &str {
    let steps = found.as_array().into_iter().flatten().rev();
    let mut words = steps.filter_map(|step| {
        ["reason", "state", "answer", "on_expiry"].iter().find_map(|member| step[*member].as_str())
    });
    words.next().unwrap_or("as stated")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_language_that_differs_or_is_silent_is_shown() {
        let stated = json!({
            "cases": [{ "number": 1, "name": "valid", "steps": [
                { "do": "load", "expect": { "state": "valid" } }, { "do": "restart" },
            ] }],
            "pins_texts": [{ "sound": true }], "states": [], "identities": [],
        });
        let column = |name, state: &str| Column {
            name,
            found: json!({
                "cases": [{ "number": 1, "steps": [{ "state": state }, null] }],
                "pins_texts": [true], "states": [], "identities": [],
            }),
        };
        let same = [column("A", "valid"), column("B", "valid")];
        assert!(rows(&stated, &same).iter().all(Row::agrees));
        let silent = Column { name: "C", found: json!({}) };
        let differing = [column("A", "valid"), column("B", "expired"), silent];
        let rows = rows(&stated, &differing);
        assert!(!rows[0].agrees() && !rows[1].agrees());
        let line = rows[0].line(&differing);
        assert_eq!(line.matches("DIFFERS").count(), 2, "{line}");
        assert!(rows[0].differences(&differing).contains("B: "));
    }
}
