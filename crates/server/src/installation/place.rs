//! Where an installation lies: its directory, its key, its database.

use std::path::{Path, PathBuf};

use tonegate_pkcs11::Token;

use super::InstallationError;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::seal::{Kek, KekSource, SealError};
use crate::store::{Database, PostgresUrl, Store, StoreError};

/// Where the parts of an installation lie.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its directory, or this server's part of it.
    pub data: DataDir,
    /// Its key-encryption key's file; `None`: a systemd credential, or in the directory.
    pub kek: Option<PathBuf>,
    /// Its database, if that is not in the directory. Several servers may share it.
    pub postgres: Option<PostgresUrl>,
    /// Where issuing keys may live.
    pub token: Option<Token>,
}

impl Place {
    /// All of it in one directory.
    #[must_use]
    pub fn in_directory(data: &DataDir) -> Self {
        Self { data: data.clone(), kek: None, postgres: None, token: None }
    }

    /// Where the configuration says.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let kek = config.data.key_encryption_key.clone();
        Self {
            data: DataDir::new(&config.data.directory),
            kek: Some(kek).filter(|kek| !kek.as_os_str().is_empty()),
            postgres: config.data.database_url.get().cloned(),
            token: config.pkcs11.open(),
        }
    }

    /// The same, in another directory.
    pub(super) fn with(&self, data: &DataDir) -> Self {
        Self { data: data.clone(), ..self.clone() }
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> Database {
        match &self.postgres {
            Some(url) => Database::Postgres(url.clone()),
            None => self.data.database(),
        }
    }

    /// Where its key-encryption key is.
    #[must_use]
    pub fn kek_source(&self) -> KekSource {
        kek_source(&self.data, self.kek.as_deref())
    }

    /// The key-encryption key. With PostgreSQL, one that is not there is probably another server's.
    pub fn kek(&self) -> Result<Kek, InstallationError> {
        match self.kek_source().load() {
            Err(SealError::KekMissing { path }) if self.postgres.is_some() => {
                Err(InstallationError::KekElsewhere { path })
            }
            loaded => Ok(loaded?),
        }
    }

    /// Opens the database alone. `Err(Missing)`: there is no installation.
    pub async fn open_store(&self) -> Result<Store, InstallationError> {
        // Pins without a database are an installation that lost it: then the store says so.
        if self.postgres.is_none() && !self.data.is_made() && !self.data.pins().exists() {
            return Err(InstallationError::Missing { path: self.data.path().to_owned() });
        }
        Ok(Store::open(&self.database(), self.kek()?).await?)
    }

    /// The database, if there is an installation in it.
    pub async fn existing_store(&self) -> Result<Option<Store>, InstallationError> {
        let source = self.kek_source();
        let is_bare = match &self.postgres {
            None => !self.data.is_made(),
            // Without the key nobody can look; whatever is in the way then is found before it is harmed.
            Some(_) => !source.path().exists(),
        };
        if is_bare {
            return Ok(None);
        }
        match self.open_store().await {
            Err(InstallationError::Store(StoreError::Empty { .. })) => Ok(None),
            found => found.map(Some),
        }
    }
}

/// Where the key-encryption key is: as configured, a systemd credential, or in the directory.
#[must_use]
pub fn kek_source(data: &DataDir, configured: Option<&Path>) -> KekSource {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    KekSource::find(configured, credentials.as_deref(), data.path())
}
