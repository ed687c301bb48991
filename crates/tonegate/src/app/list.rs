//! `tonegate app list` and `tonegate app show`.

use std::fmt;

use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_server::store::{RowFault, Store, StoreError, StoredApp};

use super::view::{self, AppView};
use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};

/// Apps read at a time.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Its AppId
    app_id: AppId,
    #[command(flatten)]
    data: DataArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let stored = all(&opened.store).await?;
        let apps = stored.iter().map(|app| Row::new(app, opened.now)).collect();
        output.show(&Apps { apps })?;
        Ok(Exit::Done)
    }
}

impl Show {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let stored = opened.store.app(self.app_id).await?;
        let stored =
            stored.ok_or_else(|| Failure::new(format!("there is no app {}", self.app_id)))?;
        let app = stored.app.as_ref().map_err(|fault| unusable(stored.id, fault))?;
        output.show(&AppView::new(app, &stored.secrets, opened.now))?;
        Ok(Exit::Done)
    }
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
struct Apps<'a> {
    apps: Vec<Row<'a>>,
}

/// An app, or why it cannot be shown.
#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    App(AppView<'a>),
    Unusable { app_id: AppId, fault: String },
}

impl<'a> Row<'a> {
    fn new(stored: &'a StoredApp, now: i64) -> Self {
        match &stored.app {
            Ok(app) => Self::App(AppView::new(app, &stored.secrets, now)),
            Err(fault) => Self::Unusable { app_id: stored.id, fault: fault.to_string() },
        }
    }
}

impl fmt::Display for Apps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.apps.is_empty() {
            return f.write_str("There is no app; make one with `tonegate app create NAME`.");
        }
        let mut table = Table::headed(["APP ID", "NAME", "STATUS", "FEATURES", "ENVIRONMENT"]);
        for row in &self.apps {
            table.row(match row {
                Row::App(AppView { app, .. }) => [
                    app.id.to_string(),
                    app.settings().name.clone(),
                    view::status(app),
                    view::features(app),
                    app.settings().environment.to_string(),
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
