//! A store to test with: a house of its own in a temporary directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tonegate_testing::Postgres;

use super::{Changes, Database, Found, Installation, Revision, RowFault, Store, StoredApp, db};
use crate::model::{AppId, AppSettings, Environment, Licensee, NewSecret, Policies, SecretState};
use crate::seal::Kek;

/// The time at which tests happen.
pub(crate) const NOW: i64 = 1_763_840_000;

/// A store, and where it lives: in a file of its own, or with `TONEGATE_TEST_ENGINE=postgres` in a
/// database of its own, on the server that `TONEGATE_TEST_POSTGRES_URL` names or on one that the test's
/// process starts.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(super) directory: tempfile::TempDir,
    pub(super) ground: Ground,
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
        Self::in_database(empty(directory.path()).await, directory).await
    }

    /// For what only SQLite can express, whatever engine is tested.
    pub(crate) async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(directory.path().join("tonegate.db"));
        Self::in_database(database, directory).await
    }

    /// For what only PostgreSQL can do.
    pub(crate) async fn on_postgres() -> Self {
        let database = new_database("template0").await;
        Self::in_database(database, tempfile::tempdir().unwrap()).await
    }

    async fn in_database(database: Database, directory: tempfile::TempDir) -> Self {
        let made = Store::create(&database, kek(), Self::installation(), "init", NOW).await;
        Self { store: made.unwrap(), directory, ground: Ground(database) }
    }

    /// With these apps; the n-th has `secret(n)`, from 1.
    pub(crate) async fn with_apps<const N: usize>(ids: [u32; N]) -> Self {
        Self::new().await.and_apps(ids).await
    }

    /// The same house, with these apps.
    pub(crate) async fn and_apps<const N: usize>(self, ids: [u32; N]) -> Self {
        let house = self;
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

    /// Of SQLite's file.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("tonegate.db")
    }

    pub(crate) fn database(&self) -> Database {
        self.ground.0.clone()
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.ground.0, Database::Sqlite(_))
    }

    /// A second handle on the same database, as another process would have.
    pub(super) async fn reopened(&self) -> Store {
        Store::open(&self.ground.0, kek()).await.unwrap()
    }

    pub(super) async fn only_app(&self) -> StoredApp {
        self.store.list_apps(None, 1).await.unwrap().remove(0)
    }

    /// Does to the database what no operation would, foreign keys or not. In SQLite's words.
    pub(crate) async fn vandalise(&self, sql: &str) {
        assert!(self.can_vandalise(sql).await, "{sql}");
    }

    /// The same. `false`: this engine lets nobody do it: its columns of numbers hold no text, and keys are there.
    pub(crate) async fn can_vandalise(&self, sql: &str) -> bool {
        match &self.ground.0 {
            Database::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
                let mut conn = options.connect().await.unwrap();
                sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
                conn.close().await.unwrap();
                true
            }
            Database::Postgres(url) => {
                let mut conn = url.options().connect().await.unwrap();
                let sql = format!("SET session_replication_role = replica; {}", translated(sql));
                let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await;
                let error = done
                    .err()
                    .and_then(|error| error.into_database_error()?.code().map(String::from));
                let is_text =
                    error.as_deref().is_some_and(|it| ["22P02", "42804", "23502"].contains(&it));
                assert!(error.is_none() || is_text, "{error:?}");
                !is_text
            }
        }
    }
}

/// Its database, which is no other house's.
pub(crate) struct Ground(pub(super) Database);

impl Drop for Ground {
    fn drop(&mut self) {
        drop_database(&self.0);
    }
}

/// A database on the tests' server, like another one.
pub(super) async fn new_database(template: &str) -> Database {
    let name = format!("house_{:016x}", fastrand::u64(..));
    let mut conn = PgConnection::connect(&server_url("postgres")).await.unwrap();
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    Database::Postgres(server_url(&name).parse().unwrap())
}

/// The URL of a database on the tests' server.
fn server_url(database: &str) -> String {
    static OWN: OnceLock<Postgres> = OnceLock::new();
    match std::env::var("TONEGATE_TEST_POSTGRES_URL") {
        Ok(url) => url.replace("/postgres?", &format!("/{database}?")),
        Err(_) => OWN.get_or_init(Postgres::start).url(database),
    }
}

/// What the tests say, in PostgreSQL's words.
fn translated(sql: &str) -> String {
    let mut sql = sql.replace("char(", "chr(").replace(" x'", " '\\x");
    while let Some((before, rest)) = sql.split_once("zeroblob(") {
        let (length, after) = rest.split_once(')').unwrap();
        sql = format!("{before}decode(repeat('00', {length}), 'hex'){after}");
    }
    sql
}

/// An empty database of the engine that is tested.
pub(super) async fn empty(directory: &Path) -> Database {
    match std::env::var("TONEGATE_TEST_ENGINE") {
        Ok(engine) if engine == "postgres" => new_database("template0").await,
        _ => Database::Sqlite(directory.join("tonegate.db")),
    }
}

/// A database of the same engine, with the same in it. Nobody may have it open.
pub(super) async fn copy_of(original: &Database, directory: &Path) -> Database {
    match original {
        Database::Sqlite(path) => {
            let copy = directory.join("tonegate.db");
            std::fs::copy(path, &copy).unwrap();
            Database::Sqlite(copy)
        }
        Database::Postgres(url) => new_database(url.options().get_database().unwrap()).await,
    }
}

/// As an environment variable has it; and back.
pub(super) fn text_of(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => path.to_str().unwrap().to_owned(),
        Database::Postgres(url) => server_url(url.options().get_database().unwrap()),
    }
}

/// See [`text_of`].
pub(super) fn database_of(text: &str) -> Database {
    text.parse().map_or_else(|_| Database::Sqlite(text.into()), Database::Postgres)
}

/// Makes of an empty database one as the first schema had it, with this many audit entries: none has a
/// hash.
pub(super) async fn make_of_first_schema(database: &Database, entries: i64) {
    if let Database::Sqlite(path) = database {
        std::fs::write(path, "").unwrap();
    }
    let mut tx = db::begin_raw(database).await;
    db::run_migrations(&mut tx, None, 1).await.unwrap();
    db::query(
        "INSERT INTO meta VALUES (1, '00112233445566778899aabbccddeeff', 'tonegate', 'production', \
         '[]', $1, $2, 1, $3, 1)",
    )
    .bind(kek().fingerprint())
    .bind(NOW)
    .bind(entries)
    .execute(&mut tx)
    .await
    .unwrap();
    db::query(
        "INSERT INTO audit WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL \
         SELECT i + 1 FROM n WHERE i < $1) \
         SELECT i, $2 + i, 'owner', 'test.step', 'nothing', '{\"n\":' || i || '}' FROM n",
    )
    .bind(entries)
    .bind(NOW)
    .execute(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

/// What is left of a PostgreSQL database would fill the disk, test by test.
pub(super) fn drop_database(database: &Database) {
    let Database::Postgres(url) = database else { return };
    let name = url.options().get_database().unwrap_or_default().to_owned();
    let drop = async move {
        let mut conn = PgConnection::connect(&server_url("postgres")).await.ok()?;
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.ok()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    _ = std::thread::spawn(move || runtime.block_on(drop)).join();
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
