//! `tonegate store`: the database itself.

mod copy;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Copy an installation to another database, from SQLite to PostgreSQL or back
    Copy(copy::Copy),
}

impl Store {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Copy(copy) => copy.run(output).await,
        }
    }
}
