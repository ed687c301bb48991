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
    ///
    /// The effects work on one channel of 48 kHz: more channels are mixed to one, another sample rate is converted and
    /// converted back, and OUT begins and ends with IN. OUT is a WAV file with IN's sample rate and 16 bits; with 24 where
    /// IN has more, with floating point where IN has that.
    ///
    /// What the licence does not unlock is left out and named. Where it unlocks nothing, OUT is a copy: of a WAV file
    /// the same bytes, of others the decoded sound. The clock moves with the sound, from --at on: a licence that ends
    /// meanwhile ends its effects there. Ends with 0 only if all that was asked for was applied from beginning to end,
    /// else with 3; OUT is written either way.
    ///
    /// Noise is measured in the quietest tenth of IN, from the second second on, speech in what is within 15 dB of the
    /// loudest tenth, and both at the same moments of OUT.
    Process(process::Process),
}

impl Voice {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Process(process) => process.run(output).await,
        }
    }
}
