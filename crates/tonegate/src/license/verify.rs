//! `tonegate license verify`: the verifier that ships inside apps, on the command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tonegate_license::State;
use tonegate_server::data_dir::write_atomically;
use tonegate_server::inspect::without_line_end;

use super::input;
use super::pins::PinsArgs;
use super::verdict::VerdictView;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::time::{self, When};

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// A licence: its text, a file, or - for stdin
    #[arg(value_name = "FILE|-|TEXT")]
    license: String,
    #[command(flatten)]
    trust: PinsArgs,
    /// Judge at this time: RFC 3339, Unix seconds, or relative such as +8d [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<When>,
    /// Keep what a device remembers between two starts in this file
    #[arg(long, value_name = "FILE")]
    state_file: Option<PathBuf>,
}

impl Verify {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let trust = self.trust.read()?;
        let pins = trust.pins.ok_or_else(|| {
            Failure::usage("nothing to verify against: give --pins, --pins-file or --data")
        })?;
        let text = input::read(&self.license)?;
        let now = time::now();
        let at = self.at.map_or(now, |at| at.at(now));
        let state = self.state_file.as_deref().map_or(Ok(new_state()), read_state)?;
        let text = without_line_end(&text);
        let (verdict, state) = VerdictView::judge(text, pins, trust.expect(), at, state);
        if let Some(file) = &self.state_file {
            write_atomically(file, 0o600, &state.to_bytes()).map_err(|error| {
                Failure::new(format!("cannot write the state to {}: {error}", file.display()))
            })?;
        }
        output.show(&verdict)?;
        Ok(if verdict.is_valid() { Exit::Done } else { Exit::NotValid })
    }
}

fn new_state() -> State {
    State::new(fastrand::u16(..))
}

/// The kept state; a new one where there is none yet, or none that is whole, as in an app.
fn read_state(file: &Path) -> Result<State, Failure> {
    match fs::read(file) {
        Ok(bytes) => Ok(State::from_bytes(&bytes).unwrap_or_else(new_state)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(new_state()),
        Err(error) => {
            Err(Failure::new(format!("cannot read the state in {}: {error}", file.display())))
        }
    }
}
