//! `cargo xtask drill`: breaks parts of a running installation under load, and says whether what we promise
//! held.
//!
//! A long form's figures are kept in `crates/drills/results`, and `--report` writes them into
//! `docs/RELIABILITY.md`; a short form's go to `target/drills`. The released binary is what is drilled;
//! in CI the one that the tests have built.

use std::path::PathBuf;
use std::process::Command;

use crate::command;
use crate::system;
use crate::workspace::Workspace;

/// What the drills start, and the Debian packages that bring it.
const PROGRAMS: [(&[&str], &str); 8] = [
    (&["haproxy", "-v"], "haproxy"),
    (&["redis-server", "--version"], "redis-server"),
    (&["psql", "--version"], "postgresql"),
    (&["sh", "-c", "ls /usr/lib/postgresql/*/bin/initdb"], "postgresql"),
    (&["faketime", "--version"], "faketime"),
    (&["cc", "--version"], "build-essential"),
    (&["ip", "-V"], "iproute2"),
    (&["unshare", "--version"], "util-linux"),
];
/// The page with the figures.
const PAGE: &str = "docs/RELIABILITY.md";
/// Where the long forms' figures are kept.
const RESULTS: &str = "crates/drills/results";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which; `all` for all of them
    #[arg(value_name = "DRILL", required_unless_present_any = ["list", "report"])]
    drills: Vec<String>,
    /// List the drills
    #[arg(long, conflicts_with_all = ["drills", "report"])]
    list: bool,
    /// The form whose figures docs/RELIABILITY.md shows: more faults, more time
    #[arg(long)]
    long: bool,
    /// Print the figures as one JSON document too
    #[arg(long)]
    json: bool,
    /// For rolling-upgrade: a `tonegate` of the release before
    #[arg(long, value_name = "FILE")]
    older: Option<PathBuf>,
    /// Keep a short form's figures too, where no long form's are kept
    #[arg(long)]
    keep: bool,
    /// Write the kept figures into docs/RELIABILITY.md; break nothing
    #[arg(long, conflicts_with = "drills")]
    report: bool,
}

/// Lists, drills, or reports.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    // Apart: together, each would be built with the other's features.
    if !options.list && !options.report {
        programs()?;
        command::run(&mut workspace.cargo(["build", "--release", "--package", "tonegate"]))?;
    }
    command::run(&mut workspace.cargo(["build", "--release", "--package", "tonegate-drills"]))?;
    let mut drills = workspace.program(workspace.target.join("release/tonegate-drills"));
    if options.list {
        return command::run(drills.arg("list"));
    }
    let results = workspace.root.join(RESULTS);
    if options.report {
        drills.arg("report").arg("--kept").arg(&results).arg("--page");
        return command::run(drills.arg(workspace.root.join(PAGE)));
    }
    let keep = match options.long || options.keep {
        true => results,
        false => workspace.target.join("drills"),
    };
    drills.arg("run").args(&options.drills).arg("--keep").arg(keep);
    drills.arg("--server").arg(workspace.target.join("release/tonegate"));
    command::run(options.pass_on(&mut drills))
}

/// One step of `cargo xtask test`: every drill's short form, with the binary that the tests have built.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    programs()?;
    command::run(&mut workspace.cargo(["build", "--package", "tonegate"]))?;
    command::run(&mut workspace.cargo(["build", "--package", "tonegate-drills"]))?;
    let built = workspace.target.join("debug");
    let mut drills = workspace.program(built.join("tonegate-drills"));
    drills.args(["run", "all", "--server"]).arg(built.join("tonegate"));
    command::run(drills.arg("--keep").arg(workspace.target.join("drills")))
}

impl Options {
    fn pass_on<'c>(&self, drills: &'c mut Command) -> &'c mut Command {
        for (flag, given) in [("--long", self.long), ("--json", self.json)] {
            drills.args(given.then_some(flag));
        }
        if let Some(older) = &self.older {
            drills.arg("--older").arg(older);
        }
        drills
    }
}

fn programs() -> anyhow::Result<()> {
    PROGRAMS.iter().try_for_each(|(probe, package)| system::ensure(probe, package))
}
