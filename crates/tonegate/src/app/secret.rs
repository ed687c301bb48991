//! `tonegate app secret`: rotating, revoking and, audited, showing ServerSecrets.

use std::fmt;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use tonegate_protocol::AppId;
use tonegate_server::model::{Generation, NewSecret, bounds};

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::secret;
use crate::time::{Moment, Span};

#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Give an app a new secret; prints it, this once
    Rotate(Rotate),
    /// Refuse a secret that a newer one has replaced, at once
    Revoke(Revoke),
    /// Print the active secret again; the audit says so
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// The app
    app_id: AppId,
    /// How long the old secret goes on beside the new one; 0 revokes it at once [default: 1d]
    #[arg(long, value_name = "SPAN")]
    overlap: Option<Span>,
    /// Take the new secret from stdin instead of making one
    #[arg(long)]
    secret_stdin: bool,
    #[arg(long, hide = true)]
    secret: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// The app
    app_id: AppId,
    /// The secret's number, as `app show` lists it
    #[arg(value_parser = generation)]
    generation: Generation,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The app
    app_id: AppId,
    /// Yes, print it on this screen
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    data: DataArgs,
}

fn generation(text: &str) -> Result<Generation, String> {
    text.parse().map(Generation).map_err(|_| "a secret's number is 1, 2, 3 …".to_owned())
}

impl Secret {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Rotate(rotate) => rotate.run(output).await,
            Self::Revoke(revoke) => revoke.run(output).await,
            Self::Show(show) => show.run(output).await,
        }
    }
}

impl Rotate {
    async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        secret::refuse_argument(self.secret.as_deref())?;
        let opened = self.data.open().await?;
        let new = if self.secret_stdin {
            NewSecret::import(&secret::from_stdin()?)?
        } else {
            NewSecret::generate()?
        };
        let overlap = self.overlap.map_or(i64::from(bounds::OVERLAP_DEFAULT), |span| span.0);
        let seconds = u32::try_from(overlap).unwrap_or(u32::MAX);
        let mut tx = opened.begin().await?;
        let generation = tx.rotate_secret(self.app_id, &new, seconds).await?;
        tx.commit().await?;
        output.show(&Rotated {
            app_id: self.app_id,
            generation,
            server_secret: new.secret().expose(),
            old_until: opened.now + overlap,
        })?;
        Ok(Exit::Done)
    }
}

impl Revoke {
    async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let mut tx = opened.begin().await?;
        tx.revoke_secret(self.app_id, self.generation).await?;
        tx.commit().await?;
        output.show(&Revoked {
            app_id: self.app_id,
            generation: self.generation,
            revoked: true,
        })?;
        Ok(Exit::Done)
    }
}

impl Show {
    async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        if !self.yes {
            let cure = "give --yes to do so; the audit will name it";
            return Err(
                Failure::usage(format!("this prints a secret on the screen; {cure}")).into()
            );
        }
        let opened = self.data.open().await?;
        let active = secret::active(&opened.store, self.app_id).await?;
        // Audited first: a secret is not shown where that cannot be written down.
        let mut tx = opened.begin().await?;
        tx.audit("secret.show", &format!("app {}", self.app_id), &json!({})).await?;
        tx.commit().await?;
        output.show(&Shown { app_id: self.app_id, server_secret: active.expose() })?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Rotated<'a> {
    app_id: AppId,
    generation: Generation,
    server_secret: &'a str,
    old_until: i64,
}

impl fmt::Display for Rotated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("AppId", output::bold(self.app_id));
        table.fact("ServerSecret", output::bold(self.server_secret));
        table.fact("Number", self.generation);
        table.fact("Old secret until", Moment(self.old_until));
        write!(f, "{table}\n\nThe secret is shown this once: hand it to the app's backend now.")
    }
}

#[derive(Serialize)]
struct Revoked {
    app_id: AppId,
    generation: Generation,
    revoked: bool,
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app_id, generation, .. } = self;
        write!(f, "Secret {generation} of app {app_id} is refused from now on (code 910004).")
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    app_id: AppId,
    server_secret: &'a str,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("AppId", output::bold(self.app_id));
        table.fact("ServerSecret", output::bold(self.server_secret));
        table.fmt(f)
    }
}
