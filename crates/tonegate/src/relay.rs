//! `tonegate relay`: keeps licences fresh and hands them to apps; and what an operator asks of one.

mod check;
mod key;
mod run;
mod status;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use tonegate_config::{ConfigError, Sources};
use tonegate_relay::config::Config;

use crate::exit::Exit;
use crate::output::Output;

/// The configuration file that is read where it lies in the working directory.
const FILE: &str = "relay.toml";

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub(crate) struct Relay {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how each app's licence stands at a running relay, and the cure for what is wrong
    Status(status::Status),
    /// Fetch for each app without keeping anything: does it work, and how far is the clock off
    Check(check::Check),
    /// The API keys of those who may ask for licences
    #[command(subcommand)]
    Key(key::Key),
}

pub(crate) use run::serve;

impl Relay {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self.command {
            None => self.run.run(output).await,
            Some(Command::Status(status)) => status.run(output).await,
            Some(Command::Check(check)) => check.run(output).await,
            Some(Command::Key(key)) => key.run(output),
        }
    }
}

/// Which configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file [default: relay.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    /// Defaults, file and environment; flags can be added.
    fn sources(&self) -> Result<Sources<Config>, ConfigError> {
        Sources::of_process(self.config.as_deref(), Path::new(FILE))
    }
}
