//! `tonegate relay check`: a dry fetch for each app.

use std::fmt;

use serde::Serialize;
use tonegate_client::ExpireAtBasis;
use tonegate_clock::Clock;
use tonegate_relay::check::{Checked, Found};

use super::ConfigArgs;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::progress::Progress;
use crate::time::Moment;

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    #[command(flatten)]
    config: ConfigArgs,
}

impl Check {
    pub(super) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let config = self.config.sources()?.read()?;
        let check = tonegate_relay::check::Check::open(&config, &Clock::system())?;
        let mut progress = Progress::new(check.len(), "apps");
        let apps = check.run(|_| progress.step()).await;
        progress.end();
        let report = Report { apps };
        output.show(&report)?;
        Ok(if report.is_good() { Exit::Done } else { Exit::NotValid })
    }
}

#[derive(Serialize)]
struct Report {
    apps: Vec<Checked>,
}

impl Report {
    fn is_good(&self) -> bool {
        self.apps.iter().all(|app| app.found.is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table =
            Table::headed(["APP", "UPSTREAM", "HOST", "LICENCE", "ENDS", "CLOCK", "TWO FETCHES"]);
        for app in &self.apps {
            let name = [app.app_id.to_string(), app.upstream.clone()];
            let [app_id, upstream] = name;
            let row = app.found.as_ref().map_or_else(failed, found);
            let [host, license, ends, clock, twice] = row;
            table.row([app_id, upstream, host, license, ends, clock, twice]);
        }
        write!(f, "{table}")?;
        for app in &self.apps {
            if let Some(error) = &app.error {
                let message = error.message.trim_end_matches('.');
                write!(f, "\n\n{}: {message}.", output::bold(app.app_id))?;
            }
        }
        Ok(())
    }
}

fn failed() -> [String; 5] {
    let none = || "–".to_owned();
    [none(), output::bad("none"), none(), none(), none()]
}

fn found(found: &Found) -> [String; 5] {
    let license = match found.expire_at_basis {
        ExpireAtBasis::License => output::good("verified"),
        ExpireAtBasis::Fetch => output::good("opaque"),
    };
    let clock = match found.clock_offset {
        None => "not told".to_owned(),
        Some(-2..=2) => output::good("right"),
        Some(offset) => output::warn(crate::time::clock_offset(offset)),
    };
    let twice = if found.same_string { "same string" } else { "two strings" };
    let ends = Moment(found.expire_at).to_string();
    [found.server.clone(), license, ends, clock, twice.to_owned()]
}
