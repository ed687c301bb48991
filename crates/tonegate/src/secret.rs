//! Secrets that come in: from stdin, a file or the environment, never from the command line.

use std::fs::{self, File};
use std::io::{self, BufRead as _, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tonegate_protocol::{AppId, ServerSecret};
use tonegate_server::model::{BearerToken, NewSecret, SecretState};
use tonegate_server::store::Store;
use zeroize::Zeroizing;

use crate::exit::Failure;

/// The variable that `license fetch` reads.
const VARIABLE: &str = "TONEGATE_SERVER_SECRET";
/// The variable with the API token for a server elsewhere.
const TOKEN_VARIABLE: &str = "TONEGATE_API_TOKEN";
/// Bytes read of a file with an API token, which has 47, or a passphrase.
const PRIVATE_FILE_BYTES_MAX: u64 = 1_024;

/// A line of stdin.
pub(crate) fn from_stdin() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(128));
    io::stdin().lock().read_line(&mut line)?;
    Ok(trimmed(&line))
}

/// A new secret for an app: the line of stdin, if that is where it `comes` from.
pub(crate) fn new_from_stdin(comes: bool) -> anyhow::Result<Option<NewSecret>> {
    if comes { Ok(Some(NewSecret::import(&from_stdin()?)?)) } else { Ok(None) }
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

/// Refuses an API token that stood on the command line.
pub(crate) fn refuse_token_argument(token: Option<&str>) -> Result<(), Failure> {
    match token {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format!(
            "an API token on the command line can be read by every user of this machine; give it \
             with --token-file or {TOKEN_VARIABLE}, and have this one revoked"
        ))),
    }
}

/// The API token for a server elsewhere, from this file or the environment.
pub(crate) fn api_token(file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let (text, source) = match file {
        Some(file) => (from_private_file(file, "API token")?, file.display().to_string()),
        None => (token_of_environment()?, TOKEN_VARIABLE.to_owned()),
    };
    let token = Zeroizing::new(text.trim().to_owned());
    let is_one = token.starts_with(BearerToken::API) && token.bytes().all(|b| b.is_ascii_graphic());
    let message = format!(
        "there is no API token in {source}: one begins with {}; an owner makes it in the console",
        BearerToken::API
    );
    if is_one { Ok(token) } else { Err(Failure::usage(message).into()) }
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

/// A backup's passphrase: the file without its line end.
pub(crate) fn passphrase(file: &Path) -> Result<Zeroizing<String>, Failure> {
    Ok(trimmed(&from_private_file(file, "passphrase")?))
}

/// Looked at through the open file: nobody can exchange it in between.
fn from_private_file(path: &Path, what: &str) -> Result<Zeroizing<String>, Failure> {
    let shown = path.display();
    let failed =
        |error: io::Error| Failure::usage(format!("cannot read the {what} in {shown}: {error}"));
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Failure::usage(format!(
            "other users may read the {what} in {shown} (mode {mode:04o}): run `chmod 600 {shown}`, and \
             have a new one made if somebody has read this one"
        )));
    }
    let mut text = Zeroizing::new(String::with_capacity(1_024));
    file.take(PRIVATE_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

fn token_of_environment() -> Result<Zeroizing<String>, Failure> {
    let none = || {
        Failure::usage(format!(
            "there is no API token for the server: give --token-file, or set {TOKEN_VARIABLE}; an \
             owner makes one in the console"
        ))
    };
    std::env::var(TOKEN_VARIABLE).map(Zeroizing::new).map_err(|_| none())
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
