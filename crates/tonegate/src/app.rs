//! `tonegate app`: apps, their settings and their secrets.

mod create;
mod delete;
mod list;
mod secret;
mod set;
mod settings;
mod status;
mod view;

use clap::Subcommand;
use tonegate_protocol::AppId;
use tonegate_server::grant;
use tonegate_server::model;
use tonegate_server::store::Tx;

use crate::data::Opened;
use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum App {
    /// Make an app; prints its ServerSecret, this once
    Create(create::Create),
    /// List all apps
    List(list::List),
    /// Show one app: settings, and its secrets' slots without the secrets
    Show(list::Show),
    /// Change settings of an app
    ///
    /// A list that is given replaces the old one; `none` empties a list or takes a time away.
    Set(set::Set),
    /// Give an app no more licences, until it is resumed
    Suspend(status::Suspend),
    /// Give a suspended app licences again
    Resume(status::Resume),
    /// Remove an app and its secrets
    Delete(delete::Delete),
    /// The ServerSecrets of an app
    #[command(subcommand)]
    Secret(secret::Secret),
}

impl App {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Create(create) => create.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Show(show) => show.run(output).await,
            Self::Set(set) => set.run(output).await,
            Self::Suspend(suspend) => suspend.run(output).await,
            Self::Resume(resume) => resume.run(output).await,
            Self::Delete(delete) => delete.run(output).await,
            Self::Secret(secret) => secret.run(output).await,
        }
    }
}

/// Where the admin API has an app.
fn path(id: AppId) -> String {
    format!("/apps/{id}")
}

/// Keeps a change whose licence was tried; refused, nothing of it is kept.
async fn commit(opened: &Opened, tx: Tx, app: &model::App) -> anyhow::Result<()> {
    grant::check(app, &opened.installation.issuer)?;
    tx.commit().await?;
    Ok(())
}
