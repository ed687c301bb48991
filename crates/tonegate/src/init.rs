//! `tonegate init`: an installation for real use.

use std::fmt;

use clap::ArgGroup;
use serde::Serialize;
use tonegate_license::Pins;
use tonegate_server::installation::{Installation, NewInstallation, Place, Roots, pins_file};
use tonegate_server::model::Environment;
use tonegate_server::store::PostgresUrl;

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::time;

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("roots").required(true))]
pub(crate) struct Init {
    /// The issuer's name in every licence: 1 to 32 characters of A-Z a-z 0-9 . _ : / -
    #[arg(long, value_name = "NAME", default_value = "tonegate")]
    issuer: String,
    /// The world that it issues for: production or test
    #[arg(long, value_name = "WORLD", default_value = "production")]
    environment: Environment,
    /// Make the root keys here and keep them sealed in the database: simple, and as safe as this
    /// server is
    #[arg(long, group = "roots")]
    auto_root: bool,
    /// The root keys stay offline: the pins that `tonegate key ceremony new-roots` printed
    #[arg(long, group = "roots", value_name = "PINS", allow_hyphen_values = true)]
    pins: Option<Pins>,
    /// The PostgreSQL database to make it in, empty so far, for several servers; DATABASE_URL does the
    /// same, out of sight of other users [default: SQLite in the data directory]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

impl Init {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let mut place = self.data.place()?;
        if let Some(url) = &self.database_url {
            // Not by the parser of arguments, whose error would show it with its password.
            let url =
                url.parse::<PostgresUrl>().map_err(|error| Failure::usage(error.to_string()))?;
            place.postgres = Some(url);
        }
        let auto_root = self.auto_root;
        let new = NewInstallation {
            issuer: self.issuer,
            environment: self.environment,
            roots: self.pins.map_or(Roots::Auto, Roots::Offline),
        };
        Installation::make(&place, new, time::now()).await?;
        output.show(&Made::read(&place, auto_root).await?)?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Made {
    data: String,
    /// Without its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    installation_id: String,
    issuer: String,
    environment: Environment,
    pins: String,
    auto_root: bool,
}

impl Made {
    async fn read(place: &Place, auto_root: bool) -> anyhow::Result<Self> {
        let pins = pins_file(&place.open_store().await?.meta().await?);
        Ok(Self {
            data: place.data.path().display().to_string(),
            database: place.postgres.as_ref().map(ToString::to_string),
            installation_id: pins.installation_id,
            issuer: pins.issuer,
            environment: pins.environment,
            pins: pins.pins,
            auto_root,
        })
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("Installation", output::bold(&self.data));
        if let Some(database) = &self.database {
            table.fact("Database", database);
        }
        table.fact("Issuer", &self.issuer);
        table.fact("Environment", self.environment);
        table.fact("Roots", roots(self.auto_root));
        table.fact("Pins", output::bold(&self.pins));
        let next = if self.auto_root {
            "Next: tonegate app create NAME --feature ans, then tonegate serve."
        } else {
            "Next: tonegate key ceremony request, so that your offline root certifies its first keys."
        };
        let keep = match self.database {
            Some(_) => {
                "Back up the database, and kek.key apart. Every other server needs that key in its own \
                 data directory, and DATABASE_URL (or data.database_url), as this one does."
            }
            None => "Back up the directory, its kek.key apart.",
        };
        write!(f, "{table}\n\nBuild the pins into your apps. {keep}\n{next}")
    }
}

/// Where root keys are, as every command says it.
pub(crate) const fn roots(auto_root: bool) -> &'static str {
    if auto_root { "auto-root: sealed in this installation's database" } else { "offline" }
}
