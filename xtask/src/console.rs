//! The console's checks: types, texts, and walks through a browser against a real server.
//!
//! What they need (a type checker, a driver, axe) is installed into `target/console` in the versions that
//! `xtask/console` pins; the browser is the system's Chromium.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::command;
use crate::pinned;
use crate::system;
use crate::workspace::Workspace;

/// Types and texts, which need no browser.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    prepare(workspace)?;
    let folder = folder(workspace);
    let console = workspace.root.join("console");
    let mut types = workspace.program("node");
    types.arg(folder.join("node_modules/typescript/bin/tsc")).arg("--project");
    command::run(types.arg(console.join("jsconfig.json")))?;
    command::run(workspace.program("node").arg("--test").args(tests(&console.join("tests"))?))
}

/// The walks. Screenshots of every page end up in `target/console/screenshots`.
pub(crate) fn walk(workspace: &Workspace) -> anyhow::Result<()> {
    prepare(workspace)?;
    system::ensure(&["chromium", "--version"], "chromium")?;
    command::run(&mut workspace.cargo(["build", "--package", "tonegate"]))?;
    let walks = folder(workspace).join("walks");
    copy(&workspace.root.join("xtask/console/walks"), &walks)?;
    // One browser at a time: two cores have enough to do with one and a server.
    let mut node = workspace.program("node");
    node.args(["--test", "--test-concurrency=1"]).args(tests(&walks)?);
    node.env("TONEGATE", workspace.target.join("debug/tonegate"));
    node.env("TONEGATE_REPOSITORY", &workspace.root);
    command::run(node.env("SCREENSHOTS", folder(workspace).join("screenshots")))
}

fn prepare(workspace: &Workspace) -> anyhow::Result<()> {
    pinned::npm(workspace, &workspace.root.join("xtask/console"), &folder(workspace))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("console")
}

/// The test files of a folder, in order.
fn tests(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.mjs");
    let mut tests: Vec<_> = paths.into_iter().filter(is_test).collect();
    tests.sort();
    anyhow::ensure!(!tests.is_empty(), "no tests in {}", folder.display());
    Ok(tests)
}

/// Walks stand next to `node_modules`: that is where ES modules look for a package.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
