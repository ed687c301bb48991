//! The verifier for browsers and Node: module, types, tests under Node and in Chromium.
//!
//! Invariant: what is committed is what the sources make, small and fast enough for a page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Figure;
use super::package::{Package, compressed, ensure_chromium, folder, node, test_files};
use crate::command;
use crate::wasm;
use crate::workspace::Workspace;

/// Where the results of [`vectors`] come from.
const PLACES: [&str; 2] = ["node", "chromium"];
const PACKAGE: Package = Package {
    sources: "bindings/wasm",
    copy: "wasm-package",
    module: "tonegate.wasm",
    language: "wasm",
    parts: &[
        "README.md",
        "example",
        "index.d.ts",
        "index.js",
        "js",
        "node.d.ts",
        "node.js",
        "package.json",
        "test",
        "tonegate.wasm",
        "tsconfig.json",
    ],
    published: &["index.js", "index.d.ts", "js/module.js", "node.js", "tonegate.wasm"],
};
/// More than this a page should not have to load, compressed.
const KILOBYTES_MAX: f64 = 40.0;
const VERIFY_MS_MAX: f64 = 2.0;

/// The module is what its sources make, and the package has its copy.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    PACKAGE.renew(workspace, &wasm::module(workspace)?)?;
    PACKAGE.prepare(workspace)
}

/// Types, API, sessions, pages.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let package = PACKAGE.folder(workspace);
    PACKAGE.check_types(workspace, &package)?;
    PACKAGE.check_under_node(workspace)?;
    ensure_chromium()?;
    let mut walks = node(workspace, &package);
    // One browser at a time: two cores have enough to do with it.
    walks.args(["--test", "--test-concurrency=1"]).args(test_files(&package.join("test/browser"))?);
    command::run(walks.env("SCREENSHOTS", folder(workspace).join("wasm-screenshots")))?;
    PACKAGE.packs(workspace, &package)
}

/// What Node and what Chromium made of the vectors.
pub(crate) fn vectors(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let package = PACKAGE.folder(workspace);
    PLACES.iter().map(|place| report(workspace, &package, "vectors", place)).collect()
}

/// Its size, and its times in both places.
pub(crate) fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let package = PACKAGE.folder(workspace);
    let kilobytes = compressed(&package.join("tonegate.wasm"))? / 1_000.0;
    let what = "tonegate.wasm, gzip -9".to_owned();
    let mut figures = vec![Figure { what, seen: kilobytes, unit: "kB", goal: Some(KILOBYTES_MAX) }];
    for (place, shown) in PLACES.iter().zip(["Node", "Chromium"]) {
        let file = report(workspace, &package, "speed", place)?;
        let times: serde_json::Value = serde_json::from_slice(&fs::read(&file)?)?;
        let rows = [
            ("verify", "verify_ms", "ms", Some(VERIFY_MS_MAX)),
            ("explain", "explain_ms", "ms", None),
            ("load into a gate", "load_ms", "ms", None),
            ("check of a feature", "check_us", "µs", None),
        ];
        for (name, member, unit, goal) in rows {
            let seen = times[member].as_f64().with_context(|| format!("no {member}"))?;
            figures.push(Figure { what: format!("{name}, {shown}"), seen, unit, goal });
        }
    }
    Ok(figures)
}

/// Runs test/report.mjs; where it wrote to.
fn report(
    workspace: &Workspace,
    package: &Path,
    what: &str,
    place: &str,
) -> anyhow::Result<PathBuf> {
    if place == "chromium" {
        ensure_chromium()?;
    }
    let name = if what == "vectors" { "wasm" } else { "wasm-speed" };
    let file = folder(workspace).join(format!("{name}-{place}.json"));
    let mut node = node(workspace, package);
    command::run(node.args(["test/report.mjs", what, place]).arg(&file))?;
    Ok(file)
}
