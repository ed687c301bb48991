//! The wheel: built by maturin, installed by pip as a newcomer would, tested, fuzzed and measured.
//!
//! Everything lies in `target/bindings/python`; what it takes from PyPI stands, with its versions, in
//! `bindings/python/requirements.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::Figure;
use crate::command;
use crate::pinned;
use crate::workspace::Workspace;

/// How long a check fuzzes, in seconds.
const FUZZ_SECS: u32 = 15;
/// One verification, in µs.
const VERIFY_MICROS: f64 = 150.0;

/// Builds the wheel and installs it into an environment of its own.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let requirements = binding(workspace).join("requirements.txt");
    pinned::venv(workspace, &requirements, &folder(workspace))?;
    let wheels = wheels(workspace);
    if wheels.exists() {
        fs::remove_dir_all(&wheels)?;
    }
    let mut maturin = workspace.program(bin(workspace).join("maturin"));
    maturin.args(["build", "--release", "--locked", "--manifest-path"]);
    maturin.arg(binding(workspace).join("Cargo.toml")).arg("--out").arg(&wheels);
    // Without it, each interpreter that it is built for would build its dependencies anew.
    maturin.arg("--interpreter").arg(bin(workspace).join("python"));
    command::run(maturin.env("CARGO_TARGET_DIR", &workspace.target))?;
    let mut pip = workspace.program(bin(workspace).join("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]);
    command::run(pip.arg("--force-reinstall").arg(only_wheel(&wheels)?))
}

/// Checks its types, runs its tests, fuzzes it for a moment.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut types = python(workspace, ["-m", "mypy", "--config-file", "pyproject.toml"]);
    command::run(types.arg("python"))?;
    // The stub of the native part against the module itself.
    command::run(&mut python(workspace, ["-m", "mypy.stubtest", "tonegate._native"]))?;
    let tests = ["-W", "error::ResourceWarning", "-m", "unittest", "discover", "-s", "tests"];
    command::run(&mut python(workspace, tests))?;
    fuzz(workspace, FUZZ_SECS)
}

/// Walks the vectors; where the results lie.
pub(crate) fn vectors(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let results = workspace.target.join("bindings/python.json");
    command::run(python(workspace, ["tests/vectors.py"]).arg(&results))?;
    Ok(results)
}

/// What a call and the wheel cost on this machine.
pub(crate) fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let output = command::output(&mut python(workspace, ["tests/measure.py"]))?;
    let seen: Value = serde_json::from_slice(&output).context("tests/measure.py prints JSON")?;
    let of = |name: &str| {
        seen[name].as_f64().with_context(|| format!("tests/measure.py says nothing of {name}"))
    };
    let bytes = u32::try_from(fs::metadata(only_wheel(&wheels(workspace))?)?.len())?;
    let figure = |what: &str, seen, unit, goal| Figure { what: what.to_owned(), seen, unit, goal };
    Ok(vec![
        figure("Python: verify", of("verify_us")?, "µs", Some(VERIFY_MICROS)),
        figure("Python: Gate.check with its own clocks", of("check_ns")?, "ns", None),
        figure("Python: Gate.check at a given time", of("check_at_ns")?, "ns", None),
        figure("Python: the wheel", f64::from(bytes) / 1024.0, "KB", None),
    ])
}

/// Fuzzes for as long as you like.
pub(crate) fn fuzz(workspace: &Workspace, seconds: u32) -> anyhow::Result<()> {
    let found = folder(workspace).join("fuzz");
    fs::create_dir_all(&found)?;
    let mut fuzz = python(workspace, ["tests/fuzz.py"]);
    fuzz.env("FIGURES", folder(workspace).join("fuzz.json"));
    fuzz.arg(format!("-artifact_prefix={}/", folder(workspace).display()));
    fuzz.arg(format!("-max_total_time={seconds}")).args(["-timeout=10", "-verbosity=0"]);
    command::run(fuzz.arg(found))?;
    println!("{}", fs::read_to_string(folder(workspace).join("fuzz.json"))?);
    Ok(())
}

/// The environment's Python, in the binding's folder.
fn python<const N: usize>(workspace: &Workspace, arguments: [&str; N]) -> Command {
    let mut python = workspace.program(bin(workspace).join("python"));
    // The sources stay as they are: nothing compiled beside them.
    python.args(arguments).current_dir(binding(workspace)).env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("MYPY_CACHE_DIR", folder(workspace).join("mypy"));
    python
}

fn only_wheel(folder: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    ensure!(entries.len() == 1, "{} holds {} files, not one", folder.display(), entries.len());
    let wheel = entries.first().context("there is no wheel")?;
    Ok(wheel.path())
}

fn binding(workspace: &Workspace) -> PathBuf {
    workspace.root.join("bindings/python")
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bindings/python")
}

fn wheels(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("wheels")
}

fn bin(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("venv/bin")
}
