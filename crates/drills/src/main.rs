//! `tonegate-drills`: real servers, real faults, and whether what we promise held.
//!
//! `cargo xtask drill NAME` builds what it needs and runs it. A drill starts the installation that
//! operators run (nodes, proxy, database), puts load on it, breaks something, and holds what clients saw
//! against the goals. Invariant: whatever it started ends with it, also when it is interrupted: where the
//! machine allows, it runs in namespaces of its own, which the kernel clears away.

mod admin;
mod clock;
mod drill;
mod enclosure;
mod findings;
mod haproxy;
mod house;
mod http;
mod load;
mod machine;
mod network;
mod node;
mod process;
mod report;
mod run;
mod stage;

use std::process::ExitCode;

use clap::Parser;

/// Breaks parts of an installation under load, and says whether what we promise held
#[derive(Parser)]
#[command(name = "tonegate-drills")]
enum Command {
    /// List the drills
    List,
    /// Run drills
    Run(run::Options),
    /// Write the figures of kept runs into docs/RELIABILITY.md
    Report(report::Options),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::List => {
            drill::list();
            Ok(true)
        }
        Command::Run(options) => run::run(&options),
        Command::Report(options) => report::run(&options).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
