//! `tonegate app suspend` and `tonegate app resume`.

use std::fmt;

use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_server::model::AppStatus;

use super::view::AppView;
use crate::exit::Exit;
use crate::output::Output;
use crate::target::{Target, TargetArgs};
use crate::time::Span;

#[derive(Debug, clap::Args)]
pub(crate) struct Suspend {
    /// Its AppId
    app_id: AppId,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// Its AppId
    app_id: AppId,
    #[command(flatten)]
    target: TargetArgs,
}

impl Suspend {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let app = match self.target.open().await? {
            Target::Local(opened) => {
                let mut tx = opened.begin().await?;
                let app = tx.suspend_app(self.app_id).await?;
                tx.commit().await?;
                AppView::new(&app, &[], opened.now)
            }
            Target::Remote(remote) => remote.post_again(&path(self.app_id, "suspend")).await?,
        };
        output.show(&Status::of(&app))?;
        Ok(Exit::Done)
    }
}

impl Resume {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let app = match self.target.open().await? {
            Target::Local(opened) => {
                let mut tx = opened.begin().await?;
                let app = tx.resume_app(self.app_id).await?;
                tx.commit().await?;
                AppView::new(&app, &[], opened.now)
            }
            Target::Remote(remote) => remote.post_again(&path(self.app_id, "resume")).await?,
        };
        output.show(&Status::of(&app))?;
        Ok(Exit::Done)
    }
}

fn path(id: AppId, verb: &str) -> String {
    format!("{}/{verb}", super::path(id))
}

#[derive(Serialize)]
struct Status {
    app_id: AppId,
    status: AppStatus,
    rev: u32,
    /// Seconds that licences out there may still last.
    licenses_last: i64,
}

impl Status {
    fn of(app: &AppView) -> Self {
        let licenses_last = i64::from(app.settings.lifetime) + 3_600;
        Self { app_id: app.app_id, status: app.status, rev: app.rev, licenses_last }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app_id, licenses_last, .. } = self;
        match self.status {
            AppStatus::Active => write!(f, "App {app_id} gets licences."),
            AppStatus::Suspended => write!(
                f,
                "App {app_id} gets no more licences. Those that its devices hold last up to {} \
                 from now, and no command shortens that.",
                Span(*licenses_last)
            ),
        }
    }
}
