//! `tonegate app delete`: removes an app, once its name was given.

use std::fmt;
use std::io::{self, BufRead as _};

use serde::Serialize;
use tonegate_protocol::AppId;

use super::view::AppView;
use crate::data::Opened;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::remote::{Refused, Remote, Version};
use crate::target::{Target, TargetArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// Its AppId
    app_id: AppId,
    /// Its name, to confirm; without it you are asked
    #[arg(long, value_name = "NAME")]
    yes: Option<String>,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Serialize)]
struct Deleted {
    app_id: AppId,
    deleted: bool,
}

impl Delete {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self.target.open().await? {
            Target::Local(opened) => self.here(&opened).await?,
            Target::Remote(remote) => self.elsewhere(&remote).await?,
        }
        output.show(&Deleted { app_id: self.app_id, deleted: true })?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened) -> anyhow::Result<()> {
        let id = self.app_id;
        let stored = opened.store.app(id).await?;
        let stored = stored.ok_or_else(|| Failure::new(format!("there is no app {id}")))?;
        self.confirm(stored.app.ok().map(|app| app.settings().name.clone()))?;
        let mut tx = opened.begin().await?;
        tx.delete_app(id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<()> {
        let path = super::path(self.app_id);
        let (name, version) = match remote.get_versioned::<AppView>(&path).await {
            Ok((app, version)) => (Some(app.settings.name), version),
            Err(error) if Refused::is(&error, "app_unusable") => (None, Version::any()),
            Err(error) => return Err(error),
        };
        self.confirm(name)?;
        remote.delete(&path, version).await
    }

    /// An app whose row cannot be used has no name to ask for: its number stands for it.
    fn confirm(&self, name: Option<String>) -> anyhow::Result<()> {
        let id = self.app_id;
        let name = name.unwrap_or_else(|| id.to_string());
        let given = self.yes.clone().map_or_else(|| ask(id, &name), Ok)?;
        if given == name {
            return Ok(());
        }
        let message = format!("app {id} is called \"{name}\", not \"{given}\": not deleted");
        Err(Failure::usage(message).into())
    }
}

fn ask(id: AppId, name: &str) -> anyhow::Result<String> {
    output::complain(&format!("App {id} \"{name}\" and its secrets go. Type its name to confirm:"));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App {} is gone; its devices keep their licences to the end.", self.app_id)
    }
}
