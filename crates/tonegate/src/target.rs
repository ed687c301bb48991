//! What a command works on: the installation on this machine, or a server elsewhere.
//!
//! Invariant: one of the two, and the same output from both. An argument outdoes the environment.

use std::path::PathBuf;

use crate::data::{DataArgs, Opened};
use crate::exit::Failure;
use crate::remote::Remote;
use crate::secret;

/// The variable that names the server.
const VARIABLE: &str = "TONEGATE_SERVER";

/// Which installation, here or elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct TargetArgs {
    /// Work on a server elsewhere, through its admin API [default: the variable TONEGATE_SERVER]
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config"])]
    server: Option<String>,
    /// Read the API token for it from a file of mode 0600 [default: the variable TONEGATE_API_TOKEN]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Trust the authority in this PEM file too, for a server with a certificate of your own
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    #[arg(long, hide = true)]
    token: Option<String>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

/// What a command works on.
pub(crate) enum Target {
    Local(Box<Opened>),
    Remote(Box<Remote>),
}

impl TargetArgs {
    /// Opens the installation here, or finds out how to call the one elsewhere.
    pub(crate) async fn open(&self) -> anyhow::Result<Target> {
        Ok(match self.remote()? {
            Some(remote) => Target::Remote(Box::new(remote)),
            None => Target::Local(Box::new(self.data.open().await?)),
        })
    }

    /// The server elsewhere, if that is what was asked for.
    pub(crate) fn remote(&self) -> anyhow::Result<Option<Remote>> {
        secret::refuse_token_argument(self.token.as_deref())?;
        let Some(server) = self.server() else {
            let alone = self.token_file.is_some() || self.ca_file.is_some();
            let message = "--token-file and --ca-file go with --server; give that too";
            return if alone { Err(Failure::usage(message).into()) } else { Ok(None) };
        };
        let token = secret::api_token(self.token_file.as_deref())?;
        Remote::new(&server, &token, self.ca_file.clone()).map(Some)
    }

    fn server(&self) -> Option<String> {
        let is_here = self.data.data.is_some() || self.data.config.is_some();
        let variable = || std::env::var(VARIABLE).ok().filter(|text| !text.is_empty() && !is_here);
        self.server.clone().or_else(variable)
    }
}
