//! The installation that a command works on, also while a server runs on it.

use std::path::{Path, PathBuf};

use tonegate_config::{ConfigError, Sources};
use tonegate_issuer::Keyring;
use tonegate_pkcs11::Token;
use tonegate_server::config::Config;
use tonegate_server::data_dir::DataDir;
use tonegate_server::installation::{Installation, kek_source};
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
        let sources = Sources::of_process(self.config.as_deref(), Path::new(FILE))?;
        match &self.data {
            Some(data) => sources.set("data", "directory", &data.to_string_lossy(), "--data"),
            None => Ok(sources),
        }
    }

    /// The directory and the file of its key-encryption key, as configured.
    pub(crate) fn place(&self) -> Result<Place, ConfigError> {
        Ok(Place::of(&self.sources()?.read()?))
    }

    /// Opens the installation; its parts were found to fit.
    pub(crate) async fn open(&self) -> anyhow::Result<Opened> {
        self.place()?.open().await
    }
}

/// Where an installation lies.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) data: DataDir,
    pub(crate) kek: Option<PathBuf>,
    /// Where issuing keys may live.
    pub(crate) token: Option<Token>,
}

impl Place {
    /// Where the configuration says.
    pub(crate) fn of(config: &Config) -> Self {
        let kek = config.data.key_encryption_key.clone();
        let kek = Some(kek).filter(|kek| !kek.as_os_str().is_empty());
        Self { data: DataDir::new(&config.data.directory), kek, token: config.pkcs11.open() }
    }

    /// Opens the installation; its parts were found to fit.
    pub(crate) async fn open(&self) -> anyhow::Result<Opened> {
        let (installation, store, keyring) =
            Installation::open(&self.data, self.kek.as_deref(), self.token.as_ref()).await?;
        let token = self.token.clone();
        Ok(Opened { installation, store, keyring, token, now: time::now() })
    }

    /// Opens the database alone, for when other parts of the installation are what is broken.
    pub(crate) async fn open_store(&self) -> anyhow::Result<Store> {
        let kek = kek_source(&self.data, self.kek.as_deref()).load()?;
        Ok(Store::open(&self.data.database(), kek).await?)
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
