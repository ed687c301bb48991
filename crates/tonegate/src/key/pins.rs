//! `tonegate key pins`: the line that apps are built with.

use std::fmt;

use serde::Serialize;
use tonegate_server::data_dir::PinsFile;
use tonegate_server::installation::pins_file;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::target::TargetArgs;

const RESTORED_THERE: &str = "pins.json is written where the data directory is; run this there, with --data instead of a server";

#[derive(Debug, clap::Args)]
pub(crate) struct Pins {
    /// Write pins.json again, from what the database says
    #[arg(long)]
    restore: bool,
    #[command(flatten)]
    target: TargetArgs,
}

impl Pins {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let file = match self.target.remote()? {
            Some(_) if self.restore => return Err(Failure::usage(RESTORED_THERE).into()),
            Some(remote) => remote.get("/keys/pins").await?,
            None if self.restore => self.restored().await?,
            None => pins_file(&self.target.data.open().await?.store.meta().await?),
        };
        output.show(&Shown(file))?;
        Ok(Exit::Done)
    }

    /// The database alone is opened: the file is what is broken.
    async fn restored(&self) -> anyhow::Result<PinsFile> {
        let place = self.target.data.place()?;
        let file = pins_file(&place.open_store().await?.meta().await?);
        let path = place.data.pins();
        let failed =
            |error| Failure::installation(format!("cannot write {}: {error}", path.display()));
        file.write(&path).map_err(failed)?;
        Ok(file)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(PinsFile);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.pins)
    }
}
