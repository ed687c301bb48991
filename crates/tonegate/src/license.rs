//! `tonegate license`: fetching, verifying and explaining licences.

mod claims;
mod explain;
mod fetch;
pub(crate) mod input;
pub(crate) mod pins;
pub(crate) mod state_file;
pub(crate) mod verdict;
mod verify;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum License {
    /// Fetch a licence from an issuer, as an app's backend does
    Fetch(fetch::Fetch),
    /// Verify a licence offline, as an app does; ends with 0 only if it is valid
    Verify(verify::Verify),
    /// Say in plain words what a text is, what is wrong with it, and what to do next; ends with 0
    /// whatever it is
    Explain(explain::Explain),
}

impl License {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Fetch(fetch) => fetch.run(output).await,
            Self::Verify(verify) => verify.run(output).await,
            Self::Explain(explain) => explain.run(output).await,
        }
    }
}
