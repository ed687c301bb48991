//! An installation in a directory of its own, and a second handle on its store, as the CLI has.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tonegate_server::config::Config;
use tonegate_server::data_dir::DataDir;
use tonegate_server::installation::{Installation, NewInstallation, Place, Roots};
use tonegate_server::model::{
    AppId, AppSettings, Environment, FeatureGrant, NewSecret, ServerSecret,
};
use tonegate_server::store::{PostgresUrl, Store, Tx};

use super::{Backend, unix_now};

/// An installation with its own roots.
pub(crate) struct House {
    directory: TempDir,
    /// When it was made: its first issuing key signs from there on.
    made_at: i64,
    /// Its database, where that is elsewhere.
    postgres: Option<String>,
}

/// Settings of an app that gets licences.
pub(crate) fn settings() -> AppSettings {
    AppSettings { features: vec![feature("agc"), feature("ans")], ..AppSettings::named("Karaoke") }
}

pub(crate) fn feature(name: &str) -> FeatureGrant {
    FeatureGrant::unlimited(name.parse().unwrap())
}

impl House {
    /// For the machine's clock.
    pub(crate) async fn new() -> Self {
        Self::at(unix_now()).await
    }

    /// Made at this Unix time.
    pub(crate) async fn at(now: i64) -> Self {
        Self::make(now, None).await
    }

    /// With its database in an empty one of PostgreSQL.
    pub(crate) async fn on_postgres(url: &str, now: i64) -> Self {
        Self::make(now, Some(url.to_owned())).await
    }

    /// The directory of another server of the same installation, before its first start.
    pub(crate) fn another(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let house = Self { directory, made_at: self.made_at, postgres: self.postgres.clone() };
        std::fs::create_dir(house.data().path()).unwrap();
        std::fs::copy(self.path("kek.key"), house.path("kek.key")).unwrap();
        house
    }

    async fn make(now: i64, postgres: Option<String>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let house = Self { directory, made_at: now, postgres };
        let new = NewInstallation {
            issuer: "tonegate".into(),
            environment: Environment::Production,
            roots: Roots::Auto,
        };
        Installation::make(&house.place(), new, now).await.unwrap();
        house
    }

    /// Everything in it, in another place.
    pub(crate) fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        copy_folder(self.data().path(), &directory.path().join("data"));
        Self { directory, made_at: self.made_at, postgres: self.postgres.clone() }
    }

    pub(crate) fn data(&self) -> DataDir {
        DataDir::new(&self.directory.path().join("data"))
    }

    /// Of its database, where that is elsewhere.
    pub(crate) fn url(&self) -> Option<&str> {
        self.postgres.as_deref()
    }

    fn place(&self) -> Place {
        Place { postgres: self.url().map(parsed), ..Place::in_directory(&self.data()) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.data().path().join(name)
    }

    /// Ports are free ones; one client network is not limited by mistake.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        config.data.directory = self.data().path().to_owned();
        if let Some(url) = self.url() {
            config.data.database_url = parsed(url).into();
        }
        config.gateway.address = ([127, 0, 0, 1], 0).into();
        config.admin.address = ([127, 0, 0, 1], 0).into();
        config
    }

    /// A handle of its own on the database, as another process has.
    pub(crate) async fn store(&self) -> Store {
        self.place().open_store().await.unwrap()
    }

    /// Changes the store as an operator does.
    pub(crate) async fn change<T>(&self, change: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let store = self.store().await;
        let mut tx = store.begin("operator", self.made_at).await.unwrap();
        let result = change(&mut tx).await;
        tx.commit().await.unwrap();
        store.close().await;
        result
    }

    /// Makes an app with these settings and a new secret.
    pub(crate) async fn app(&self, id: u32, settings: AppSettings) -> Backend {
        let secret = NewSecret::generate().unwrap();
        self.app_with(id, settings, &secret).await
    }

    pub(crate) async fn app_with(
        &self,
        id: u32,
        settings: AppSettings,
        secret: &NewSecret,
    ) -> Backend {
        self.change(async |tx| tx.create_app(AppId(id), settings, secret).await.unwrap()).await;
        Backend::new(id, secret.secret())
    }

    /// Gives the app a new secret.
    pub(crate) async fn rotate(&self, id: u32, overlap: u32) -> ServerSecret {
        let secret = NewSecret::generate().unwrap();
        self.change(async |tx| tx.rotate_secret(AppId(id), &secret, overlap).await.unwrap()).await;
        secret.secret().clone()
    }

    /// Does to the database what no operation would, and has readers see it.
    pub(crate) async fn vandalise(&self, sql: &str) {
        let options =
            SqliteConnectOptions::new().filename(self.data().database_file()).foreign_keys(false);
        let mut connection = options.connect().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

fn parsed(url: &str) -> PostgresUrl {
    url.parse().unwrap()
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
