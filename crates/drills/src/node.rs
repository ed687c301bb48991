//! One `tonegate serve`: started, killed, stopped, asked for its health.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use crate::clock;
use crate::house::{self, House};
use crate::http;
use crate::network::Place;
use crate::process::Process;
use crate::stage::Stage;

/// The file of the key-encryption key.
const KEK: &str = "kek.key";
/// How long a node may take to be ready.
const READY: Duration = Duration::from_secs(60);

/// A node, running or not; its addresses and files stay the same.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its name, also in the proxy.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) place: Place,
    /// Its data directory.
    pub(crate) data: PathBuf,
    /// What it alone has in its environment.
    pub(crate) variables: Vec<(String, String)>,
    /// What it runs.
    pub(crate) program: PathBuf,
    shared: Vec<(String, String)>,
    config: PathBuf,
    log: PathBuf,
    process: Option<Process>,
}

impl Node {
    /// A node on this data directory; it is not started.
    pub(crate) fn new(
        stage: &Stage,
        house: &House,
        name: &str,
        place: Place,
        data: PathBuf,
    ) -> anyhow::Result<Self> {
        let node = Self {
            name: name.to_owned(),
            place,
            data,
            variables: Vec::new(),
            program: stage.server.clone(),
            shared: house.variables.clone(),
            config: stage.path(&format!("{name}.toml")),
            log: stage.path(&format!("{name}.log")),
            process: None,
        };
        std::fs::write(&node.config, node.configuration())?;
        Ok(node)
    }

    /// A node on a copy of the installation: same keys, same apps, a replay guard of its own.
    pub(crate) async fn copied(
        stage: &Stage,
        house: &House,
        name: &str,
        place: Place,
    ) -> anyhow::Result<Self> {
        let data = stage.fresh(&format!("{name}-data"));
        house::copy(&house.data, &data).await?;
        Self::new(stage, house, name, place, data)
    }

    /// A node with nothing but the key-encryption key, which joins the installation that it finds in the
    /// database when it starts.
    pub(crate) async fn joining(
        stage: &Stage,
        house: &House,
        name: &str,
        place: Place,
    ) -> anyhow::Result<Self> {
        let data = stage.fresh(&format!("{name}-data"));
        std::fs::DirBuilder::new().mode(0o700).create(&data)?;
        house::copy(&house.data.join(KEK), &data).await?;
        Self::new(stage, house, name, place, data)
    }

    /// Adds a variable to its environment, from its next start on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Starts it and waits until it serves.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        self.spawn()?;
        self.ready().await
    }

    /// Starts it; it may not serve yet, or never.
    pub(crate) fn spawn(&mut self) -> anyhow::Result<()> {
        let mut command = self.place.command(&self.program);
        command.arg("serve").arg("--config").arg(&self.config);
        house::plain(&mut command, &self.shared);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        self.process = Some(Process::start(command, &self.log)?);
        Ok(())
    }

    /// Waits until it serves.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        let process = self.process.as_mut().context("not started")?;
        let serving = |log: &str| log.contains("\"serving\"").then_some(());
        process.wait_for(serving).await.with_context(|| self.name.clone())?;
        let admin = self.place.admin;
        let ready = async || {
            http::get(admin, "/readyz").await.is_ok_and(|answer| answer.status == 200).then_some(())
        };
        clock::until(&format!("{} is ready", self.name), READY, ready).await.map(|_| ())
    }

    /// kill -9.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        match self.process.take() {
            Some(process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// SIGTERM, and waits for its end; `true`: it ended well.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<bool> {
        match self.process.take() {
            Some(process) => Ok(process.stop().await?.success()),
            None => Ok(false),
        }
    }

    /// Is its process there?
    pub(crate) fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_running)
    }

    /// What it logged since its last start.
    pub(crate) fn said(&self) -> anyhow::Result<String> {
        self.process.as_ref().context("not started")?.said()
    }

    /// The value of a metric, by the start of its line; `None`: it has none such.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let text = http::get(self.place.admin, "/metrics").await.ok()?.body;
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
    }

    fn configuration(&self) -> String {
        let Self { place, data, .. } = self;
        format!(
            "[data]\ndirectory = '{}'\n\n\
             [gateway]\naddress = '{}'\nlifted_networks = ['0.0.0.0/0']\n\n\
             [admin]\naddress = '{}'\n\n\
             [log]\nformat = 'json'\n",
            data.display(),
            place.gateway,
            place.admin,
        )
    }
}
