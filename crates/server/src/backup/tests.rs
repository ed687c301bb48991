//! Backups that are made, read, refused and put back, on either engine.

use std::io::{BufReader, Read as _};

use super::*;
use crate::data_dir::DataDir;
use crate::installation::Place;
use crate::model::AppId;
use crate::seal::KekSource;
use crate::store::testing::{House, NOW, kek, secret};
use crate::store::{Found, Range, Store, TABLES};

const LATER: i64 = NOW + 1_000;

/// A house with something in most tables.
async fn furnished() -> House {
    let house = House::with_apps([1, 2]).await;
    for sql in [
        "INSERT INTO usage (app_id, resolution, at, code, count) VALUES (1, 60, 120, 0, 7)",
        "INSERT INTO requests (id, at, app_id, code, reason, network, duration_us) \
         VALUES (-5, 9, 1, 0, '', '192.0.2.0', 3)",
        "INSERT INTO issued VALUES (1, 1, 1, 3600, 7200, 2)",
        "INSERT INTO idempotency VALUES ('a', 'b', x'00', 201, x'01ff', 5)",
        "INSERT INTO webhooks VALUES ('w', 'https://example.com', '[]', 1, '', x'01', 1, 5, 5)",
        "INSERT INTO deliveries (id, webhook_id, kind, body, created_at, next_try_at) \
         VALUES ('d', 'w', 'app.updated', '{}', 5, 6)",
    ] {
        house.vandalise(sql).await;
    }
    house
}

async fn backed_up(store: &Store) -> Vec<u8> {
    let (key, sealing) = ArchiveKey::of_kek(kek());
    let made = back_up(store, Vec::new(), (&key, sealing), None, ("cli", NOW), |_, _| {}).await;
    made.unwrap().1
}

/// The backup, opened with the house's key.
fn opened(backup: &[u8]) -> (BufReader<&[u8]>, ArchiveKey) {
    let mut file = BufReader::new(backup);
    Head::read(&mut file).unwrap();
    (file, ArchiveKey::of_kek(kek()).0)
}

fn contents(backup: &[u8], named: &[i64]) -> Result<Contents, BackupError> {
    let mut file = BufReader::new(backup);
    Head::read(&mut file)?;
    read(file, &ArchiveKey::of_kek(kek()).0, named, |_| {})
}

/// A data directory with the house's key and nothing else.
fn place() -> (tempfile::TempDir, Place) {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::in_directory(&DataDir::new(directory.path()));
    KekSource::File(directory.path().join("kek.key")).keep(&[7; 32]).unwrap();
    (directory, place)
}

async fn put_back(plan: &Plan, place: &Place, target: Option<Store>, backup: &[u8]) {
    let (file, key) = opened(backup);
    restore(plan, place, target, (file, &key), ("cli", LATER), |_| {}).await.unwrap();
}

async fn count(store: &Store, table: &str) -> u64 {
    let table = TABLES.into_iter().find(|known| known.name == table).unwrap();
    store.snapshot().await.unwrap().count(table).await.unwrap()
}

#[tokio::test]
async fn what_was_backed_up_is_back_in_a_place_that_had_nothing() {
    let house = furnished().await;
    let backup = backed_up(&house.store).await;
    let (directory, place) = place();
    let plan = Plan::make(contents(&backup, &[]).unwrap(), None, None).await.unwrap();
    put_back(&plan, &place, None, &backup).await;
    let store = place.open_store().await.unwrap();
    let (mut before, mut after) =
        (house.store.snapshot().await.unwrap(), store.snapshot().await.unwrap());
    for table in TABLES {
        let columns = before.columns(table).await.unwrap();
        let found = after.page(table, &columns, Range::default(), 99).await.unwrap();
        let expected = before.page(table, &columns, Range::default(), 99).await.unwrap();
        match table.name {
            "idempotency" => assert!(found.is_empty() && !expected.is_empty()),
            "audit" => assert_eq!(found[..expected.len()], expected),
            // New revs, and nothing is sent.
            "apps" | "deliveries" | "meta" => assert_eq!(found.len(), expected.len()),
            _ => assert_eq!(found, expected, "{}", table.name),
        }
    }
    let app = store.list_apps(None, 9).await.unwrap().remove(0);
    assert_eq!(app.secrets[0].secret.as_ref().unwrap().expose(), secret(1).secret().expose());
    assert!(app.app.unwrap().rev > 1_000, "no licence has this rev");
    assert!(store.due_deliveries("n", LATER).await.unwrap().is_empty());
    let newest = store.audit(&crate::store::AuditFilter::default(), None, 1).await.unwrap();
    assert_eq!(newest[0].action, "installation.restore");
    assert!(directory.path().join("pins.json").exists());
}

#[tokio::test]
async fn a_restore_says_what_it_undoes_and_undoes_it() {
    let house = furnished().await;
    let backup = backed_up(&house.store).await;
    let mut tx = house.store.begin("mallory", NOW + 5).await.unwrap();
    tx.suspend_app(AppId(1)).await.unwrap();
    tx.create_app(AppId(3), crate::model::AppSettings::named("new"), &secret(3)).await.unwrap();
    let seen = tx.commit().await.unwrap().unwrap();

    let read = contents(&backup, &[]).unwrap();
    let plan = Plan::make(read, Some(&house.store), None).await.unwrap();
    let undone = plan.undone.as_ref().unwrap();
    let actions: Vec<_> = undone.newest.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!((plan.changes_undone(), actions), (2, vec!["app.create", "app.suspend"]));

    let (_directory, place) = place();
    put_back(&plan, &place, Some(house.store.clone()), &backup).await;
    let store = Store::open(&house.database(), kek()).await.unwrap();
    let apps = store.list_apps(None, 9).await.unwrap();
    assert_eq!(apps.len(), 2, "app 3 never was");
    let (mut found, mut policies) = (Vec::new(), crate::model::Policies::default());
    let changes = store.changed_since(seen, &mut policies, |it| {
        if let Found::App { id, .. } = it {
            found.push(id.0);
        }
    });
    let changes = changes.await.unwrap();
    assert_eq!(found, [1, 2], "whoever has seen everything reads all of it again");
    assert!(changes.installation && changes.revision > seen);
}

#[tokio::test]
async fn a_target_that_moved_on_since_the_plan_is_left_alone() {
    let house = furnished().await;
    let backup = backed_up(&house.store).await;
    let read = contents(&backup, &[]).unwrap();
    let plan = Plan::make(read, Some(&house.store), None).await.unwrap();
    let mut tx = house.store.begin("alice", NOW).await.unwrap();
    tx.suspend_app(AppId(1)).await.unwrap();
    tx.commit().await.unwrap();
    let ((file, key), (_directory, place)) = (opened(&backup), place());
    let target = Some(house.store.clone());
    let done = restore(&plan, &place, target, (file, &key), ("cli", LATER), |_| {}).await;
    assert!(matches!(done, Err(BackupError::PlanOutdated)));
    assert_eq!(count(&house.store, "apps").await, 2);
}

#[tokio::test]
async fn other_installations_and_other_histories_are_refused() {
    let (house, other) = (furnished().await, furnished().await);
    let backup = backed_up(&house.store).await;
    let read = || contents(&backup, &[]).unwrap();
    let plan = Plan::make(read(), Some(&other.store), None).await;
    assert!(matches!(plan, Err(BackupError::OtherInstallation { .. })));

    house.vandalise("UPDATE audit SET hash = x'00' WHERE seq = 1").await;
    let seq = read().manifest.audit_seq;
    let hash = crate::store::AuditHash::from_bytes(&[9; 32]).unwrap();
    let installation_id = read().manifest.installation_id;
    let checkpoint = crate::audit::Checkpoint { installation_id, seq, hash, at: NOW };
    let plan = Plan::make(read(), None, Some(&checkpoint)).await;
    assert!(matches!(plan, Err(BackupError::OtherHistory { place: "the checkpoint", .. })));
    let newer = crate::audit::Checkpoint { seq: seq + 7, ..checkpoint };
    let plan = Plan::make(read(), None, Some(&newer)).await.unwrap();
    assert_eq!(
        plan.changes_undone(),
        7,
        "the checkpoint vouches for changes that the backup lacks"
    );
}

#[tokio::test]
async fn a_backup_that_was_changed_or_cut_is_refused_whole() {
    let house = furnished().await;
    let backup = backed_up(&house.store).await;
    assert!(contents(&backup, &[]).is_ok());
    for at in (0..backup.len()).step_by(97) {
        let mut bent = backup.clone();
        bent[at] ^= 0x20;
        let unchanged =
            contents(&bent, &[]).is_ok_and(|read| read == contents(&backup, &[]).unwrap());
        // What the first line says is looked at by whoever chooses the key.
        let is_head = at < backup.iter().position(|byte| *byte == b'\n').unwrap();
        assert!(contents(&bent, &[]).is_err() || (is_head && unchanged), "byte {at}");
        assert!(contents(&backup[..at], &[]).is_err(), "cut at {at}");
    }
    let text = String::from_utf8_lossy(&backup);
    assert!(!text.contains("Karaoke"), "nothing in it can be read");
}

#[tokio::test]
async fn a_passphrase_alone_brings_everything_back() {
    let house = furnished().await;
    assert!(matches!(
        ArchiveKey::of_passphrase("too short").err().unwrap(),
        BackupError::PassphraseShort { .. }
    ));
    let (key, sealing) = ArchiveKey::of_passphrase("correct horse battery").unwrap();
    let raw = Some(KeyText::of(&[7; 32]));
    let made = back_up(&house.store, Vec::new(), (&key, sealing), raw, ("cli", NOW), |_, _| {});
    let backup = made.await.unwrap().1;
    let mut file = BufReader::new(backup.as_slice());
    let head = Head::read(&mut file).unwrap();
    let wrong = ArchiveKey::again(&head.sealing, "correct horse batter").unwrap();
    let mut again = BufReader::new(backup.as_slice());
    Head::read(&mut again).unwrap();
    assert!(matches!(read(again, &wrong, &[], |_| {}), Err(BackupError::Closed)));

    let directory = tempfile::tempdir().unwrap();
    let place = Place::in_directory(&DataDir::new(&directory.path().join("data")));
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).unwrap();
    let plan = Plan::make(read(rest.as_slice(), &key, &[], |_| {}).unwrap(), None, None).await;
    let file = (rest.as_slice(), &key);
    restore(&plan.unwrap(), &place, None, file, ("cli", LATER), |_| {}).await.unwrap();
    assert_eq!(count(&place.open_store().await.unwrap(), "apps").await, 2);
}

#[test]
fn what_is_no_backup_says_so() {
    for text in ["", "{}", "SQLite format 3\0", "{\"magic\":\"tonegate-backup\"}"] {
        let read = Head::read(&mut text.as_bytes());
        assert!(matches!(read, Err(BackupError::NoBackup)), "{text}");
    }
    let newer = "{\"magic\":\"tonegate-backup\",\"format\":2}";
    let read = Head::read(&mut newer.as_bytes());
    assert!(matches!(read, Err(BackupError::FormatNewer { found: 2, known: 1 })));
}
