//! `tonegate completions`: a completion script for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// bash, elvish, fish, powershell or zsh
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, output: &Output) -> anyhow::Result<Exit> {
        output.refuse_json("completions")?;
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "tonegate", &mut script);
        output::write_out(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Done)
    }
}
