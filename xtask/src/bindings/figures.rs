//! Sizes and times of the verifier in apps, and their place in docs/BENCHMARKS.md.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::Context as _;

use crate::command;
use crate::workspace::Workspace;

/// Where the section begins and ends; `tonegate-bench`, which writes the rest of the page, keeps it.
const BEGIN: &str = "<!-- bindings: written by `cargo xtask bindings --measure` -->";
const END: &str = "<!-- end of bindings -->";

/// Something measured, where less is better.
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) seen: f64,
    pub(crate) unit: &'static str,
    /// At most.
    pub(crate) goal: Option<f64>,
}

/// Prints them, and puts them into the page in place of those before.
pub(super) fn write(workspace: &Workspace, figures: &[Figure]) -> anyhow::Result<()> {
    let section = section(&revision(workspace)?, figures);
    print!("\n{section}");
    let path = workspace.root.join("docs/BENCHMARKS.md");
    let page = fs::read_to_string(&path).context("cannot read docs/BENCHMARKS.md")?;
    fs::write(&path, placed(&page, &section))?;
    Ok(())
}

fn section(revision: &str, figures: &[Figure]) -> String {
    let mut text = format!(
        "{BEGIN}\n\n## In apps\n\nThe verifier in each language, revision {revision}, release builds, on one core. \
         Repeat it: `cargo xtask bindings --measure`.\n\n| What | At most | Measured | |\n|---|--:|--:|---|\n"
    );
    for Figure { what, seen, unit, goal } in figures {
        let wanted = goal.map(|goal| format!("{goal} {unit}")).unwrap_or_default();
        let met = match goal {
            Some(goal) if seen > goal => "**missed**",
            Some(_) => "met",
            None => "",
        };
        // Writing to memory cannot fail.
        let _ = writeln!(text, "| {what} | {wanted} | {} {unit} | {met} |", shown(*seen));
    }
    text.push_str(&format!("\n{END}\n"));
    text
}

/// Three digits that count, as a reader wants them.
fn shown(seen: f64) -> String {
    let decimals = match seen {
        seen if seen >= 100.0 => 0,
        seen if seen >= 10.0 => 1,
        seen if seen >= 1.0 => 2,
        _ => 3,
    };
    format!("{seen:.decimals$}")
}

/// The page with the section in place of the one before, or at its end.
fn placed(page: &str, section: &str) -> String {
    match (page.find(BEGIN), page.find(END)) {
        (Some(begin), Some(end)) if begin < end => {
            let rest = page.get(end + END.len()..).unwrap_or_default();
            format!("{}{}{}", page.get(..begin).unwrap_or_default(), section.trim_end(), rest)
        }
        _ => format!("{}\n\n{section}", page.trim_end()),
    }
}

fn revision(workspace: &Workspace) -> anyhow::Result<String> {
    let mut git = Command::new("git");
    git.current_dir(&workspace.root).args(["describe", "--always", "--dirty=+"]);
    Ok(String::from_utf8_lossy(&command::output(&mut git)?).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_replaced_and_nothing_else() {
        let figure = |seen| Figure { what: "verify".into(), seen, unit: "µs", goal: Some(150.0) };
        let first = placed("# Page\n", &section("a", &[figure(90.04)]));
        assert!(first.contains("| verify | 150 µs | 90.0 µs | met |"), "{first}");
        let second = placed(&format!("{first}\nAfter.\n"), &section("b", &[figure(151.0)]));
        assert!(second.contains("| verify | 150 µs | 151 µs | **missed** |"), "{second}");
        assert!(!second.contains("revision a"), "{second}");
        assert!(second.starts_with("# Page\n") && second.ends_with("\nAfter.\n"), "{second}");
    }
}
