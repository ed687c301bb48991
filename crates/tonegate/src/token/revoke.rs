//! `tonegate token revoke`: a token that nobody is let in with any more.

use std::fmt;

use serde::Serialize;

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// Its id, as `token list` shows it: tok_ and 16 hex digits
    id: String,
    #[command(flatten)]
    data: DataArgs,
}

impl Revoke {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let mut tx = opened.begin().await?;
        tx.revoke_api_token(&self.id).await?;
        tx.commit().await?;
        output.show(&Revoked { id: self.id, revoked: true })?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Revoked {
    id: String,
    revoked: bool,
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "API token {} is refused from now on.", self.id)
    }
}
