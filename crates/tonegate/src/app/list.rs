//! `tonegate app list` and `tonegate app show`.

use std::fmt;

use serde::{Deserialize, Serialize};
use tonegate_protocol::AppId;
use tonegate_server::store::{RowFault, Store, StoreError, StoredApp};

use super::view::{self, AppView};
use crate::data::Opened;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::target::{Target, TargetArgs};

/// Apps read at a time.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Its AppId
    app_id: AppId,
    #[command(flatten)]
    target: TargetArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let apps = match self.target.open().await? {
            Target::Local(opened) => {
                let stored = all(&opened.store).await?;
                stored.iter().map(|app| Row::new(app, opened.now)).collect()
            }
            Target::Remote(remote) => {
                remote.list("/apps", &[], usize::MAX, |_| true, "apps").await?
            }
        };
        output.show(&Apps { apps })?;
        Ok(Exit::Done)
    }
}

impl Show {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let app = match self.target.open().await? {
            Target::Local(opened) => stored(&opened, self.app_id).await?,
            Target::Remote(remote) => remote.get(&super::path(self.app_id)).await?,
        };
        output.show(&app)?;
        Ok(Exit::Done)
    }
}

async fn stored(opened: &Opened, id: AppId) -> anyhow::Result<AppView> {
    let stored = opened.store.app(id).await?;
    let stored = stored.ok_or_else(|| Failure::new(format!("there is no app {id}")))?;
    let app = stored.app.as_ref().map_err(|fault| unusable(stored.id, fault))?;
    Ok(AppView::new(app, &stored.secrets, opened.now))
}

async fn all(store: &Store) -> Result<Vec<StoredApp>, StoreError> {
    let mut apps: Vec<StoredApp> = Vec::new();
    loop {
        let page = store.list_apps(apps.last().map(|app| app.id), PAGE).await?;
        if page.is_empty() {
            return Ok(apps);
        }
        apps.extend(page);
    }
}

fn unusable(id: AppId, fault: &RowFault) -> Failure {
    let cure =
        format!("restore it from a backup, or make it anew after `tonegate app delete {id}`");
    Failure::new(format!("the row of app {id} cannot be used ({fault}); {cure}"))
}

#[derive(Serialize)]
struct Apps {
    apps: Vec<Row>,
}

/// An app without its secrets, or why it cannot be shown. The admin API says the same.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    App(Box<AppView>),
    Unusable { app_id: AppId, fault: String },
}

impl Row {
    fn new(stored: &StoredApp, now: i64) -> Self {
        match &stored.app {
            Ok(app) => Self::App(Box::new(AppView::new(app, &[], now))),
            Err(fault) => Self::Unusable { app_id: stored.id, fault: fault.to_string() },
        }
    }
}

impl fmt::Display for Apps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.apps.is_empty() {
            return f.write_str("There is no app; make one with `tonegate app create NAME`.");
        }
        let mut table = Table::headed(["APP ID", "NAME", "STATUS", "FEATURES", "ENVIRONMENT"]);
        for row in &self.apps {
            table.row(match row {
                Row::App(app) => [
                    app.app_id.to_string(),
                    app.settings.name.clone(),
                    view::status(app),
                    view::features(app),
                    app.settings.environment.to_string(),
                ],
                Row::Unusable { app_id, fault } => [
                    app_id.to_string(),
                    String::new(),
                    output::bad("unusable"),
                    fault.clone(),
                    String::new(),
                ],
            });
        }
        table.fmt(f)
    }
}
