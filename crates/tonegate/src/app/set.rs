//! `tonegate app set`: changes settings of an app.

use tonegate_protocol::AppId;

use super::settings::SettingsArgs;
use super::view::AppView;
use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::Output;

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
    data: DataArgs,
}

impl Set {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let mut tx = opened.begin().await?;
        let edited = tx.update_app(self.app_id, self.rev, |settings| {
            if let Some(name) = &self.name {
                settings.name.clone_from(name);
            }
            self.settings.apply(settings, opened.now);
        });
        let app = edited.await?;
        super::commit(&opened, tx, &app).await?;
        output.show(&AppView::new(&app, &[], opened.now))?;
        Ok(Exit::Done)
    }
}
