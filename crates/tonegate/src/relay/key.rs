//! `tonegate relay key`: the API keys of those who may ask for licences.

use std::fmt;
use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_relay::auth::{ApiKey, KeyFile, KeyRecord};

use super::ConfigArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::time::{self, Moment, When};

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make an API key; it is shown once, and kept as a hash
    Add(Add),
    /// Show the API keys, without the keys themselves
    List(List),
    /// Take an API key out; a running relay refuses it within 2 s
    Revoke(Revoke),
}

/// Which file of keys.
#[derive(Debug, clap::Args)]
struct FileArgs {
    /// File of API keys [default: auth.api_keys of the configuration]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// What it is for, such as the backend that will hold it
    name: String,
    /// An app whose licence it may get; repeatable [default: every app of the relay]
    #[arg(long = "app", value_name = "APP_ID")]
    apps: Vec<AppId>,
    /// When it ends, such as 2027-01-31 or +90d [default: never]
    #[arg(long, value_name = "TIME")]
    expires: Option<When>,
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// Its id, as `relay key list` shows it
    id: String,
    #[command(flatten)]
    file: FileArgs,
}

impl Key {
    pub(super) fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => add.run(output),
            Self::List(list) => {
                let keys = list.file.load()?;
                output.show(&Keys { keys: keys.list().iter().map(KeyView::of).collect() })?;
                Ok(Exit::Done)
            }
            Self::Revoke(revoke) => {
                let revoked = revoke.file.load()?.revoke(&revoke.id)?;
                output.show(&Revoked { revoked: KeyView::of(&revoked) })?;
                Ok(Exit::Done)
            }
        }
    }
}

impl FileArgs {
    fn load(&self) -> anyhow::Result<KeyFile> {
        Ok(KeyFile::load(&self.path()?)?)
    }

    fn path(&self) -> anyhow::Result<PathBuf> {
        let path = match &self.file {
            Some(file) => file.clone(),
            None => self.config.sources()?.unchecked()?.auth.api_keys,
        };
        if path.as_os_str().is_empty() {
            return Err(Failure::usage(
                "there is no file of API keys: set auth.api_keys in the configuration, or give --file",
            )
            .into());
        }
        Ok(path)
    }
}

impl Add {
    fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let now = time::now();
        let apps = Some(self.apps.as_slice()).filter(|apps| !apps.is_empty());
        let expires_at = self.expires.map(|when| when.at(now));
        let path = self.file.path()?;
        let (record, key) = KeyFile::load(&path)?.add(&self.name, apps, expires_at, now)?;
        let file = std::path::absolute(&path)?;
        output.show(&Added { key: KeyView::of(&record), api_key: key, file })?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct KeyView {
    id: String,
    name: String,
    /// None: every app.
    apps: Option<Vec<AppId>>,
    created_at: i64,
    expires_at: Option<i64>,
}

impl KeyView {
    fn of(record: &KeyRecord) -> Self {
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            apps: record.apps.clone(),
            created_at: record.created_at,
            expires_at: record.expires_at,
        }
    }

    fn apps(&self) -> String {
        let Some(apps) = &self.apps else { return "every app".to_owned() };
        apps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    key: KeyView,
    #[serde(serialize_with = "shown_once")]
    api_key: ApiKey,
    file: PathBuf,
}

fn shown_once<S: serde::Serializer>(key: &ApiKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose())
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, api_key, file } = self;
        let (shown, apps) = (output::bold(api_key.expose()), key.apps());
        writeln!(f, "{shown}\n")?;
        write!(f, "API key {} \"{}\", for {apps}, in {}. ", key.id, key.name, file.display())?;
        write!(f, "Keep it: it is not shown again. A running relay takes it within 2 s.")
    }
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<KeyView>,
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return write!(f, "There is no API key. Make one with `tonegate relay key add NAME`.");
        }
        let mut table = Table::headed(["KEY", "NAME", "APPS", "MADE", "ENDS"]);
        for key in &self.keys {
            let ends =
                key.expires_at.map_or_else(|| "never".to_owned(), |at| Moment(at).to_string());
            let made = Moment(key.created_at).to_string();
            table.row([key.id.clone(), key.name.clone(), key.apps(), made, ends]);
        }
        write!(f, "{table}")
    }
}

#[derive(Serialize)]
struct Revoked {
    revoked: KeyView,
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeyView { id, name, .. } = &self.revoked;
        write!(f, "API key {id} \"{name}\" is no more. A running relay refuses it within 2 s.")
    }
}
