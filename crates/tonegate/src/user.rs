//! `tonegate user`: people who sign in to the console.

mod invite;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Invite somebody, or once more whoever lost password or second factor; also the only owner
    Invite(invite::Invite),
}

impl User {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Invite(invite) => invite.run(output).await,
        }
    }
}
