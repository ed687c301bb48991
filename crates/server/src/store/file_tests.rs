//! Tests of the store as a file: opening, permissions, damage, two processes on it, and kill -9.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::digest::{SHA256, digest};

use super::testing::{House, NOW, Seen, database_of, kek, secret, text_of};
use super::{AuditFilter, Database, Revision, Store, StoreError};
use crate::model::{AppId, NewSecret, Policies};
use crate::seal::Kek;

/// Of SQLite's file at `path`.
fn file(path: &Path) -> Database {
    Database::Sqlite(path.to_owned())
}

async fn error_of_open(path: &Path) -> String {
    Store::open(&file(path), kek()).await.expect_err("it opens").to_string()
}

fn files_of(house: &House) -> Vec<std::path::PathBuf> {
    fs::read_dir(house.directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Pages of the database in the file itself, and nothing in the WAL.
async fn closed(house: House) -> (tempfile::TempDir, std::path::PathBuf) {
    let path = house.path();
    let House { store, directory, ground: _ground } = house;
    store.close().await;
    (directory, path)
}

#[tokio::test]
async fn every_file_is_readable_by_its_owner_alone() {
    let house = House::on_sqlite().await.and_apps([1]).await;
    let files = files_of(&house);
    assert_eq!(files.len(), 3, "database, WAL, shared memory: {files:?}");
    for file in files {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_missing_database_is_no_reason_to_make_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tonegate.db");
    assert!(error_of_open(&path).await.starts_with("there is no database at "));
    assert!(!path.exists());
    let nowhere = directory.path().join("no/such/tonegate.db");
    let created = Store::create(&file(&nowhere), kek(), House::installation(), "init", NOW).await;
    assert!(matches!(created, Err(StoreError::File { .. })));
}

#[tokio::test]
async fn create_leaves_an_existing_database_alone_and_finishes_an_empty_one() {
    let house = House::on_sqlite().await.and_apps([1]).await;
    let again =
        Store::create(&file(&house.path()), kek(), House::installation(), "init", NOW).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })));
    assert_eq!(house.only_app().await.id, AppId(1));

    let path = house.directory.path().join("interrupted.db");
    fs::write(&path, "").unwrap();
    assert!(error_of_open(&path).await.contains("is not a tonegate database"));
    Store::create(&file(&path), kek(), House::installation(), "init", NOW).await.unwrap();
    Store::open(&file(&path), kek()).await.unwrap();
}

#[tokio::test]
async fn another_key_is_refused_by_name() {
    let house = House::new().await;
    let other = Kek::from_bytes(&[8; 32]).unwrap();
    let (found, expected) = (other.fingerprint().to_owned(), kek().fingerprint().to_owned());
    let error = Store::open(&house.database(), other).await.err().unwrap().to_string();
    assert!(error.contains(&found) && error.contains(&expected), "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let house = House::new().await;
    house
        .vandalise(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
             execution_time) VALUES (99, 'later', TRUE, x'00', 0)",
        )
        .await;
    // What only adds leaves older programs at work.
    house.reopened().await;
    house.vandalise("UPDATE meta SET compatible_schema = 98").await;
    let error = Store::open(&house.database(), kek()).await.unwrap_err().to_string();
    assert!(error.contains("has schema 99, and this program knows schemas up to 3"), "{error}");
}

#[tokio::test]
async fn damage_gives_one_clear_error() {
    let (directory, path) = closed(House::on_sqlite().await.and_apps([1, 2, 3]).await).await;
    let whole = fs::read(&path).unwrap();
    let damaged = directory.path().join("damaged.db");

    fs::write(&damaged, "this is a letter to my aunt, and a rather long one ".repeat(100)).unwrap();
    assert!(error_of_open(&damaged).await.starts_with("the database is damaged ("));

    fs::write(&damaged, &whole[..whole.len() / 2]).unwrap();
    assert!(fault_of(&damaged).await.starts_with("the database is damaged ("));

    let mut overwritten = whole.clone();
    overwritten[4096..].fill(0xAA);
    fs::write(&damaged, overwritten).unwrap();
    assert!(fault_of(&damaged).await.starts_with("the database is damaged ("));
}

/// What a start would meet first: opening, then reading everything, then the full check.
async fn fault_of(path: &Path) -> String {
    let store = match Store::open(&file(path), kek()).await {
        Ok(store) => store,
        Err(error) => return error.to_string(),
    };
    match store.changed_since(Revision::START, &mut Policies::default(), drop).await {
        Ok(_) => store.integrity_check().await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn the_check_finds_a_sound_database_sound_and_an_orphan_not() {
    let house = House::with_apps([1]).await;
    house.store.integrity_check().await.unwrap();
    house.vandalise("DELETE FROM apps").await;
    let error = house.store.integrity_check().await.unwrap_err().to_string();
    assert!(error.contains("a secret without its app"), "{error}");
}

#[tokio::test]
async fn a_secret_never_shows_in_any_file() {
    let marked = "MarkedSecret0qXz7RtLw2Kv9Bn4Jh6C";
    let house = House::on_sqlite().await;
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    tx.create_app(AppId(1), House::settings("a"), &secret(1)).await.unwrap();
    tx.rotate_secret(AppId(1), &NewSecret::import(marked).unwrap(), 60).await.unwrap();
    tx.commit().await.unwrap();
    let sees = |house: &House, text: &[u8]| {
        let holds = |file| fs::read(file).unwrap().windows(text.len()).any(|part| part == text);
        files_of(house).into_iter().any(holds)
    };
    assert!(sees(&house, b"secret.rotate"), "the search itself works");
    assert!(!sees(&house, marked.as_bytes()));
    assert!(!format!("{:?}", house.only_app().await).contains(marked));
    let hash = digest(&SHA256, marked.as_bytes());
    assert!(!sees(&house, hash.as_ref()), "a bare hash would let a thief of the file test guesses");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_at_once_and_lose_nothing() {
    let house = House::new().await;
    let before = house.store.revision().await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 1..=4 {
        // Handles of their own, as the CLI and the server have.
        let store = house.reopened().await;
        writers.spawn(async move {
            for n in 0..25 {
                let mut tx = store.begin("writer", NOW).await.unwrap();
                let id = AppId(writer * 100 + n);
                let secret = NewSecret::generate().unwrap();
                tx.create_app(id, House::settings("a"), &secret).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let (seen, changes) = Seen::since(&house.store, before).await;
    assert_eq!((seen.apps.len(), changes.revision.0), (100, before.0 + 100));
    assert_eq!(house.store.audit(&AuditFilter::default(), None, 1_000).await.unwrap().len(), 101);
}

#[tokio::test]
async fn a_reader_is_not_held_up_by_a_writer_and_sees_only_what_was_committed() {
    let house = House::with_apps([1]).await;
    let other = house.reopened().await;
    let before = other.revision().await.unwrap();
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    tx.suspend_app(AppId(1)).await.unwrap();
    assert_eq!(other.revision().await.unwrap(), before);
    let raised = tx.commit().await.unwrap().unwrap();
    assert_eq!(other.revision().await.unwrap(), raised);
}

/// What a start after kill -9 finds: every app whose creation was reported, and a sound file.
#[tokio::test]
async fn kill_9_in_the_middle_of_writing_loses_nothing_that_was_committed() {
    let house = House::new().await;
    let mut reported = 0;
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::file_tests::writer", "--ignored", "--nocapture"])
            .env("TONEGATE_TEST_DB", text_of(&house.database()))
            .env("TONEGATE_TEST_FIRST", (reported + 1).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let committed = lines.filter(|line| line.starts_with("committed"));
        let seen = committed.take(7 + round).count();
        assert_eq!(seen, 7 + round, "the child wrote until it was killed");
        reported += seen;
        child.kill().unwrap();
        child.wait().unwrap();

        let store = house.reopened().await;
        store.integrity_check().await.unwrap();
        let (Seen { apps, secrets, .. }, _) = Seen::since(&store, Revision::START).await;
        assert!(apps.len() >= reported, "{} of {reported} in round {round}", apps.len());
        assert!(apps.iter().all(|(id, app)| app.is_ok() && secrets[id].len() == 2));
        reported = apps.len();
    }
}

/// The process that is killed: creates and rotates, one transaction an app, until the end comes.
#[tokio::test]
#[ignore = "started and killed by the test above"]
async fn writer() {
    let Ok(database) = std::env::var("TONEGATE_TEST_DB") else { return };
    let first: u32 = std::env::var("TONEGATE_TEST_FIRST").unwrap().parse().unwrap();
    let store = Store::open(&database_of(&database), kek()).await.unwrap();
    for id in first.. {
        let mut tx = store.begin("writer", NOW).await.unwrap();
        let id = AppId(id);
        let (old, new) = (NewSecret::generate().unwrap(), NewSecret::generate().unwrap());
        tx.create_app(id, House::settings("a"), &old).await.unwrap();
        tx.rotate_secret(id, &new, 60).await.unwrap();
        tx.commit().await.unwrap();
        println!("committed");
    }
}
