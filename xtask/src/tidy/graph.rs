//! Holds the dependencies between our crates against the table in ARCHITECTURE.md.
//!
//! Tests may depend on more than the crate they test does, but never on one that is built on it:
//! cargo would link the crate twice, and its types would not be its own.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, PackageId};

use super::architecture::Graph;

/// What ships inside apps.
const SHIPPED_IN_APPS: &[&str] = &[
    "tonegate-license",
    "tonegate-voice",
    "tonegate-c",
    "tonegate-wasm",
    "tonegate-voice-wasm",
    "tonegate-python",
    "tonegate-java",
];
/// What can sign: nothing that ships inside apps may link it, however far down.
const CAN_SIGN: &[&str] = &["tonegate-issuer", "aws-lc-rs", "aws-lc-sys", "ring"];

/// One dependency between two crates of ours.
struct Edge<'m> {
    from: &'m str,
    to: &'m str,
    kind: DependencyKind,
}

/// What the workspace does that the graph does not allow.
pub(super) fn complaints(metadata: &Metadata, graph: &Graph) -> Vec<String> {
    let members = members(metadata);
    let mut complaints: Vec<_> =
        edges(metadata, &members).iter().filter_map(|edge| complaint(graph, edge)).collect();
    complaints.extend(unknown(graph, &members));
    for shipped in SHIPPED_IN_APPS {
        let linked = linked(metadata, shipped);
        let signers = CAN_SIGN.iter().filter(|name| linked.contains(*name));
        complaints
            .extend(signers.map(|name| format!("{shipped} ships inside apps and links {name}")));
    }
    complaints
}

/// The names of our packages.
pub(super) fn members(metadata: &Metadata) -> BTreeSet<&str> {
    metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect()
}

fn unknown(graph: &Graph, members: &BTreeSet<&str>) -> Vec<String> {
    let rows = graph.packages();
    let new = members.difference(&rows);
    let gone = rows.difference(members);
    new.map(|name| format!("{name} has no row in ARCHITECTURE.md"))
        .chain(gone.map(|name| format!("{name} has a row in ARCHITECTURE.md and does not exist")))
        .collect()
}

fn edges<'m>(metadata: &'m Metadata, members: &BTreeSet<&str>) -> Vec<Edge<'m>> {
    let mut edges = Vec::new();
    for package in metadata.workspace_packages() {
        let ours = package.dependencies.iter().filter(|to| members.contains(to.name.as_str()));
        edges.extend(ours.map(|to| Edge { from: &package.name, to: &to.name, kind: to.kind }));
    }
    edges
}

fn complaint(graph: &Graph, &Edge { from, to, kind }: &Edge<'_>) -> Option<String> {
    match kind {
        DependencyKind::Development if from == to || graph.reaches(to, from) => Some(format!(
            "tests of {from} depend on {to}, which is built on {from}: move them to {to}"
        )),
        DependencyKind::Development => None,
        _ if graph.allows(from, to) => None,
        _ => Some(format!("{from} may not depend on {to}")),
    }
}

/// The names of all packages that end up in a program together with `name`, on any platform.
fn linked<'m>(metadata: &'m Metadata, name: &str) -> BTreeSet<&'m str> {
    let names: BTreeMap<&PackageId, &str> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: BTreeMap<&PackageId, _> = nodes.map(|node| (&node.id, node)).collect();
    let mut linked = BTreeSet::new();
    let mut open: Vec<&PackageId> =
        metadata.packages.iter().filter(|package| package.name == name).map(|p| &p.id).collect();
    while let Some(id) = open.pop() {
        if linked.insert(id)
            && let Some(node) = nodes.get(id)
        {
            let normal = node.deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            });
            open.extend(normal.map(|dependency| &dependency.pkg));
        }
    }
    linked.iter().filter_map(|id| names.get(id).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| Crate | Its job | Depends on |\n| --- | --- | --- |\n\
        | `license` | it | – |\n| `protocol` | it | – |\n| `issuer` | it | license |\n\
        | `server` | it | protocol, issuer |\n";

    fn check(from: &str, to: &str, kind: DependencyKind, expected: Option<&str>) {
        let graph = Graph::read(TABLE);
        assert_eq!(complaint(&graph, &Edge { from, to, kind }).as_deref(), expected);
    }

    #[test]
    fn dependencies_follow_the_table() {
        let normal = DependencyKind::Normal;
        check("tonegate-issuer", "tonegate-license", normal, None);
        let against = "tonegate-license may not depend on tonegate-protocol";
        check("tonegate-license", "tonegate-protocol", normal, Some(against));
        // What is reached by way of another is not meant to be used directly.
        let around = "tonegate-server may not depend on tonegate-license";
        check("tonegate-server", "tonegate-license", normal, Some(around));
    }

    #[test]
    fn tests_may_reach_sideways_but_not_up() {
        let development = DependencyKind::Development;
        check("tonegate-protocol", "tonegate-issuer", development, None);
        let up = "tests of tonegate-license depend on tonegate-server, which is built on \
                  tonegate-license: move them to tonegate-server";
        check("tonegate-license", "tonegate-server", development, Some(up));
    }

    #[test]
    fn rows_and_crates_are_the_same_ones() {
        let graph = Graph::read(TABLE);
        let mut members = graph.packages();
        assert_eq!(unknown(&graph, &members), <Vec<String>>::new());
        members.insert("tonegate-relay");
        members.remove("tonegate-server");
        let expected = [
            "tonegate-relay has no row in ARCHITECTURE.md",
            "tonegate-server has a row in ARCHITECTURE.md and does not exist",
        ];
        assert_eq!(unknown(&graph, &members), expected);
    }
}
