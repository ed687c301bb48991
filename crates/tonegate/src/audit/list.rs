//! `tonegate audit list`: what was done, newest first.

use std::fmt;

use serde::Serialize;
use tonegate_server::store::{AuditEntry, AuditFilter};

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::time::Moment;

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only what this one did, such as `cli uid 0`
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Only this, such as `app.create`
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only what was done to this, such as `app 12345`
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// Only entries older than this one
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    #[command(flatten)]
    data: DataArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let store = super::open(&self.data).await?;
        let Self { actor, action, subject, before, limit, .. } = self;
        let filter = AuditFilter { actor, action, subject };
        output.show(&Entries { entries: store.audit(&filter, before, limit).await? })?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Entries {
    entries: Vec<AuditEntry>,
}

/// Without the details, which can be long: `--json` has them.
impl fmt::Display for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() {
            return f.write_str("There is no such entry.");
        }
        let mut table = Table::headed(["ENTRY", "AT", "ACTOR", "ACTION", "SUBJECT", "HASH"]);
        for entry in &self.entries {
            let hash = entry.hash.map(|hash| hash.to_string().chars().take(16).collect::<String>());
            table.row([
                entry.seq.to_string(),
                Moment(entry.at).to_string(),
                entry.actor.clone(),
                output::bold(&entry.action),
                entry.subject.clone(),
                hash.map_or_else(|| output::bad("none"), output::dim),
            ]);
        }
        table.fmt(f)
    }
}
