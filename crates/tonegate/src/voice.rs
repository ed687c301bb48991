//! `tonegate voice`: what a licence unlocks, on audio files.

mod draft;
mod figures;
mod limits;
mod meter;
mod picture;
mod process;
mod recording;
mod report;
mod resample;
mod source;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Voice {
    /// Suppress noise and even out loudness in a voice message, as far as a licence unlocks it
    Process(process::Process),
}

impl Voice {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Process(process) => process.run(output).await,
        }
    }
}
