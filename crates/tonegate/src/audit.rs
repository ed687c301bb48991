//! `tonegate audit`: who did what, and proof that nobody has changed that since.
//!
//! The database alone is opened: what else is broken may be what is being looked into.

mod checkpoint;
mod key;
mod list;
mod verify;

use clap::Subcommand;
use tonegate_server::store::Store;

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Show what was done, newest first
    List(list::List),
    /// Check that the log was not changed, against checkpoints that were kept elsewhere
    Verify(verify::Verify),
    /// Print a signed checkpoint: where the log stands now. Keep it elsewhere
    Checkpoint(checkpoint::Checkpoint),
    /// Print the public key that checkpoints are verified with. Keep it elsewhere
    Key(key::Key),
}

impl Audit {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(output).await,
            Self::Verify(verify) => verify.run(output).await,
            Self::Checkpoint(checkpoint) => checkpoint.run(output).await,
            Self::Key(key) => key.run(output).await,
        }
    }
}

async fn open(data: &DataArgs) -> anyhow::Result<Store> {
    Ok(data.place()?.open_store().await?)
}
