//! The `tonegate` command: reads the command line, runs one command, ends with its exit code.
//!
//! One file (or folder) per command. What a command prints for people and for programs is one
//! [`output::Report`]; what goes wrong is one line on stderr and an [`exit::Exit`] code.

mod app;
mod audit;
mod backup;
mod cli;
mod completions;
mod data;
mod demo;
mod doctor;
mod exit;
mod identity;
mod init;
mod key;
mod license;
mod logs;
mod node;
mod output;
mod process;
mod progress;
mod ready;
mod reference;
mod relay;
mod remote;
mod restore;
mod secret;
mod serve;
mod sign;
mod signals;
mod store;
mod target;
mod time;
mod token;
mod user;
mod voice;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    process::protect();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error).into(),
    };
    let output = Output::new(cli.json);
    let outcome = run(cli, &output);
    tonegate_pkcs11::finalize();
    outcome.unwrap_or_else(|error| exit::failed(&error, output.is_json())).into()
}

fn run(cli: Cli, output: &Output) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(cli.command.run(output))
}
