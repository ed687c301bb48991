//! A run: the plan, the machine made ready, one scenario after another, the figures kept.

use std::fs;
use std::num::NonZeroU64;
use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::set_current_timer_slack;

use crate::bench::Bench;
use crate::contestant::nginx;
use crate::cores::{self, Cores};
use crate::report;
use crate::results::{Plan, Results};
use crate::scenario::{self, Entry};
use crate::table;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The released `tonegate` binary
    #[arg(long, value_name = "FILE")]
    server: PathBuf,
    /// Fewer and shorter rounds on smaller installations: under three minutes
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
    /// Where installations, logs and certificates go
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    work: PathBuf,
    /// The peers as `cargo xtask bench` prepared them
    #[arg(long, value_name = "DIR", default_value = "target/bench/peers")]
    peers: PathBuf,
    /// The file for the figures
    #[arg(long, value_name = "FILE", default_value = "target/bench/results.json")]
    results: PathBuf,
    /// The page to be written from them; its charts go into `benchmarks` beside it
    #[arg(long, value_name = "FILE", default_value = "target/bench/BENCHMARKS.md")]
    page: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let scenarios = options.scenarios()?;
    let plan = options.plan();
    let cores = Cores::choose()?;
    cores::keep_to(&[cores.generator])?;
    allow_many_files()?;
    // Waits of some microseconds are that short.
    set_current_timer_slack(NonZeroU64::new(1))?;
    fs::create_dir_all(&options.work)?;
    let turns: u32 = scenarios.iter().map(|entry| entry.arms * plan.rounds).sum();
    let bench = Bench {
        cores,
        plan,
        work: fs::canonicalize(&options.work)?,
        binary: fs::canonicalize(&options.server).context("no server to measure")?,
        peers: std::path::absolute(&options.peers)?,
        bar: bar(turns.into()),
    };
    println!("{}", opening(&bench));
    let mut results = Results::begun(plan)?;
    for entry in scenarios {
        bench.bar.set_message(entry.name);
        let ran = (entry.run)(&bench, &mut results.skipped);
        if let Some(scenario) = ran.with_context(|| format!("scenario {}", entry.name))? {
            bench.bar.suspend(|| println!("{}", table::of(&scenario)));
            results.scenarios.push(scenario);
        }
    }
    bench.bar.finish_and_clear();
    for line in &results.skipped {
        println!("left out: {line}");
    }
    fs::write(&options.results, serde_json::to_string_pretty(&results)? + "\n")?;
    println!("figures: {}", options.results.display());
    report::write(&results, &options.page)
}

fn opening(Bench { cores, plan, .. }: &Bench) -> String {
    let Cores { server, generator, .. } = cores;
    let quick = if plan.quick { "quick: small installations, short rounds; " } else { "" };
    format!(
        "{quick}{} rounds of {} s each, {} s before them do not count; {} connections\n\
         servers on core {server}, load generator on core {generator}; nginx: {}\n",
        plan.rounds,
        plan.seconds,
        plan.warm_up,
        plan.connections,
        nginx::SETTINGS
    )
}

impl Options {
    fn scenarios(&self) -> anyhow::Result<Vec<Entry>> {
        let all = || scenario::ALL.iter();
        for name in &self.only {
            let known: Vec<_> = all().map(|entry| entry.name).collect();
            let known = known.join(", ");
            all()
                .find(|entry| entry.name == name)
                .with_context(|| format!("there is no scenario {name}; there are {known}"))?;
        }
        let asked = |entry: &&Entry| {
            self.only.is_empty() || self.only.iter().any(|name| name == entry.name)
        };
        Ok(all().filter(asked).copied().collect())
    }

    fn plan(&self) -> Plan {
        let usual = if self.quick {
            Plan {
                quick: true,
                rounds: 3,
                seconds: 0.8,
                warm_up: 0.2,
                connections: 64,
                many_apps: 100_000,
                fresh_apps: 30_000,
                remembered: 1_000_000,
            }
        } else {
            Plan {
                quick: false,
                rounds: 5,
                seconds: 3.0,
                warm_up: 0.5,
                connections: 64,
                many_apps: 1_000_000,
                fresh_apps: 100_000,
                remembered: 10_000_000,
            }
        };
        Plan {
            rounds: self.rounds.unwrap_or(usual.rounds),
            seconds: self.seconds.unwrap_or(usual.seconds),
            ..usual
        }
    }
}

fn bar(turns: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left: {msg}");
    ProgressBar::new(turns).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Ten thousand connections are as many files, here and in every server.
fn allow_many_files() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).context("cannot raise the limit on open files")
}
