//! `cargo xtask bench`: builds the server and the harness, readies the peers, and measures.
//!
//! A whole run writes `bench/results/latest.json`, `docs/BENCHMARKS.md` and its charts; one that is
//! quick or has some scenarios only writes the same under `target/bench`. A peer whose runtime this
//! machine does not have is left out.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::command;
use crate::pinned;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fewer and shorter rounds on smaller installations: under three minutes once built
    #[arg(long)]
    quick: bool,
    /// Only these scenarios
    #[arg(long, value_name = "SCENARIO", num_args = 1..)]
    only: Vec<String>,
    /// How often each contestant's turn comes
    #[arg(long)]
    rounds: Option<u32>,
    /// Seconds of each turn
    #[arg(long)]
    seconds: Option<f64>,
    /// Write the page anew from the kept figures; measure nothing
    #[arg(long)]
    report: bool,
}

/// Measures, and writes what was found.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    // Apart: together, each would be built with the other's features.
    if !options.report {
        command::run(&mut workspace.cargo(["build", "--release", "--package", "tonegate"]))?;
    }
    command::run(&mut workspace.cargo(["build", "--release", "--package", "tonegate-bench"]))?;
    let program = |name: &str| workspace.target.join("release").join(name);
    let mut bench = workspace.program(program("tonegate-bench"));
    if options.report {
        return command::run(bench.arg("report"));
    }
    let work = workspace.target.join("bench");
    prepare_peers(workspace, &work.join("peers"))?;
    bench.arg("run").arg("--server").arg(program("tonegate")).arg("--work").arg(&work);
    bench.arg("--peers").arg(work.join("peers"));
    let (results, page) = if options.is_whole() {
        (
            workspace.root.join("bench/results/latest.json"),
            workspace.root.join("docs/BENCHMARKS.md"),
        )
    } else {
        (work.join("results.json"), work.join("BENCHMARKS.md"))
    };
    bench.arg("--results").arg(results).arg("--page").arg(page);
    command::run(options.pass_on(&mut bench))
}

impl Options {
    fn is_whole(&self) -> bool {
        !self.quick && self.only.is_empty() && self.rounds.is_none() && self.seconds.is_none()
    }

    fn pass_on<'c>(&self, bench: &'c mut Command) -> &'c mut Command {
        if self.quick {
            bench.arg("--quick");
        }
        for (flag, value) in [
            ("--rounds", self.rounds.map(|rounds| rounds.to_string())),
            ("--seconds", self.seconds.map(|seconds| seconds.to_string())),
        ] {
            bench.args(value.map(|value| [flag.to_owned(), value]).into_iter().flatten());
        }
        if !self.only.is_empty() {
            bench.arg("--only").args(&self.only);
        }
        bench
    }
}

/// Puts what the harness starts into `prepared`.
fn prepare_peers(workspace: &Workspace, prepared: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(prepared)?;
    let sources = workspace.root.join("bench/peers");
    for (name, done) in [
        ("Go", go(&sources, prepared)),
        ("Node", node(&sources, prepared)),
        ("FastAPI", fastapi(workspace, &sources, prepared)),
    ] {
        if let Err(error) = done {
            println!("left out: {name}: {error:#}");
        }
    }
    Ok(())
}

fn go(sources: &Path, prepared: &Path) -> anyhow::Result<()> {
    let built = prepared.join("go-peer");
    remove(&built)?;
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&built).arg(".").current_dir(sources.join("go"));
    command::run(&mut build)
}

fn node(sources: &Path, prepared: &Path) -> anyhow::Result<()> {
    let script = prepared.join("server.mjs");
    remove(&script)?;
    command::run(Command::new("node").arg("--version"))?;
    copy(&sources.join("node/server.mjs"), &script)
}

fn fastapi(workspace: &Workspace, sources: &Path, prepared: &Path) -> anyhow::Result<()> {
    copy(&sources.join("fastapi/server.py"), &prepared.join("server.py"))?;
    let installed = pinned::venv(workspace, &sources.join("fastapi/requirements.txt"), prepared);
    let venv = prepared.join("venv");
    if installed.is_err() && venv.exists() {
        fs::remove_dir_all(venv)?;
    }
    installed
}

/// What an earlier run left must not stand for a runtime that is gone.
fn remove(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let name = from.file_name().unwrap_or(OsStr::new("?")).display();
    fs::copy(from, to).with_context(|| format!("cannot copy {name}"))?;
    Ok(())
}
