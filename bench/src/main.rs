//! `tonegate-bench`: how fast the gateway is, beside servers that others would use in its place.
//!
//! `cargo xtask bench` builds what it needs and runs it. Servers run on one core, the load generator on
//! another; contestants take turns round by round, so that what the machine does besides meets all of
//! them. Every answer is checked, and one that is wrong ends the run.

mod bench;
mod clock;
mod contestant;
mod cores;
mod goals;
mod house;
mod load;
mod machine;
mod process;
mod raw;
mod report;
mod results;
mod run;
mod scenario;
mod table;
mod tls;

use std::process::ExitCode;

use clap::Parser;

/// Measures the gateway beside other servers
#[derive(Parser)]
#[command(name = "tonegate-bench")]
enum Command {
    /// Measure
    Run(run::Options),
    /// Write the page anew from kept figures
    Report(report::Options),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(options) => run::run(&options),
        Command::Report(options) => report::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
