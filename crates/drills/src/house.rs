//! An installation, made with the command as an operator makes one, and the apps that ask it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::Value;
use tokio::process::Command;
use tonegate_license::Pins;
use tonegate_protocol::{AppId, ServerSecret};

use crate::process;
use crate::stage::Stage;

/// The issuer's name in the licences.
pub(crate) const ISSUER: &str = "tonegate";
/// Requests per second of an app that is in nobody's way: the highest there is.
pub(crate) const UNLIMITED: u32 = 100_000;
/// AppIds begin here.
const FIRST: u32 = 1_000_000_000;

/// An app, as its backend knows it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// Its number.
    pub(crate) id: AppId,
    /// Its secret.
    pub(crate) secret: ServerSecret,
}

/// An installation.
#[derive(Clone, Debug)]
pub(crate) struct House {
    /// Its data directory.
    pub(crate) data: PathBuf,
    /// What apps pin.
    pub(crate) pins: Pins,
    /// Those that ask.
    pub(crate) apps: Arc<[App]>,
    /// API tokens that may do everything: each caller may send 50 requests a second.
    pub(crate) tokens: Arc<[String]>,
    /// What every process of the installation has in its environment.
    pub(crate) variables: Vec<(String, String)>,
}

impl House {
    /// Makes one with so many apps, each of which may ask so often a second.
    pub(crate) async fn make(
        stage: &Stage,
        variables: &[(String, String)],
        apps: u32,
        rate: u32,
    ) -> anyhow::Result<Self> {
        let data = stage.fresh("first");
        let made = run(stage, &data, variables, &["init", "--auto-root"]).await?;
        let pins = text(&made, "pins")?.parse().context("pins")?;
        let mut tokens = Vec::new();
        for number in 0..=apps {
            let name = format!("drill {number}");
            let owner = ["token", "create", &name, "--role", "owner", "--privileged"];
            let owner = [&owner[..], &["--expires-in", "30d"]].concat();
            tokens.push(text(&run(stage, &data, variables, &owner).await?, "token")?);
        }
        let mut known = Vec::new();
        for id in FIRST..FIRST + apps {
            let (number, name) = (id.to_string(), format!("Karaoke {id}"));
            let rate = rate.to_string();
            let create = ["app", "create", &name, "--app-id", &number, "--rate", &rate];
            let create = [&create[..], &["--feature", "ans", "--feature", "agc"]].concat();
            let secret = text(&run(stage, &data, variables, &create).await?, "server_secret")?;
            known.push(App { id: AppId(id), secret: ServerSecret::new(&secret)? });
        }
        let variables = variables.to_vec();
        Ok(Self { data, pins, apps: known.into(), tokens: tokens.into(), variables })
    }

    /// The token that no writer uses.
    pub(crate) fn token(&self) -> &str {
        self.tokens.last().map_or("", String::as_str)
    }

    /// Runs the command on a node's data directory; the JSON that it prints.
    pub(crate) async fn run(
        &self,
        stage: &Stage,
        data: &Path,
        arguments: &[&str],
    ) -> anyhow::Result<Value> {
        run(stage, data, &self.variables, arguments).await
    }
}

/// A directory and all that is in it, once more.
pub(crate) async fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("cp");
    command.arg("-a").arg(from).arg(to);
    process::output(command).await.map(|_| ())
}

/// The program without what this process's own environment says to it.
pub(crate) fn plain(command: &mut Command, variables: &[(String, String)]) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("TONEGATE_") || text == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
}

async fn run(
    stage: &Stage,
    data: &Path,
    variables: &[(String, String)],
    arguments: &[&str],
) -> anyhow::Result<Value> {
    let mut command = Command::new(&stage.server);
    command.args(arguments).arg("--json").arg("--data").arg(data);
    plain(&mut command, variables);
    let printed = process::output(command).await;
    let printed = printed.with_context(|| format!("tonegate {}", arguments.join(" ")))?;
    serde_json::from_str(&printed).context("the command did not print JSON")
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    let text = value[name].as_str().with_context(|| format!("no `{name}` in {value}"))?;
    Ok(text.to_owned())
}
