//! A store to test with: a house of its own in a temporary directory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::{Changes, Found, Installation, Revision, RowFault, Store, StoredApp};
use crate::model::{AppId, AppSettings, Environment, Licensee, NewSecret, Policies, SecretState};
use crate::seal::Kek;

/// The time at which tests happen.
pub(super) const NOW: i64 = 1_763_840_000;

/// A store and the directory it lives in.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) directory: tempfile::TempDir,
}

/// Always the same secret for the same number, and strong.
pub(super) fn secret(number: u8) -> NewSecret {
    NewSecret::import(&format!("9193cc662a4c0ec135ec71fb5719{number:04x}")).unwrap()
}

/// Always the same key.
pub(super) fn kek() -> Kek {
    Kek::from_bytes(&[7; 32]).unwrap()
}

impl House {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tonegate.db");
        let store = Store::create(&path, kek(), Self::installation(), "init", NOW).await.unwrap();
        Self { store, directory }
    }

    /// With these apps; the n-th has `secret(n)`, from 1.
    pub(super) async fn with_apps<const N: usize>(ids: [u32; N]) -> Self {
        let house = Self::new().await;
        let mut tx = house.store.begin("init", NOW).await.unwrap();
        for (id, number) in ids.into_iter().zip(1..) {
            tx.create_app(AppId(id), Self::settings("Karaoke"), &secret(number)).await.unwrap();
        }
        tx.commit().await.unwrap();
        house
    }

    pub(super) fn installation() -> Installation {
        let environment = Environment::Production;
        Installation { iss: "tonegate".into(), environment, pins: Vec::new() }
    }

    pub(super) fn settings(name: &str) -> AppSettings {
        AppSettings::named(name)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("tonegate.db")
    }

    /// A second handle on the same file, as another process would have.
    pub(super) async fn reopened(&self) -> Store {
        Store::open(&self.path(), kek()).await.unwrap()
    }

    pub(super) async fn only_app(&self) -> StoredApp {
        self.store.list_apps(None, 1).await.unwrap().remove(0)
    }

    /// Does to the database what no operation would, foreign keys or not.
    pub(super) async fn vandalise(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.path()).foreign_keys(false);
        let mut conn = options.connect().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// What was found of the changes since a revision, by app.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) apps: BTreeMap<u32, Result<Licensee, RowFault>>,
    /// Generation, state and text of each secret, newest first.
    pub(super) secrets: BTreeMap<u32, Vec<(u32, SecretState, String)>>,
    pub(super) removed: Vec<AppId>,
}

impl Seen {
    pub(super) async fn since(store: &Store, revision: Revision) -> (Self, Changes) {
        let (mut seen, mut policies) = (Self::default(), Policies::default());
        let add = |found| seen.add(found);
        let changes = store.changed_since(revision, &mut policies, add).await.unwrap();
        (seen, changes)
    }

    pub(super) fn ids(&self) -> Vec<u32> {
        self.apps.keys().copied().collect()
    }

    fn add(&mut self, found: Found) {
        match found {
            Found::App { id, app } => _ = self.apps.insert(id.0, app),
            Found::Removed(app) => self.removed.push(app),
            Found::Secret { app, generation, state, secret } => {
                if !self.apps.contains_key(&app.0) {
                    // Of an app that did not change: to be passed over.
                    return;
                }
                let secrets = self.secrets.entry(app.0).or_default();
                secrets.push((generation.0, state, secret.expose().to_owned()));
                secrets.sort_by_key(|secret| std::cmp::Reverse(secret.0));
            }
        }
    }
}
