//! The page and its charts, written from the figures alone.

mod chart;
#[cfg(test)]
pub(crate) mod fixture;
mod page;
mod svg;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::results::Results;

/// Where figures are, and where the page goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The figures of a run
    #[arg(long, value_name = "FILE", default_value = "bench/results/latest.json")]
    results: PathBuf,
    /// The page; its charts go into `benchmarks` beside it
    #[arg(long, value_name = "FILE", default_value = "docs/BENCHMARKS.md")]
    page: PathBuf,
}

/// Writes the page anew.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let text = fs::read_to_string(&options.results)
        .with_context(|| format!("cannot read {}", options.results.display()))?;
    write(&serde_json::from_str(&text)?, &options.page)
}

/// Writes the page and its charts; charts of scenarios that are no more go.
pub(crate) fn write(results: &Results, page: &Path) -> anyhow::Result<()> {
    let charts = page.with_file_name("benchmarks");
    if charts.exists() {
        fs::remove_dir_all(&charts)?;
    }
    fs::create_dir_all(&charts)?;
    for scenario in &results.scenarios {
        fs::write(charts.join(format!("{}.svg", scenario.name)), chart::rates(scenario))?;
        let latencies = charts.join(format!("{}-latency.svg", scenario.name));
        fs::write(latencies, chart::latencies(scenario))?;
    }
    let before = fs::read_to_string(page).unwrap_or_default();
    fs::write(page, page::of(results) + bindings(&before))?;
    println!("page: {}", page.display());
    Ok(())
}

/// The section about the verifier in apps, which `cargo xtask bindings --measure` writes.
fn bindings(page: &str) -> &str {
    page.find("<!-- bindings").and_then(|begin| page.get(begin..)).unwrap_or_default()
}
