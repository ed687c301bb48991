//! `tonegate app create`: a new app with its first ServerSecret.

use serde::Serialize;
use tonegate_protocol::{AppId, ServerSecret};
use tonegate_server::model::{self, AppSettings, NewSecret};

use super::settings::SettingsArgs;
use super::view;
use crate::data::{DataArgs, Opened};
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::secret;

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// Its name, for people: 1 to 64 characters
    name: String,
    /// Its AppId [default: a free one of 9 or 10 digits]
    #[arg(long, value_name = "NUMBER")]
    app_id: Option<AppId>,
    /// Take an existing ServerSecret from stdin instead of making one
    #[arg(long)]
    secret_stdin: bool,
    #[arg(long, hide = true)]
    secret: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    data: DataArgs,
}

impl Create {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        secret::refuse_argument(self.secret.as_deref())?;
        let opened = self.data.open().await?;
        let secret = if self.secret_stdin {
            NewSecret::import(&secret::from_stdin()?)?
        } else {
            NewSecret::generate()?
        };
        let id = match self.app_id {
            Some(AppId(0)) => return Err(reserved().into()),
            Some(id) => id,
            None => free_id(&opened).await?,
        };
        let mut settings = AppSettings::named(&self.name);
        settings.environment = opened.installation.environment;
        self.settings.apply(&mut settings, opened.now);
        let mut tx = opened.begin().await?;
        let app = tx.create_app(id, settings, &secret).await?;
        super::commit(&opened, tx, &app).await?;
        output.show(&Created::new(&app, secret.secret(), opened.now))?;
        Ok(Exit::Done)
    }
}

/// The server issues licences to itself under that number.
fn reserved() -> Failure {
    Failure::usage("AppId 0 is reserved for the server itself; choose another --app-id")
}

async fn free_id(opened: &Opened) -> anyhow::Result<AppId> {
    loop {
        let id = AppId(fastrand::u32(100_000_000..));
        if opened.store.app(id).await?.is_none() {
            return Ok(id);
        }
    }
}

/// An app with a secret that is shown.
#[derive(Serialize)]
pub(crate) struct Created<'a> {
    app_id: AppId,
    server_secret: &'a str,
    app: view::AppView<'a>,
}

impl<'a> Created<'a> {
    pub(crate) fn new(app: &'a model::App, secret: &'a ServerSecret, now: i64) -> Self {
        let app_view = view::AppView::new(app, &[], now);
        Self { app_id: app.id, server_secret: secret.expose(), app: app_view }
    }
}

impl std::fmt::Display for Created<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = output::Table::default();
        table.fact("AppId", output::bold(self.app_id));
        table.fact("ServerSecret", output::bold(self.server_secret));
        writeln!(f, "{table}\n")?;
        writeln!(f, "The secret is shown this once: hand it to the app's backend now.\n")?;
        self.app.fmt(f)
    }
}
