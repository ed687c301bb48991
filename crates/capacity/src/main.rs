//! What fleets of devices ask of relays and issuer: a simulation with a seed, and the page docs/CAPACITY.md.
//!
//! Invariant: no figure without a source. What was measured is read from bench/results, what our code
//! does is in [`rules`], what nobody knows is an [`assumptions::Assumptions`] and printed with the result.

mod assumptions;
mod devices;
mod keepers;
mod measured;
mod needs;
mod outage;
mod page;
mod rules;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;

use assumptions::Assumptions;
use measured::Measured;
use needs::Needs;

/// Simulates fleets of devices and prints what they ask of relays and issuer
#[derive(Parser)]
struct Arguments {
    /// Devices, once for each size [default: 10000, 1000000 and 1000000000]
    #[arg(long, value_name = "NUMBER")]
    devices: Vec<u32>,
    /// The results of a `cargo xtask bench`
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/results/latest.json"))]
    results: PathBuf,
    /// Print docs/CAPACITY.md
    #[arg(long)]
    markdown: bool,
    #[command(flatten)]
    assumptions: Assumptions,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let file = &arguments.results;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read {}; --results names another", file.display()))?;
    let measured = Measured::read(&text)?;
    let sizes = match arguments.devices.as_slice() {
        [] => vec![10_000, 1_000_000, 1_000_000_000],
        sizes => sizes.to_vec(),
    };
    let simulate = |devices: &u32| Needs::of(*devices, &arguments.assumptions, &measured);
    let needs: Vec<Needs> = sizes.iter().map(simulate).collect();
    let page = if arguments.markdown {
        page::whole(&needs, &arguments.assumptions, &measured)
    } else {
        page::tables(&needs, &arguments.assumptions)
    };
    // A reader who has seen enough is no error.
    let _ = std::io::stdout().write_all(page.as_bytes());
    Ok(())
}
