//! The verifier for browsers and Node: module, types, tests under Node and in Chromium.
//!
//! Everything runs in a copy of the package under `target/`, beside the node_modules that
//! `xtask/wasm` pins: that is where ES modules look for a package. The module itself is committed with
//! the package, so that whoever clones has it without a compiler for WebAssembly; `check` holds it
//! against a fresh build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::Figure;
use crate::command;
use crate::pinned;
use crate::system;
use crate::wasm;
use crate::workspace::Workspace;

/// Where the results of [`vectors`] come from.
const PLACES: [&str; 2] = ["node", "chromium"];
/// What the package consists of, and what tests it.
const PARTS: [&str; 11] = [
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
];
/// More than this a page should not have to load, compressed.
const KILOBYTES_MAX: f64 = 40.0;
const VERIFY_MS_MAX: f64 = 2.0;

/// The module is what its sources make, and the package has its copy.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    renew(workspace)?;
    prepare(workspace)
}

/// Types, API, sessions, pages.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let package = package(workspace);
    let mut types = node(workspace, &package);
    command::run(
        types.arg("node_modules/typescript/bin/tsc").args(["--project", "tsconfig.json"]),
    )?;
    let mut tests = node(workspace, &package);
    command::run(tests.args(["--expose-gc", "--test"]).args(test_files(&package.join("test"))?))?;
    ensure_chromium()?;
    let mut walks = node(workspace, &package);
    // One browser at a time: two cores have enough to do with it.
    walks.args(["--test", "--test-concurrency=1"]).args(test_files(&package.join("test/browser"))?);
    command::run(walks.env("SCREENSHOTS", folder(workspace).join("wasm-screenshots")))?;
    packs(workspace, &package)
}

/// What Node and what Chromium made of the vectors.
pub(crate) fn vectors(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let package = package(workspace);
    PLACES.iter().map(|place| report(workspace, &package, "vectors", place)).collect()
}

/// Its size, and its times in both places.
pub(crate) fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let package = package(workspace);
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

/// Builds the module, and puts it into the package where it differs; in CI that fails.
fn renew(workspace: &Workspace) -> anyhow::Result<()> {
    let built = fs::read(wasm::module(workspace)?)?;
    let committed = sources(workspace).join("tonegate.wasm");
    if fs::read(&committed).is_ok_and(|bytes| bytes == built) {
        return Ok(());
    }
    ensure!(
        !workspace.ci,
        "bindings/wasm/tonegate.wasm is not what its sources make: run `cargo xtask bindings wasm`"
    );
    println!("bindings/wasm/tonegate.wasm is renewed: commit it");
    fs::write(&committed, built).context("cannot renew tonegate.wasm")
}

/// The package in its copy, with what checks it.
fn prepare(workspace: &Workspace) -> anyhow::Result<()> {
    let package = package(workspace);
    pinned::npm(workspace, &workspace.root.join("xtask/wasm"), &package)?;
    for part in PARTS {
        let (from, to) = (sources(workspace).join(part), package.join(part));
        if to.is_dir() {
            fs::remove_dir_all(&to)?;
        }
        copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

/// Would npm publish what apps need, and nothing else?
fn packs(workspace: &Workspace, package: &Path) -> anyhow::Result<()> {
    let mut npm = workspace.program("npm");
    npm.args(["pack", "--dry-run", "--json"]).current_dir(package);
    let packed: serde_json::Value = serde_json::from_slice(&command::output(&mut npm)?)?;
    let files = packed[0]["files"].as_array().context("npm lists no files")?;
    let named = |name: &str| files.iter().any(|file| file["path"] == name);
    for needed in ["index.js", "index.d.ts", "js/module.js", "node.js", "tonegate.wasm"] {
        ensure!(named(needed), "the package would lack {needed}");
    }
    let stray =
        files.iter().find(|file| file["path"].as_str().is_none_or(|path| path.starts_with("test")));
    ensure!(stray.is_none(), "the package would hold {stray:?}");
    Ok(())
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

fn node(workspace: &Workspace, package: &Path) -> Command {
    let mut node = workspace.program("node");
    node.current_dir(package).env("TONEGATE_REPOSITORY", &workspace.root);
    node
}

fn ensure_chromium() -> anyhow::Result<()> {
    system::ensure(&["chromium", "--version"], "chromium")
}

fn compressed(file: &Path) -> anyhow::Result<f64> {
    let packed = command::output(Command::new("gzip").args(["-9", "--stdout"]).arg(file))?;
    Ok(u32::try_from(packed.len())?.into())
}

fn sources(workspace: &Workspace) -> PathBuf {
    workspace.root.join("bindings/wasm")
}

fn package(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("wasm-package")
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bindings")
}

fn test_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.mjs");
    let mut tests: Vec<_> = paths.into_iter().filter(is_test).collect();
    tests.sort();
    ensure!(!tests.is_empty(), "no tests in {}", folder.display());
    Ok(tests)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if from.is_file() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}
