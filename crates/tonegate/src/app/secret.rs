//! `tonegate app secret`: rotating, revoking and, audited, showing ServerSecrets.

use std::fmt;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tonegate_protocol::AppId;
use tonegate_server::model::{Generation, NewSecret, bounds};
use zeroize::Zeroizing;

use crate::data::Opened;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::remote::Remote;
use crate::secret;
use crate::target::{Target, TargetArgs};
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
    target: TargetArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// The app
    app_id: AppId,
    /// The secret's number, as `app show` lists it
    #[arg(value_parser = generation)]
    generation: Generation,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The app
    app_id: AppId,
    /// Yes, print it on this screen
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    target: TargetArgs,
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
        let target = self.target.open().await?;
        let new = secret::new_from_stdin(self.secret_stdin)?;
        let rotated = match target {
            Target::Local(opened) => self.here(&opened, new).await?,
            Target::Remote(remote) => self.elsewhere(&remote, new).await?,
        };
        output.show(&rotated)?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened, new: Option<NewSecret>) -> anyhow::Result<Rotated> {
        let new = new.map_or_else(NewSecret::generate, Ok)?;
        let mut tx = opened.begin().await?;
        let generation = tx.rotate_secret(self.app_id, &new, self.overlap()).await?;
        tx.commit().await?;
        let server_secret = Zeroizing::new(new.secret().expose().to_owned());
        Ok(self.rotated(generation, server_secret, opened.now))
    }

    async fn elsewhere(&self, remote: &Remote, new: Option<NewSecret>) -> anyhow::Result<Rotated> {
        let secret = new.as_ref().map(|secret| secret.secret().expose());
        let wanted = ToRotate { overlap: self.overlap(), secret };
        let made: Made = remote.create(&path(self.app_id), &wanted).await?;
        Ok(self.rotated(made.secret.generation, made.server_secret, made.secret.created_at))
    }

    fn overlap(&self) -> u32 {
        let given = |span: Span| u32::try_from(span.0).unwrap_or(u32::MAX);
        self.overlap.map_or(bounds::OVERLAP_DEFAULT, given)
    }

    fn rotated(
        &self,
        generation: Generation,
        server_secret: Zeroizing<String>,
        at: i64,
    ) -> Rotated {
        let old_until = at + i64::from(self.overlap());
        Rotated { app_id: self.app_id, generation, server_secret, old_until }
    }
}

impl Revoke {
    async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let Self { app_id, generation, target } = self;
        match target.open().await? {
            Target::Local(opened) => {
                let mut tx = opened.begin().await?;
                tx.revoke_secret(app_id, generation).await?;
                tx.commit().await?;
            }
            Target::Remote(remote) => {
                let path = format!("{}/{generation}/revoke", path(app_id));
                remote.post_again::<()>(&path).await?;
            }
        }
        output.show(&Revoked { app_id, generation, revoked: true })?;
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
        let server_secret = match self.target.open().await? {
            Target::Local(opened) => self.here(&opened).await?,
            Target::Remote(remote) => self.elsewhere(&remote).await?,
        };
        output.show(&Shown { app_id: self.app_id, server_secret })?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened) -> anyhow::Result<Zeroizing<String>> {
        let active = secret::active(&opened.store, self.app_id).await?;
        // Audited first: a secret is not shown where that cannot be written down.
        let mut tx = opened.begin().await?;
        tx.audit("secret.show", &format!("app {}", self.app_id), &json!({})).await?;
        tx.commit().await?;
        Ok(Zeroizing::new(active.expose().to_owned()))
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<Zeroizing<String>> {
        let path = path(self.app_id);
        let slots: Slots = remote.get(&path).await?;
        let active = slots.items.iter().find(|slot| slot.state == "active");
        let active = active.ok_or_else(|| Failure::new("the app has no active secret"))?;
        let path = format!("{path}/{}/reveal", active.generation);
        Ok(remote.post_again::<Revealed>(&path).await?.server_secret)
    }
}

/// Where the admin API has an app's secrets.
fn path(id: AppId) -> String {
    format!("{}/secrets", super::path(id))
}

/// What the admin API takes.
#[derive(Serialize)]
struct ToRotate<'a> {
    overlap: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// What it answers.
#[derive(Deserialize)]
struct Made {
    secret: Slot,
    server_secret: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Slots {
    items: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    generation: Generation,
    state: String,
    created_at: i64,
}

#[derive(Deserialize)]
struct Revealed {
    server_secret: Zeroizing<String>,
}

#[derive(Serialize)]
struct Rotated {
    app_id: AppId,
    generation: Generation,
    server_secret: Zeroizing<String>,
    old_until: i64,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("AppId", output::bold(self.app_id));
        table.fact("ServerSecret", output::bold(&*self.server_secret));
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
struct Shown {
    app_id: AppId,
    server_secret: Zeroizing<String>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("AppId", output::bold(self.app_id));
        table.fact("ServerSecret", output::bold(&*self.server_secret));
        table.fmt(f)
    }
}
