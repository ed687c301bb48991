//! `tonegate license explain`: in plain words what a text is, whether it is good, and what next.
//!
//! Invariant: what was not proven is called unproven. Without pins nothing is.

use std::fmt;

use serde::Serialize;
use tonegate_server::inspect::{ASKED, Explanation};

use super::claims;
use super::input;
use super::pins::PinsArgs;
use super::verdict::VerdictView;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::time::{self, Moment, When};

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// Any text: a licence, an answer, rubbish; a file of it, or - for stdin
    #[arg(value_name = "FILE|-|TEXT")]
    text: String,
    #[command(flatten)]
    trust: PinsArgs,
    /// Travel to this time: RFC 3339, Unix seconds, or relative such as +8d [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<When>,
}

impl Explain {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let trust = self.trust.read()?;
        let now = time::now();
        let at = self.at.map_or(now, |at| at.at(now));
        output.show(&Shown(Explanation::of(&input::read(&self.text)?, trust, at)))?;
        Ok(Exit::Done)
    }
}

/// An explanation as the command shows it.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Explanation);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(explanation) = self;
        explanation
            .notes
            .iter()
            .try_for_each(|note| writeln!(f, "{} {note}", output::warn("Note:")))?;
        match &explanation.verdict {
            Some(verdict) => writeln!(f, "{}", VerdictView(verdict.clone()))?,
            None => {
                let mut table = Table::default();
                table.fact("Verdict", output::bold(&explanation.message));
                table.fact("At", Moment(explanation.at));
                table.fact("Next", &explanation.next_step);
                writeln!(f, "{table}")?;
            }
        }
        let Some(license) = &explanation.license else { return Ok(()) };
        let mut content = Table::default();
        claims::add(license, &mut content);
        let proven = if explanation.verified { "It says" } else { "It says, unproven" };
        writeln!(f, "\n{}\n{content}\n\n{}", output::bold(proven), output::bold("Its life"))?;
        let mut life = Table::default();
        for event in &explanation.timeline {
            let now = event.at == explanation.at && event.what == ASKED;
            let what = if now {
                output::bold(format_args!("← {}", event.what))
            } else {
                event.what.clone()
            };
            life.row([Moment(event.at).to_string(), what]);
        }
        write!(f, "{life}")
    }
}
