//! `cargo xtask budget`: how many instructions a request may cost, held against `bench/budget.json`.
//!
//! Times differ from machine to machine and from minute to minute; instructions do not. callgrind
//! counts those of user space in `answer_counted` of crates/server/examples/budget.rs, once over few
//! requests and once over many of one kind: the difference is what a request costs, without what
//! happens once. Its processor is the same everywhere: it has AVX2, and neither AVX-512 nor
//! the SHA instructions, whatever runs underneath. Only the compiler and the C library still matter,
//! by far less than the twentieth that is allowed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::command;
use crate::system::{self, Missing};
use crate::workspace::Workspace;

/// Whether to look, or to accept what is.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write what was counted to bench/budget.json: from now on it is what a request may cost
    #[arg(long)]
    write: bool,
}

const FILE: &str = "bench/budget.json";
const KINDS: [&str; 4] = ["held", "forged", "unknown", "replayed"];
const FEW: u64 = 2_000;
const MANY: u64 = 10_000;
/// How much a request may cost above its budget, in per cent.
const TOLERANCE: u64 = 5;

/// Instructions per request, by kind.
type Budget = BTreeMap<String, u64>;

/// Counts, and compares or writes.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let counted = count(workspace)?;
    let path = workspace.root.join(FILE);
    if options.write {
        let json = serde_json::to_string_pretty(&counted)? + "\n";
        return fs::write(&path, json).with_context(|| format!("cannot write {FILE}"));
    }
    let json = fs::read(&path).with_context(|| format!("cannot read {FILE}"))?;
    let budget: Budget = serde_json::from_slice(&json).with_context(|| format!("bad {FILE}"))?;
    let grown = grown(&budget, &counted);
    if !grown.is_empty() {
        bail!(
            "{}\naccept it: cargo xtask budget --write, and say why in the commit",
            grown.join("\n")
        );
    }
    Ok(())
}

/// One step of `cargo xtask test`.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    run(workspace, &Options { write: false })
}

/// What costs too much now, in words.
fn grown(budget: &Budget, counted: &Budget) -> Vec<String> {
    let too_much = |(kind, now): (&String, &u64)| match budget.get(kind) {
        None => Some(format!("{kind}: {now} instructions a request, and no budget")),
        Some(may) if now * 100 > may * (100 + TOLERANCE) => {
            let by = (now - may) * 100 / may;
            Some(format!("{kind}: {now} instructions a request, {by} % over its {may}"))
        }
        Some(_) => None,
    };
    counted.iter().filter_map(too_much).collect()
}

fn count(workspace: &Workspace) -> anyhow::Result<Budget> {
    ready()?;
    let build = ["build", "--release", "--package", "tonegate-server", "--example", "budget"];
    command::run(&mut workspace.cargo(build))?;
    let mut counted = Budget::new();
    for kind in KINDS {
        let [few, many] = [FEW, MANY].map(|answered| instructions(workspace, kind, answered));
        let a_request = many?.saturating_sub(few?) / (MANY - FEW);
        println!("{kind}: {a_request} instructions a request");
        counted.insert(kind.to_owned(), a_request);
    }
    Ok(counted)
}

fn ready() -> anyhow::Result<()> {
    #[cfg(target_arch = "x86_64")]
    let comparable = is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    let comparable = false;
    if !comparable {
        return Err(Missing("the budget is counted on x86_64 with AVX2".into()).into());
    }
    system::ensure(&["valgrind", "--version"], "valgrind")
}

/// The instructions of all requests answered, in one run.
fn instructions(workspace: &Workspace, kind: &str, answered: u64) -> anyhow::Result<u64> {
    let counts = tempfile::NamedTempFile::new()?;
    let mut valgrind = workspace.program("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--toggle-collect=*answer_counted*"]);
    valgrind.arg(format!("--callgrind-out-file={}", counts.path().display()));
    valgrind.arg(workspace.target.join("release/examples/budget"));
    valgrind.args([kind, &MANY.to_string(), &answered.to_string()]);
    command::run(&mut valgrind)?;
    total(counts.path())
}

/// The sum that callgrind writes at the end of its file.
fn total(counts: &Path) -> anyhow::Result<u64> {
    let text = fs::read_to_string(counts).context("callgrind wrote nothing")?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.context("callgrind wrote no totals")?;
    total.trim().parse().with_context(|| format!("callgrind counted `{total}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget<const N: usize>(entries: [(&str, u64); N]) -> Budget {
        entries.map(|(kind, count)| (kind.to_owned(), count)).into()
    }

    #[test]
    fn a_twentieth_more_is_borne_and_no_more() {
        let may = budget([("held", 1_000), ("forged", 2_000)]);
        assert!(grown(&may, &budget([("held", 1_050), ("forged", 10)])).is_empty());
        let complaints = grown(&may, &budget([("held", 1_051), ("forged", 3_000)]));
        assert_eq!(
            complaints,
            [
                "forged: 3000 instructions a request, 50 % over its 2000",
                "held: 1051 instructions a request, 5 % over its 1000",
            ]
        );
    }

    #[test]
    fn what_has_no_budget_is_named() {
        let complaints = grown(&Budget::new(), &budget([("held", 7)]));
        assert_eq!(complaints, ["held: 7 instructions a request, and no budget"]);
    }
}
