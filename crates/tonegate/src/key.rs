//! `tonegate key`: issuing keys, pins, and ceremonies.

mod ceremony;
mod list;
mod pins;
mod rotate;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Show roots, pins, issuing keys and the days that they cover
    List(list::List),
    /// Certify the next issuing key with the installation's own root
    Rotate(rotate::Rotate),
    /// Print the pins to build into apps
    Pins(pins::Pins),
    /// Certify issuing keys with offline roots, up to a year of them
    #[command(subcommand)]
    Ceremony(ceremony::Ceremony),
}

impl Key {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(output).await,
            Self::Rotate(rotate) => rotate.run(output).await,
            Self::Pins(pins) => pins.run(output).await,
            Self::Ceremony(ceremony) => ceremony.run(output).await,
        }
    }
}
