//! Runs drills, prints what they found, keeps the figures.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::drill::{self, Drill};
use crate::findings::Findings;
use crate::machine::Machine;
use crate::stage::Stage;
use crate::{clock, enclosure};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which; `all` for all of them
    #[arg(required = true, value_name = "DRILL")]
    drills: Vec<String>,
    /// The form whose figures docs/RELIABILITY.md shows: more faults, more time
    #[arg(long)]
    long: bool,
    /// The `tonegate` under test
    #[arg(long, value_name = "FILE")]
    server: PathBuf,
    /// The `tonegate` to upgrade from and to go back to; without it, the same one
    #[arg(long, value_name = "FILE")]
    older: Option<PathBuf>,
    /// Keep the figures in this directory, one file a drill
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Print the figures as one JSON document too
    #[arg(long)]
    json: bool,
}

/// One run of one drill, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Its name.
    pub(crate) drill: String,
    /// The long form?
    pub(crate) long: bool,
    /// When it ended, RFC 3339.
    pub(crate) date: String,
    /// Seconds that it took.
    pub(crate) seconds: u64,
    /// The command that repeats it.
    pub(crate) command: String,
    /// How the `tonegate` was built: the folder that it lay in, `release` or `debug`.
    pub(crate) build: String,
    /// The source's revision.
    pub(crate) revision: String,
    /// Was each node in a network namespace of its own?
    pub(crate) namespaces: bool,
    /// Where.
    pub(crate) machine: Machine,
    /// What was found.
    pub(crate) findings: Findings,
}

/// Runs them, one after the other; `true`: every goal was met.
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    let drills = chosen(&options.drills)?;
    let mut all_met = true;
    for drill in drills {
        // Each in an enclosure of its own: what one leaves behind is gone before the next.
        if options.drills != [drill.name] && !enclosure::is_inside() {
            all_met &= alone(options, drill)?;
            continue;
        }
        match enclosure::enter()? {
            Some(status) => all_met &= status.success(),
            None => all_met &= here(options, drill)?,
        }
    }
    Ok(all_met)
}

/// This program again, with one drill.
fn alone(options: &Options, drill: &Drill) -> anyhow::Result<bool> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.arg("run").arg(drill.name).arg("--server").arg(&options.server);
    for (flag, given) in [("--long", options.long), ("--json", options.json)] {
        command.args(given.then_some(flag));
    }
    for (flag, path) in [("--keep", &options.keep), ("--older", &options.older)] {
        command.args(path.iter().flat_map(|path| [OsStr::new(flag), path.as_os_str()]));
    }
    Ok(command.status()?.success())
}

fn here(options: &Options, drill: &Drill) -> anyhow::Result<bool> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    let ran = runtime.block_on(interruptible(options, drill));
    runtime.shutdown_timeout(Duration::from_secs(5));
    ran
}

/// Interrupted, the drill is dropped, and every process with it.
async fn interruptible(options: &Options, drill: &Drill) -> anyhow::Result<bool> {
    let (mut interrupt, mut end) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        ran = play(options, drill) => ran,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = end.recv() => bail!("interrupted"),
    }
}

async fn play(options: &Options, drill: &Drill) -> anyhow::Result<bool> {
    let form = if options.long { "long" } else { "short" };
    println!("\n{} ({form} form): {}", drill.name, drill.promise);
    let stage = Stage::open(&options.server, options.older.as_deref(), options.long).await?;
    let namespaces = stage.network.is_enclosed();
    let stage_server = stage.server.clone();
    let begun = clock::monotonic();
    let findings = match (drill.run)(&stage).await {
        Ok(findings) => findings,
        Err(error) => {
            let kept = stage.keep();
            return Err(error.context(format!("{} (its files: {})", drill.name, kept.display())));
        }
    };
    let seconds = (clock::monotonic() - begun).as_secs();
    findings.print();
    println!("{seconds} s");
    if !findings.all_met() {
        println!("missed; its files: {}", stage.keep().display());
    }
    let kept = Kept {
        drill: drill.name.to_owned(),
        long: options.long,
        date: jiff::Timestamp::from_second(clock::unix_seconds())?.to_string(),
        seconds,
        command: format!(
            "cargo xtask drill {}{}",
            drill.name,
            if options.long { " --long" } else { "" }
        ),
        build: folder(&stage_server),
        revision: revision(),
        namespaces,
        machine: Machine::this(),
        findings,
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&kept)?);
    }
    if let Some(keep) = &options.keep {
        fs::create_dir_all(keep)?;
        let file = keep.join(format!("{}.json", drill.name));
        fs::write(&file, serde_json::to_string_pretty(&kept)? + "\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(kept.findings.all_met())
}

/// The name of the folder that a file lies in.
fn folder(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    folder.to_string_lossy().into_owned()
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Drill>> {
    if names == ["all"] {
        return Ok(drill::DRILLS.iter().collect());
    }
    let find = |name: &String| {
        let found = drill::DRILLS.iter().find(|drill| drill.name == name);
        found.with_context(|| format!("there is no drill `{name}`; see `cargo xtask drill --list`"))
    };
    names.iter().map(find).collect()
}

/// The source's revision, shortened; `+`: something is changed in it.
fn revision() -> String {
    let said = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let head = said(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changes = said(&["status", "--porcelain", "--untracked-files=no"]);
    if changes.is_none_or(|changes| changes.is_empty()) { head } else { head + "+" }
}
