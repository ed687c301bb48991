//! The file in which the command keeps what a device remembers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tonegate_license::State;
use tonegate_server::data_dir::write_atomically;

use crate::exit::Failure;

#[derive(Debug, clap::Args)]
pub(crate) struct StateFileArg {
    /// Keep what a device remembers between two starts in this file
    #[arg(long, value_name = "FILE")]
    state_file: Option<PathBuf>,
}

impl StateFileArg {
    /// The kept state; a new one where there is none yet, or none that is whole, as in an app.
    pub(crate) fn read(&self) -> Result<State, Failure> {
        self.state_file.as_deref().map_or_else(|| Ok(new_state()), read_state)
    }

    /// Keeps the state, where a file was named.
    pub(crate) fn keep(&self, state: State) -> Result<(), Failure> {
        let Some(file) = &self.state_file else { return Ok(()) };
        write_atomically(file, 0o600, &state.to_bytes()).map_err(|error| {
            Failure::new(format!("cannot write the state to {}: {error}", file.display()))
        })
    }
}

fn new_state() -> State {
    State::new(fastrand::u16(..))
}

fn read_state(file: &Path) -> Result<State, Failure> {
    match fs::read(file) {
        Ok(bytes) => Ok(State::from_bytes(&bytes).unwrap_or_else(new_state)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(new_state()),
        Err(error) => {
            Err(Failure::new(format!("cannot read the state in {}: {error}", file.display())))
        }
    }
}
