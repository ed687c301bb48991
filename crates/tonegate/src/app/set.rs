//! `tonegate app set`: changes settings of an app.

use tonegate_protocol::AppId;
use tonegate_server::model::AppSettings;

use super::settings::{self, SettingsArgs};
use super::view::AppView;
use crate::data::Opened;
use crate::exit::Exit;
use crate::output::Output;
use crate::remote::{Remote, Version};
use crate::target::{Target, TargetArgs};
use crate::time;

#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// Its AppId
    app_id: AppId,
    /// A new name
    #[arg(long)]
    name: Option<String>,
    /// Only if the app is at this rev still
    #[arg(long, value_name = "NUMBER")]
    rev: Option<u32>,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    target: TargetArgs,
}

impl Set {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let app = match self.target.open().await? {
            Target::Local(opened) => self.here(&opened).await?,
            Target::Remote(remote) => self.elsewhere(&remote).await?,
        };
        output.show(&app)?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened) -> anyhow::Result<AppView> {
        let mut tx = opened.begin().await?;
        let edited = tx.update_app(self.app_id, self.rev, |it| self.apply(it, opened.now));
        let app = edited.await?;
        super::commit(opened, tx, &app).await?;
        Ok(AppView::new(&app, &[], opened.now))
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<AppView> {
        let path = super::path(self.app_id);
        let (app, seen) = remote.get_versioned::<AppView>(&path).await?;
        let mut after = app.settings.clone();
        self.apply(&mut after, time::now());
        let version = self.rev.map_or(Ok(seen), Version::of)?;
        remote.change(&path, version, &settings::change(&app.settings, &after)?).await
    }

    fn apply(&self, settings: &mut AppSettings, now: i64) {
        if let Some(name) = &self.name {
            settings.name.clone_from(name);
        }
        self.settings.apply(settings, now);
    }
}
