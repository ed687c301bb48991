//! A store to test with: a house of its own in a temporary directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::{Changes, Found, Installation, Revision, RowFault, Store, StoredApp, db};
use crate::model::{AppId, AppSettings, Environment, Licensee, NewSecret, Policies, SecretState};
use crate::seal::Kek;

/// The time at which tests happen.
pub(crate) const NOW: i64 = 1_763_840_000;

/// A store and the directory it lives in.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(super) directory: tempfile::TempDir,
}

/// Always the same secret for the same number, and strong.
pub(crate) fn secret(number: u8) -> NewSecret {
    NewSecret::import(&format!("9193cc662a4c0ec135ec71fb5719{number:04x}")).unwrap()
}

/// Always the same key.
pub(crate) fn kek() -> Kek {
    Kek::from_bytes(&[7; 32]).unwrap()
}

impl House {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tonegate.db");
        let store = Store::create(&path, kek(), Self::installation(), "init", NOW).await.unwrap();
        Self { store, directory }
    }

    /// With these apps; the n-th has `secret(n)`, from 1.
    pub(crate) async fn with_apps<const N: usize>(ids: [u32; N]) -> Self {
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

    pub(crate) fn path(&self) -> PathBuf {
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
    pub(crate) async fn vandalise(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.path()).foreign_keys(false);
        let mut conn = options.connect().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// A database as the first schema had it, with this many audit entries: none has a hash.
pub(super) async fn of_first_schema(directory: &Path, entries: i64) -> PathBuf {
    let path = directory.join("tonegate.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    let first = db::migrations().into_iter().take(1).collect();
    Migrator::with_migrations(first).run(&mut conn).await.unwrap();
    sqlx::query(
        "INSERT INTO meta VALUES (1, '00112233445566778899aabbccddeeff', 'tonegate', 'production', \
         '[]', $1, $2, 1, $3, 1)",
    )
    .bind(kek().fingerprint())
    .bind(NOW)
    .bind(entries)
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO audit WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < $1) SELECT i, $2 + i, 'owner', 'test.step', 'nothing', '{\"n\":' || i || '}' FROM n",
    )
    .bind(entries)
    .bind(NOW)
    .execute(&mut conn)
    .await
    .unwrap();
    conn.close().await.unwrap();
    path
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
