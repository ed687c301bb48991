//! ServerSecrets that come in: from stdin, a file or the environment, never from the command line.

use std::fs;
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};

use tonegate_protocol::{AppId, ServerSecret};
use tonegate_server::model::SecretState;
use tonegate_server::store::Store;
use zeroize::Zeroizing;

use crate::exit::Failure;

/// The variable that `license fetch` reads.
const VARIABLE: &str = "TONEGATE_SERVER_SECRET";

/// A line of stdin.
pub(crate) fn from_stdin() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(128));
    io::stdin().lock().read_line(&mut line)?;
    Ok(trimmed(&line))
}

/// Refuses a secret that stood on the command line.
pub(crate) fn refuse_argument(secret: Option<&str>) -> Result<(), Failure> {
    match secret {
        None => Ok(()),
        Some(_) => Err(Failure::usage(
            "a secret on the command line can be read by every user of this machine; \
             give it with --secret-stdin, and change this one",
        )),
    }
}

/// Reads a ServerSecret of whatever strength.
pub(crate) fn parse(text: &str) -> anyhow::Result<ServerSecret> {
    Ok(ServerSecret::new(text)?)
}

/// The active secret of an app in the store.
pub(crate) async fn active(store: &Store, id: AppId) -> anyhow::Result<ServerSecret> {
    let app = store.app(id).await?.ok_or_else(|| Failure::new(format!("there is no app {id}")))?;
    let active = app.secrets.into_iter().find(|secret| secret.state == SecretState::Active);
    active.and_then(|active| active.secret).ok_or_else(|| {
        let cure = format!("give it a new one with `tonegate app secret rotate {id}`");
        Failure::new(format!("the active secret of app {id} does not open; {cure}")).into()
    })
}

/// Where a backend's secret comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretArgs {
    /// Read the ServerSecret from stdin
    #[arg(long, conflicts_with = "secret_file")]
    pub(crate) secret_stdin: bool,
    /// Read the ServerSecret from a file [default: the variable TONEGATE_SERVER_SECRET]
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}

impl SecretArgs {
    /// The secret.
    pub(crate) fn read(&self) -> anyhow::Result<ServerSecret> {
        let text = match (&self.secret_file, self.secret_stdin) {
            (Some(file), _) => from_file(file)?,
            (None, true) => from_stdin()?,
            (None, false) => from_environment()?,
        };
        parse(&text)
    }
}

fn from_file(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let failed = |error: io::Error| {
        Failure::usage(format!("cannot read the secret in {}: {error}", file.display()))
    };
    let text = fs::read_to_string(file).map(Zeroizing::new).map_err(failed)?;
    Ok(trimmed(&text))
}

fn from_environment() -> anyhow::Result<Zeroizing<String>> {
    let none = Failure::usage(format!(
        "there is no ServerSecret: set {VARIABLE}, or give --secret-file or --secret-stdin"
    ));
    let text = std::env::var(VARIABLE).map(Zeroizing::new).map_err(|_| none)?;
    Ok(trimmed(&text))
}

fn trimmed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())
}
