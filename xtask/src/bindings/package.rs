//! A package of JavaScript around a WebAssembly module: how it is kept, checked and packed.
//!
//! Everything runs in a copy of the package under `target/`, beside the node_modules that
//! `xtask/wasm` pins: that is where ES modules look for a package. The module itself is committed with
//! the package, so that whoever clones has it without a compiler for WebAssembly; [`Package::renew`] holds it
//! against a fresh build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::command;
use crate::pinned;
use crate::system;
use crate::workspace::Workspace;

/// A package, and what belongs to it.
pub(super) struct Package {
    /// Where it lies in the repository.
    pub(super) sources: &'static str,
    /// The name of its copy.
    pub(super) copy: &'static str,
    /// The module's file.
    pub(super) module: &'static str,
    /// Its name as `cargo xtask bindings` knows it.
    pub(super) language: &'static str,
    /// What it consists of, and what tests it.
    pub(super) parts: &'static [&'static str],
    /// What apps need of it.
    pub(super) published: &'static [&'static str],
}

impl Package {
    /// Puts the module that was built into the package where it differs; in CI that fails.
    pub(super) fn renew(&self, workspace: &Workspace, built: &Path) -> anyhow::Result<()> {
        let built = fs::read(built)?;
        let Self { sources, module, language, .. } = self;
        let committed = workspace.root.join(sources).join(module);
        if fs::read(&committed).is_ok_and(|bytes| bytes == built) {
            return Ok(());
        }
        ensure!(
            !workspace.ci,
            "{sources}/{module} is not what its sources make: run `cargo xtask bindings {language}`"
        );
        println!("{sources}/{module} is renewed: commit it");
        fs::write(&committed, built).with_context(|| format!("cannot renew {module}"))
    }

    /// The package in its copy, with what checks it.
    pub(super) fn prepare(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let package = self.folder(workspace);
        pinned::npm(workspace, &workspace.root.join("xtask/wasm"), &package)?;
        for part in self.parts {
            let (from, to) = (workspace.root.join(self.sources).join(part), package.join(part));
            if to.is_dir() {
                fs::remove_dir_all(&to)?;
            }
            copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        Ok(())
    }

    /// Where its copy is.
    pub(super) fn folder(&self, workspace: &Workspace) -> PathBuf {
        folder(workspace).join(self.copy)
    }

    /// Its tests under Node.
    pub(super) fn check_under_node(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let package = self.folder(workspace);
        let mut tests = node(workspace, &package);
        tests.args(["--expose-gc", "--test"]).args(test_files(&package.join("test"))?);
        command::run(&mut tests)
    }

    /// Its types.
    pub(super) fn check_types(&self, workspace: &Workspace, package: &Path) -> anyhow::Result<()> {
        let mut types = node(workspace, package);
        types.arg("node_modules/typescript/bin/tsc").args(["--project", "tsconfig.json"]);
        command::run(&mut types)
    }

    /// Would npm publish what apps need, and nothing else?
    pub(super) fn packs(&self, workspace: &Workspace, package: &Path) -> anyhow::Result<()> {
        let mut npm = workspace.program("npm");
        npm.args(["pack", "--dry-run", "--json"]).current_dir(package);
        let packed: serde_json::Value = serde_json::from_slice(&command::output(&mut npm)?)?;
        let files = packed[0]["files"].as_array().context("npm lists no files")?;
        let named = |name: &str| files.iter().any(|file| file["path"] == name);
        for needed in self.published {
            ensure!(named(needed), "the package would lack {needed}");
        }
        let stray = files
            .iter()
            .find(|file| file["path"].as_str().is_none_or(|path| path.starts_with("test")));
        ensure!(stray.is_none(), "the package would hold {stray:?}");
        Ok(())
    }
}

pub(super) fn node(workspace: &Workspace, package: &Path) -> Command {
    let mut node = workspace.program("node");
    node.current_dir(package).env("TONEGATE_REPOSITORY", &workspace.root);
    node
}

pub(super) fn ensure_chromium() -> anyhow::Result<()> {
    system::ensure(&["chromium", "--version"], "chromium")
}

pub(super) fn compressed(file: &Path) -> anyhow::Result<f64> {
    let packed = command::output(Command::new("gzip").args(["-9", "--stdout"]).arg(file))?;
    Ok(u32::try_from(packed.len())?.into())
}

pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bindings")
}

pub(super) fn test_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
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
