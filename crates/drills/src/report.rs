//! docs/RELIABILITY.md: the figures of kept runs, put between two marks in it. The text around is written by
//! hand and stays.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::drill::DRILLS;
use crate::run::Kept;

const BEGIN: &str = "<!-- figures: cargo xtask drill --report -->\n";
const END: &str = "<!-- end of figures -->\n";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the runs' figures are kept
    #[arg(long, value_name = "DIR")]
    kept: PathBuf,
    /// The page
    #[arg(long, value_name = "FILE")]
    page: PathBuf,
}

/// Writes the figures into the page.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let page = fs::read_to_string(&options.page)
        .with_context(|| format!("cannot read {}", options.page.display()))?;
    let (before, rest) = page.split_once(BEGIN).context("the page has no mark for figures")?;
    let (_, after) = rest.split_once(END).context("the page has no mark for their end")?;
    let runs = read(&options.kept)?;
    ensure!(!runs.is_empty(), "no run is kept in {}", options.kept.display());
    let mut figures = String::new();
    for run in &runs {
        figures += &section(run)?;
    }
    fs::write(&options.page, format!("{before}{BEGIN}{figures}\n{END}{after}"))?;
    Ok(())
}

/// The kept runs, in the order of the drills.
fn read(kept: &Path) -> anyhow::Result<Vec<Kept>> {
    let files = DRILLS.iter().map(|drill| kept.join(format!("{}.json", drill.name)));
    let there = files.filter(|file| file.exists());
    there
        .map(|file| {
            let text = fs::read_to_string(&file)?;
            serde_json::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
        })
        .collect()
}

fn section(run: &Kept) -> anyhow::Result<String> {
    let form = if run.long { "long" } else { "short" };
    let mut text = format!("\n### `{}`\n\n", run.drill);
    let day = run.date.split('T').next().unwrap_or(&run.date);
    let place = match run.namespaces {
        true => "each node in a network namespace of its own",
        false => "all on loopback",
    };
    let machine = &run.machine;
    writeln!(
        text,
        "**{} form**, {day}, revision {}, {} build, {} s: `{}`. {} cores of {}, {} MiB, {}, {}; {place}; {}.\n",
        form[..1].to_uppercase() + &form[1..],
        run.revision,
        run.build,
        run.seconds,
        run.command,
        machine.cores,
        machine.cpu,
        machine.memory_mib,
        machine.system,
        machine.kernel,
        machine.programs.join(", "),
    )?;
    text += "| | Goal | Seen | Met |\n| --- | --- | --- | --- |\n";
    for goal in &run.findings.goals {
        let met = if goal.met { "yes" } else { "**no**" };
        writeln!(text, "| {} | {} | {} | {met} |", goal.text, goal.goal, goal.seen)?;
    }
    for note in &run.findings.notes {
        write!(text, "\n{note}\n")?;
    }
    Ok(text)
}
