//! The voice for browsers: module, types, tests under Node. The playground's walks are the console's.
//!
//! It has no column in the table of verdicts: its gate is the verifier's own, which the other languages hold.

use std::fs;

use anyhow::Context as _;

use super::Figure;
use super::package::{Package, compressed, folder, node};
use crate::command;
use crate::wasm;
use crate::workspace::Workspace;

const PACKAGE: Package = Package {
    sources: "bindings/voice",
    copy: "voice-package",
    module: "voice.wasm",
    language: "voice",
    parts: &[
        "README.md",
        "index.d.ts",
        "index.js",
        "js",
        "package.json",
        "playground",
        "sounds",
        "test",
        "tsconfig.json",
        "voice.wasm",
        "wav.d.ts",
        "wav.js",
        "worklet.js",
    ],
    published: &["index.js", "index.d.ts", "js/module.js", "voice.wasm", "wav.js", "worklet.js"],
};
/// More than this a page should not have to load, compressed.
const KILOBYTES_MAX: f64 = 450.0;

/// The module is what its sources make, and the package has its copy.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    PACKAGE.renew(workspace, &wasm::voice(workspace)?)?;
    PACKAGE.prepare(workspace)
}

/// Types, API.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let package = PACKAGE.folder(workspace);
    PACKAGE.check_types(workspace, &package)?;
    PACKAGE.check_under_node(workspace)?;
    PACKAGE.packs(workspace, &package)
}

/// Its size, and how much sound it processes in a second.
pub(crate) fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let package = PACKAGE.folder(workspace);
    let kilobytes = compressed(&package.join("voice.wasm"))? / 1_000.0;
    let what = "voice.wasm, gzip -9".to_owned();
    let mut figures = vec![Figure { what, seen: kilobytes, unit: "kB", goal: Some(KILOBYTES_MAX) }];
    let file = folder(workspace).join("voice-speed.json");
    let mut speed = node(workspace, &package);
    command::run(speed.arg("test/speed.mjs").arg(&file))?;
    let times: serde_json::Value = serde_json::from_slice(&fs::read(&file)?)?;
    for (what, share) in times.as_object().context("no figures")? {
        let seen = share.as_f64().with_context(|| format!("no figure of {what}"))?;
        let what = format!("10 ms of sound, {what}, Node");
        figures.push(Figure { what, seen, unit: "ms", goal: Some(1.0) });
    }
    Ok(figures)
}
