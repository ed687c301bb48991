//! `tonegate token`: API tokens, with which programs call the admin API.
//!
//! They are made here, on the data directory itself, so that a server can be set up by a script before
//! anybody has enrolled.

mod create;
mod list;
mod revoke;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make an API token; prints it, this once
    Create(create::Create),
    /// List all API tokens, also those that have ended
    List(list::List),
    /// End an API token at once
    Revoke(revoke::Revoke),
}

impl Token {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Create(create) => create.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Revoke(revoke) => revoke.run(output).await,
        }
    }
}
