//! `tonegate audit list`: what was done, newest first.

use std::fmt;

use serde::Serialize;
use tonegate_server::store::{AuditEntry, AuditFilter};

use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::remote::Remote;
use crate::target::TargetArgs;
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
    target: TargetArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let entries = match self.target.remote()? {
            Some(remote) => self.elsewhere(&remote).await?,
            None => self.here().await?,
        };
        output.show(&Entries { entries })?;
        Ok(Exit::Done)
    }

    async fn here(self) -> anyhow::Result<Vec<AuditEntry>> {
        let store = super::open(&self.target.data).await?;
        let Self { actor, action, subject, before, limit, .. } = self;
        let filter = AuditFilter { actor, action, subject };
        Ok(store.audit(&filter, before, limit).await?)
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<Vec<AuditEntry>> {
        let filters =
            [("actor", &self.actor), ("action", &self.action), ("subject", &self.subject)];
        let given = filters.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
        let wanted = |entry: &AuditEntry| self.before.is_none_or(|before| entry.seq < before);
        let limit = usize::try_from(self.limit)?;
        remote.list("/audit", &given.collect::<Vec<_>>(), limit, wanted, "entries").await
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
