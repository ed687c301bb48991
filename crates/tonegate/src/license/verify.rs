//! `tonegate license verify`: the verifier that ships inside apps, on the command line.

use tonegate_server::inspect::without_line_end;

use super::input;
use super::pins::{self, PinsArgs};
use super::state_file::StateFileArg;
use super::verdict::VerdictView;
use crate::exit::Exit;
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
    #[command(flatten)]
    state: StateFileArg,
}

impl Verify {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let trust = self.trust.read()?;
        let pins = pins::needed(&trust)?;
        let text = input::read(&self.license)?;
        let now = time::now();
        let at = self.at.map_or(now, |at| at.at(now));
        let state = self.state.read()?;
        let text = without_line_end(&text);
        let (verdict, state) = VerdictView::judge(text, pins, trust.expect(), at, state);
        self.state.keep(state)?;
        output.show(&verdict)?;
        Ok(if verdict.is_valid() { Exit::Done } else { Exit::NotValid })
    }
}
