//! `cargo xtask test`: everything CI runs, one step after the other, and a table at the end.
//!
//! Stops at the first failure. What this machine cannot offer is left out and named; in CI it
//! fails, except for the advisories, whose database needs the network.

mod report;

use anyhow::bail;

use crate::bindings;
use crate::budget;
use crate::command;
use crate::console;
use crate::drill;
use crate::fuzz;
use crate::generated;
use crate::interop;
use crate::schemathesis;
use crate::system::{self, Missing};
use crate::tidy;
use crate::tools;
use crate::wasm;
use crate::workspace::Workspace;
use report::{Outcome, Report};

/// Which steps to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these steps; all but the long ones when none is named
    #[arg(value_name = "STEP", value_parser = STEPS.map(|step| step.name))]
    steps: Vec<String>,
    /// Only what needs no download: format, tidy, clippy, tests
    #[arg(long, conflicts_with = "steps")]
    quick: bool,
    /// Also what takes long: schemathesis
    #[arg(long, conflicts_with_all = ["steps", "quick"])]
    full: bool,
}

struct Step {
    name: &'static str,
    kind: Kind,
    run: fn(&Workspace) -> anyhow::Result<()>,
}

/// When a step is run without being named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Always.
    Quick,
    /// Unless only quick ones are wanted.
    Usual,
    /// When somebody has the time.
    Long,
}

/// In the order of what fails soonest and is mended most easily.
const STEPS: [Step; 24] = [
    Step { name: "tidy", kind: Kind::Quick, run: tidy::run },
    Step { name: "format", kind: Kind::Quick, run: format },
    Step { name: "compiler", kind: Kind::Quick, run: compiler },
    Step { name: "clippy", kind: Kind::Quick, run: clippy },
    Step { name: "interop", kind: Kind::Usual, run: interop::prepare },
    Step { name: "languages", kind: Kind::Usual, run: languages },
    Step { name: "balancers", kind: Kind::Usual, run: balancers },
    Step { name: "console", kind: Kind::Usual, run: console::check },
    Step { name: "postgresql", kind: Kind::Usual, run: postgresql },
    Step { name: "tests", kind: Kind::Quick, run: tests },
    Step { name: "stores", kind: Kind::Usual, run: stores },
    Step { name: "bindings", kind: Kind::Usual, run: bindings::check },
    Step { name: "browser", kind: Kind::Usual, run: console::walk },
    Step { name: "drills", kind: Kind::Usual, run: drill::check },
    Step { name: "schemathesis", kind: Kind::Long, run: schemathesis::run },
    Step { name: "doctests", kind: Kind::Usual, run: doctests },
    Step { name: "rustdoc", kind: Kind::Usual, run: rustdoc },
    Step { name: "generated", kind: Kind::Usual, run: generated },
    Step { name: "no_std", kind: Kind::Usual, run: wasm::run },
    Step { name: "corpora", kind: Kind::Usual, run: fuzz::replay },
    Step { name: "budget", kind: Kind::Usual, run: budget::check },
    Step { name: "unused", kind: Kind::Usual, run: unused },
    Step { name: "deny", kind: Kind::Usual, run: deny },
    Step { name: "advisories", kind: Kind::Usual, run: advisories },
];

/// The one step that CI too may leave out.
const OPTIONAL: &str = "advisories";

/// Runs the steps chosen. `Err`: one failed, the later ones were not run.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut report = Report::start();
    for step in STEPS.iter().filter(|step| options.include(step)) {
        report.heading(step.name);
        let outcome = outcome(workspace.ci, step.name, (step.run)(workspace));
        report.step(step.name, outcome);
        if report.failed() {
            break;
        }
    }
    report.print();
    match report.failure() {
        Some((name, error)) => bail!("{name}: {error}\nrun it alone: cargo xtask test {name}"),
        None => Ok(()),
    }
}

impl Options {
    fn include(&self, step: &Step) -> bool {
        if !self.steps.is_empty() {
            return self.steps.iter().any(|name| name == step.name);
        }
        match step.kind {
            Kind::Quick => true,
            Kind::Usual => !self.quick,
            Kind::Long => self.full,
        }
    }
}

fn outcome(ci: bool, name: &str, result: anyhow::Result<()>) -> Outcome {
    match result {
        Ok(()) => Outcome::Passed,
        Err(error) if error.is::<Missing>() && (!ci || name == OPTIONAL) => {
            println!("left out: {error:#}");
            Outcome::LeftOut(format!("{error:#}"))
        }
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

fn format(workspace: &Workspace) -> anyhow::Result<()> {
    command::run(&mut workspace.cargo(["fmt", "--all", "--check"]))?;
    command::run(&mut workspace.cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
}

/// Some dependencies are C inside.
fn compiler(_: &Workspace) -> anyhow::Result<()> {
    system::ensure(&["cc", "--version"], "build-essential")?;
    system::ensure(&["c++", "--version"], "build-essential")
}

fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    let mut ours = workspace.cargo(["clippy", "--workspace", "--all-targets"]);
    command::run(ours.args(["--", "--deny", "warnings"]))?;
    let mut fuzz = workspace.cargo(["clippy", "--manifest-path", "fuzz/Cargo.toml"]);
    fuzz.args(["--all-targets", "--target-dir"]).arg(&workspace.target);
    command::run(fuzz.args(["--", "--deny", "warnings"]))
}

/// Those of examples/backends, which the tests run.
fn languages(_: &Workspace) -> anyhow::Result<()> {
    let tried = [
        (["python3", "--version"], "python3"),
        (["node", "--version"], "nodejs"),
        (["go", "version"], "golang-go"),
        (["javac", "--version"], "default-jdk-headless"),
        (["php", "--version"], "php-cli"),
    ]
    // One that is not to be had takes nothing from the others.
    .map(|(probe, package)| system::ensure(&probe, package));
    tried.into_iter().collect()
}

/// What reads and runs the examples of deploy/.
fn balancers(_: &Workspace) -> anyhow::Result<()> {
    let tried = [
        (["haproxy", "-v"], "haproxy"),
        (["nginx", "-v"], "nginx-light"),
        (["promtool", "--version"], "prometheus"),
        (["systemd-analyze", "--version"], "systemd"),
    ]
    .map(|(probe, package)| system::ensure(&probe, package));
    tried.into_iter().collect()
}

/// A server that tests start for themselves; its programs are not in Debian's path.
fn postgresql(_: &Workspace) -> anyhow::Result<()> {
    const PROBE: &str = "initdb --version || ls /usr/lib/postgresql/*/bin/initdb";
    system::ensure(&["sh", "-c", PROBE], "postgresql-15")
}

/// What the store is tested by, on PostgreSQL: in one process, which starts one cluster for all.
fn stores(workspace: &Workspace) -> anyhow::Result<()> {
    let mut tests = workspace.cargo(["test", "--package", "tonegate-server", "--lib"]);
    command::run(tests.env("TONEGATE_TEST_ENGINE", "postgres"))
}

fn tests(workspace: &Workspace) -> anyhow::Result<()> {
    system::ensure(&["redis-server", "--version"], "redis-server")?;
    // A hardware token, as the tests of issuing keys need one.
    system::ensure(&["softhsm2-util", "--version"], "softhsm2")?;
    // Looks at such a token from outside.
    system::ensure(&["opensc-tool", "--version"], "opensc")?;
    let nextest = command::succeeds(&mut workspace.cargo(["nextest", "--version"]));
    let mut tests = if nextest {
        workspace.cargo(["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        workspace.cargo(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
    };
    if interop::is_prepared(workspace) {
        tests.env(interop::VARIABLE, interop::folder(workspace));
    }
    command::run(&mut tests)
}

fn doctests(workspace: &Workspace) -> anyhow::Result<()> {
    command::run(&mut workspace.cargo(["test", "--workspace", "--doc"]))
}

fn rustdoc(workspace: &Workspace) -> anyhow::Result<()> {
    let mut doc = workspace.cargo(["doc", "--workspace", "--no-deps"]);
    command::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn generated(workspace: &Workspace) -> anyhow::Result<()> {
    generated::check(workspace, generated::VECTORS)?;
    generated::check(workspace, generated::SOUNDS)?;
    generated::check(workspace, generated::DOCS)
}

fn unused(workspace: &Workspace) -> anyhow::Result<()> {
    tools::ensure(workspace, &tools::MACHETE)?;
    command::run(&mut workspace.cargo(["machete", "--with-metadata", "crates", "xtask", "fuzz"]))
}

fn deny(workspace: &Workspace) -> anyhow::Result<()> {
    tools::ensure(workspace, &tools::DENY)?;
    command::run(&mut workspace.cargo([
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

fn advisories(workspace: &Workspace) -> anyhow::Result<()> {
    tools::ensure(workspace, &tools::DENY)?;
    let mut fetch = workspace.cargo(["deny", "fetch", "db"]);
    // A network that answers nothing is no network: 30 s without data is enough to know.
    fetch.envs([("GIT_HTTP_LOW_SPEED_LIMIT", "1"), ("GIT_HTTP_LOW_SPEED_TIME", "30")]);
    if !command::succeeds(&mut fetch) {
        return Err(Missing("the advisory database is not to be had".into()).into());
    }
    command::run(&mut workspace.cargo(["deny", "check", "--disable-fetch", "advisories"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> anyhow::Result<()> {
        Err(Missing("no node".into()).into())
    }

    #[test]
    fn ci_leaves_nothing_out_but_the_advisories() {
        assert!(matches!(outcome(false, "interop", missing()), Outcome::LeftOut(_)));
        assert!(matches!(outcome(true, "interop", missing()), Outcome::Failed(_)));
        assert!(matches!(outcome(true, OPTIONAL, missing()), Outcome::LeftOut(_)));
    }

    #[test]
    fn a_failure_is_never_left_out() {
        let failure = || Err(anyhow::anyhow!("exit status: 1"));
        assert!(matches!(outcome(false, OPTIONAL, failure()), Outcome::Failed(_)));
    }
}
