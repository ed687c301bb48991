//! `cargo xtask fuzz`: long fuzzing by command, and the quick replay of the kept corpora.
//!
//! What a target does lies in `fuzz/src`. New inputs go to `target/fuzz`, never into the kept
//! corpus: a person picks what is worth keeping, above all every input that once failed.

use std::fs;

use anyhow::ensure;

use crate::command;
use crate::tools;
use crate::workspace::Workspace;

/// What to fuzz, and for how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The target; all of them, one after the other, when none is named
    target: Option<String>,
    /// How long each target is fuzzed, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run each kept input once and end; needs no fuzzer
    #[arg(long, conflicts_with_all = ["target", "seconds"])]
    replay: bool,
}

/// Fuzzes the targets asked for, or replays all.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    if options.replay {
        return replay(workspace);
    }
    let mut names = targets(workspace)?;
    if let Some(chosen) = &options.target {
        ensure!(
            names.contains(chosen),
            "there is no target {chosen}; there are: {}",
            names.join(", ")
        );
        names.retain(|name| name == chosen);
    }
    tools::ensure(workspace, &tools::FUZZ)?;
    names.iter().try_for_each(|name| fuzz(workspace, name, options.seconds))
}

/// Runs every kept input through its target, in an ordinary test.
pub(crate) fn replay(workspace: &Workspace) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo(["test", "--no-default-features"]);
    // The repository's own target folder: what both workspaces depend on is built once.
    cargo.args(["--manifest-path", "fuzz/Cargo.toml", "--target-dir"]).arg(&workspace.target);
    command::run(&mut cargo)
}

fn fuzz(workspace: &Workspace, name: &str, seconds: u32) -> anyhow::Result<()> {
    let found = workspace.target.join("fuzz").join(name);
    fs::create_dir_all(&found)?;
    let mut cargo = workspace.cargo(["fuzz", "run", name]);
    cargo.arg(found).arg(format!("fuzz/corpus/{name}"));
    cargo.args(["--", &format!("-max_total_time={seconds}")]);
    // Sanitizers and coverage are unstable flags of the compiler we have.
    command::run(cargo.env("RUSTC_BOOTSTRAP", "1"))
}

/// One target is one file in `fuzz/fuzz_targets`.
fn targets(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace.root.join("fuzz/fuzz_targets"))? {
        if let Some(name) = entry?.path().file_stem() {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
