//! `tonegate audit checkpoint`: where the log stands now, signed.

use std::fmt;

use serde::Serialize;
use tonegate_server::audit::{SignedCheckpoint, latest_checkpoint};

use crate::exit::Exit;
use crate::output::Output;
use crate::target::TargetArgs;
use crate::{process, time};

#[derive(Debug, clap::Args)]
pub(crate) struct Checkpoint {
    #[command(flatten)]
    target: TargetArgs,
}

impl Checkpoint {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let checkpoint = match self.target.remote()? {
            Some(remote) => remote.get("/audit/checkpoint").await?,
            None => {
                let store = super::open(&self.target.data).await?;
                latest_checkpoint(&store, &process::actor(), time::now()).await?
            }
        };
        output.show(&Shown(checkpoint))?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(SignedCheckpoint);

/// The note alone, so that it can be appended to a file.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.note)
    }
}
