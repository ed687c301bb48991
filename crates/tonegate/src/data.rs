//! The installation that a command works on, also while a server runs on it.

use std::path::{Path, PathBuf};

use tonegate_config::{ConfigError, Sources};
use tonegate_issuer::Keyring;
use tonegate_pkcs11::Token;
use tonegate_server::config::Config;
use tonegate_server::installation::{Installation, Place};
use tonegate_server::store::{Store, Tx};

use crate::{process, time};

/// The configuration file that is read where it lies in the working directory.
const FILE: &str = "tonegate.toml";

/// Which installation.
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// Data directory [default: data.directory of the configuration, `tonegate-data`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration file [default: tonegate.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl DataArgs {
    /// Defaults, file, environment and `--data`; further flags can be added.
    pub(crate) fn sources(&self) -> Result<Sources<Config>, ConfigError> {
        let sources = self.configured()?;
        let database = match std::env::var(VARIABLE) {
            Ok(url) if !url.is_empty() => Some((url, VARIABLE)),
            // What a configuration says goes before what systemd passed.
            _ if self.configured()?.unchecked()?.data.database_url.get().is_some() => None,
            _ => credential()?.map(|url| (url, CREDENTIAL)),
        };
        match database {
            Some((url, origin)) => sources.set("data", "database_url", &url, origin),
            None => Ok(sources),
        }
    }

    /// Defaults, file, variables of ours and `--data`.
    fn configured(&self) -> Result<Sources<Config>, ConfigError> {
        let sources = Sources::of_process(self.config.as_deref(), Path::new(FILE))?;
        match &self.data {
            Some(data) => sources.set("data", "directory", &data.to_string_lossy(), "--data"),
            None => Ok(sources),
        }
    }

    /// Where it lies, as configured.
    pub(crate) fn place(&self) -> Result<Place, ConfigError> {
        Ok(Place::of(&self.sources()?.read()?))
    }

    /// Opens the installation; its parts were found to fit.
    pub(crate) async fn open(&self) -> anyhow::Result<Opened> {
        open(&self.place()?).await
    }
}

/// The systemd credential that holds the database's URL.
const CREDENTIAL: &str = "database-url";

/// The variable that does, as many services have it.
const VARIABLE: &str = "DATABASE_URL";

/// Opens the installation; its parts were found to fit.
pub(crate) async fn open(place: &Place) -> anyhow::Result<Opened> {
    let (installation, store, keyring) = Installation::open(place).await?;
    let token = place.token.clone();
    Ok(Opened { installation, store, keyring, token, now: time::now() })
}

/// The text of a credential that systemd passed.
fn credential() -> Result<Option<String>, ConfigError> {
    let Some(directory) = std::env::var_os("CREDENTIALS_DIRECTORY") else { return Ok(None) };
    let path = Path::new(&directory).join(CREDENTIAL);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path, source }),
    }
}

/// An installation at work.
pub(crate) struct Opened {
    pub(crate) installation: Installation,
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) token: Option<Token>,
    /// When it was opened, Unix seconds: the time of everything that the command does.
    pub(crate) now: i64,
}

impl Opened {
    /// Begins a change, audited under this user.
    pub(crate) async fn begin(&self) -> anyhow::Result<Tx> {
        Ok(self.store.begin(&process::actor(), self.now).await?)
    }
}
