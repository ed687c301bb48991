//! `tonegate node`: the servers of an installation.

mod list;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// List the servers that were heard of in the last 30 days, and how each is doing
    List(list::List),
}

impl Node {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(output).await,
        }
    }
}
