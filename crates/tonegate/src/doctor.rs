//! `tonegate doctor`: everything that can be checked about an installation without a server.

mod check;
mod checks;

use std::fmt;

use serde::Serialize;

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use check::{Finding, Health};

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    data: DataArgs,
}

impl Doctor {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let diagnosis = Diagnosis::of(checks::all(&self.data).await);
        output.show(&diagnosis)?;
        Ok(if diagnosis.health == Health::Fail { Exit::Failed } else { Exit::Done })
    }
}

/// Every finding, and the worst of them.
#[derive(Serialize)]
struct Diagnosis {
    health: Health,
    checks: Vec<Finding>,
}

impl Diagnosis {
    fn of(checks: Vec<Finding>) -> Self {
        let health = checks.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
        Self { health, checks }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        for finding in &self.checks {
            let step =
                finding.next_step.as_ref().map(|step| format!("; {step}")).unwrap_or_default();
            table.row([
                finding.health.to_string(),
                output::bold(finding.check),
                format!("{}{step}", finding.found),
            ]);
        }
        table.fmt(f)
    }
}
