//! `tonegate app create`: a new app with its first ServerSecret.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tonegate_protocol::AppId;
use tonegate_server::model::{AppSettings, NewSecret};
use zeroize::Zeroizing;

use super::settings::SettingsArgs;
use super::view::AppView;
use crate::data::Opened;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::remote::Remote;
use crate::target::{Target, TargetArgs};
use crate::{secret, time};

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
    target: TargetArgs,
}

impl Create {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        secret::refuse_argument(self.secret.as_deref())?;
        let target = self.target.open().await?;
        if self.app_id == Some(AppId(0)) {
            return Err(reserved().into());
        }
        let secret = secret::new_from_stdin(self.secret_stdin)?;
        let created = match target {
            Target::Local(opened) => self.here(&opened, secret).await?,
            Target::Remote(remote) => self.elsewhere(&remote, secret).await?,
        };
        output.show(&created)?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened, secret: Option<NewSecret>) -> anyhow::Result<Created> {
        let secret = secret.map_or_else(NewSecret::generate, Ok)?;
        let id = match self.app_id {
            Some(id) => id,
            None => free_id(opened).await?,
        };
        let mut settings = AppSettings::named(&self.name);
        settings.environment = opened.installation.environment;
        self.settings.apply(&mut settings, opened.now);
        let mut tx = opened.begin().await?;
        let app = tx.create_app(id, settings, &secret).await?;
        super::commit(opened, tx, &app).await?;
        let server_secret = Zeroizing::new(secret.secret().expose().to_owned());
        Ok(Created { app_id: id, server_secret, app: AppView::new(&app, &[], opened.now) })
    }

    async fn elsewhere(
        &self,
        remote: &Remote,
        secret: Option<NewSecret>,
    ) -> anyhow::Result<Created> {
        let settings = self.settings.of_new(&self.name, time::now())?;
        let secret = secret.as_ref().map(|secret| secret.secret().expose());
        let made: Made =
            remote.create("/apps", &ToMake { app_id: self.app_id, secret, settings }).await?;
        Ok(Created { app_id: made.app.app_id, server_secret: made.server_secret, app: made.app })
    }
}

/// What the admin API takes.
#[derive(Serialize)]
struct ToMake<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<AppId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

/// What it answers.
#[derive(Deserialize)]
struct Made {
    app: AppView,
    server_secret: Zeroizing<String>,
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
struct Created {
    app_id: AppId,
    server_secret: Zeroizing<String>,
    app: AppView,
}

impl std::fmt::Display for Created {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = output::Table::default();
        table.fact("AppId", output::bold(self.app_id));
        table.fact("ServerSecret", output::bold(&*self.server_secret));
        writeln!(f, "{table}\n")?;
        writeln!(f, "The secret is shown this once: hand it to the app's backend now.\n")?;
        self.app.fmt(f)
    }
}
