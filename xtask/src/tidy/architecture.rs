//! Reads ARCHITECTURE.md: the table of crates, which is the rule, and the crates it mentions.
//!
//! A row of the table is ``| `folder` | its job | folder, folder |``. Anywhere else a crate is
//! written `crates/<folder>`.

use std::collections::{BTreeMap, BTreeSet};

/// The head of the table.
const HEAD: &str = "| Crate | Its job | Depends on |";

/// Which of our packages each of them may be built on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    /// The table as it stands in the document, and the program that checks it.
    pub(super) fn read(document: &str) -> Self {
        let rows = document.lines().skip_while(|line| *line != HEAD).skip(2);
        let rows = rows.take_while(|line| line.starts_with('|')).filter_map(row);
        Self(rows.chain([("xtask".to_owned(), BTreeSet::new())]).collect())
    }

    /// The packages that have a row.
    pub(super) fn packages(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// May `from` depend on `to`?
    pub(super) fn allows(&self, from: &str, to: &str) -> bool {
        self.0.get(from).is_some_and(|allowed| allowed.contains(to))
    }

    /// Can `from` reach `to` by what it may depend on?
    pub(super) fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            let allowed = self.0.get(next).into_iter().flatten();
            open.extend(allowed.map(String::as_str).filter(|package| seen.insert(*package)));
        }
        seen.contains(to)
    }
}

/// The packages of crates that the document mentions as `crates/<folder>`.
pub(super) fn mentioned(document: &str) -> BTreeSet<String> {
    let names = document.split("crates/").skip(1).map(word).filter(|name| !name.is_empty());
    names.map(package).collect()
}

fn row(line: &str) -> Option<(String, BTreeSet<String>)> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let folder = cells.next()?.trim_matches('`');
    let dependencies = cells.next_back()?.split(',').map(word).filter(|name| !name.is_empty());
    Some((package(folder), dependencies.map(package).collect()))
}

/// The package in a folder of `crates/`.
fn package(folder: impl AsRef<str>) -> String {
    match folder.as_ref() {
        "tonegate" => "tonegate".to_owned(),
        folder => format!("tonegate-{folder}"),
    }
}

fn word(text: &str) -> String {
    let text = text.trim_start().chars();
    text.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# Architecture\n\n| Crate | Its job | Depends on |\n| --- | --- | --- |\n\
        | `license` | what it is | – |\n| `issuer` | signs; see crates/license | license |\n\
        | `tonegate` | the binary | issuer, license |\n\nBeside them: `crates/relay/src`.\n";

    #[test]
    fn the_table_is_the_graph() {
        let graph = Graph::read(DOCUMENT);
        let packages = ["tonegate", "tonegate-issuer", "tonegate-license", "xtask"];
        assert_eq!(graph.packages(), packages.into());
        assert!(graph.allows("tonegate-issuer", "tonegate-license"));
        assert!(!graph.allows("tonegate-license", "tonegate-issuer"));
        assert!(graph.reaches("tonegate", "tonegate-license"));
        assert!(!graph.reaches("tonegate-license", "tonegate-license"));
    }

    #[test]
    fn mentions_are_found_anywhere() {
        let packages = ["tonegate-license", "tonegate-relay"].map(str::to_owned);
        assert_eq!(mentioned(DOCUMENT), packages.into());
    }
}
