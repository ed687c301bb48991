//! `tonegate app delete`: removes an app, once its name was given.

use std::fmt;
use std::io::{self, BufRead as _};

use serde::Serialize;
use tonegate_protocol::AppId;

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// Its AppId
    app_id: AppId,
    /// Its name, to confirm; without it you are asked
    #[arg(long, value_name = "NAME")]
    yes: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Serialize)]
struct Deleted {
    app_id: AppId,
    deleted: bool,
}

impl Delete {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let id = self.app_id;
        let stored = opened.store.app(id).await?;
        let stored = stored.ok_or_else(|| Failure::new(format!("there is no app {id}")))?;
        // An app whose row cannot be used has no name to ask for: its number stands for it.
        let name = stored.app.map_or_else(|_| id.to_string(), |app| app.settings().name.clone());
        let given = match self.yes {
            Some(given) => given,
            None => ask(id, &name)?,
        };
        if given != name {
            let message = format!("app {id} is called \"{name}\", not \"{given}\": not deleted");
            return Err(Failure::usage(message).into());
        }
        let mut tx = opened.begin().await?;
        tx.delete_app(id).await?;
        tx.commit().await?;
        output.show(&Deleted { app_id: id, deleted: true })?;
        Ok(Exit::Done)
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
