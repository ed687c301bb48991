//! kill -9 between any two storage calls of every kind of change: what is in the tables is in the audit
//! log, and the other way round.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::json;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::testing::{
    Ground, House, NOW, copy_of, database_of, empty, kek, make_of_first_schema, secret, text_of,
};
use super::{
    AuditFilter, Database, Delivery, KeyPlace, NewApiToken, NewIssuingKey, NewUser, NewWebhook,
    Origin, Session, Store, StoreError, Tx, UserChange, Webhook, db, fail_points,
};
use crate::audit::{Evidence, verify};
use crate::model::{AppId, Generation, Role, User};

/// Kinds of change by the action of their audit entry, each done to what [`prepared`] made.
macro_rules! changes {
    ($tx:ident, $($action:literal => $change:expr,)*) => {
        const CHANGES: &[&str] = &[$($action),*];

        async fn change($tx: &mut Tx, action: &str) {
            match action {
                $($action => drop($change.await.unwrap()),)*
                _ => panic!("there is no {action}"),
            }
        }
    };
}

// A new operation of `Tx` is a line here.
changes! { tx,
    "app.create" => tx.create_app(AppId(9), House::settings("new"), &secret(9)),
    "app.update" => tx.update_app(AppId(1), None, |settings| settings.name = "other".into()),
    "app.suspend" => tx.suspend_app(AppId(1)),
    "app.resume" => tx.resume_app(AppId(2)),
    "app.delete" => tx.delete_app(AppId(1)),
    "secret.rotate" => tx.rotate_secret(AppId(1), &secret(9), 60),
    "secret.revoke" => tx.revoke_secret(AppId(1), Generation(1)),
    "issuing_key.add" => tx.add_issuing_key(&issuing_key()),
    "root_key.add" => tx.add_root_key("00ff", &[9; 32]),
    "installation.update" => tx.update_installation(|it| it.pins = vec!["a".into()]),
    "audit_key.create" => tx.make_audit_key(),
    "user.invite" => tx.create_user(&somebody("carol")),
    "user.update" => update_user(tx),
    "user.delete" => delete_user(tx),
    "session.create" => create_session(tx),
    "api_token.create" => tx.create_api_token(&program()),
    "api_token.revoke" => revoke_api_token(tx),
    "webhook.create" => tx.create_webhook(receiver()),
    "webhook.update" => update_webhook(tx),
    "webhook.delete" => delete_webhook(tx),
    "webhook.test" => test_webhook(tx),
    "secret.show" => tx.audit("secret.show", "app 1", &json!({})),
}

/// Apps 1 (its secret was rotated) and 2 (suspended), and one of everything else, in a closed database.
async fn prepared() -> (TempDir, Ground) {
    let house = House::with_apps([1, 2]).await;
    let mut tx = house.store.begin("init", NOW).await.unwrap();
    tx.rotate_secret(AppId(1), &secret(8), 60).await.unwrap();
    tx.suspend_app(AppId(2)).await.unwrap();
    tx.create_user(&somebody("alice")).await.unwrap();
    tx.create_api_token(&program()).await.unwrap();
    // Each change tells it, in its own transaction.
    tx.create_webhook(receiver()).await.unwrap();
    tx.commit().await.unwrap();
    let House { store, directory, ground } = house;
    store.close().await;
    (directory, ground)
}

fn somebody(name: &str) -> NewUser {
    NewUser { name: name.to_owned(), role: Role::Viewer, apps: None }
}

fn program() -> NewApiToken {
    let (name, role) = ("deploy".to_owned(), Role::Operator);
    NewApiToken { name, role, apps: None, privileged: false, expires_in: 3_600 }
}

fn receiver() -> NewWebhook {
    let (url, events) = ("https://example.com/".to_owned(), vec!["*".to_owned()]);
    NewWebhook { url, events, note: String::new(), enabled: true }
}

/// The id of the one row that was prepared.
async fn id_in(tx: &mut Tx, ids: &'static str) -> String {
    db::query_scalar(ids).fetch_one(&mut tx.inner).await.unwrap()
}

async fn update_user(tx: &mut Tx) -> Result<User, StoreError> {
    let id = id_in(tx, "SELECT id FROM users").await;
    let change = UserChange { role: Some(Role::Operator), ..UserChange::default() };
    tx.update_user(&id, None, change, None).await
}

async fn delete_user(tx: &mut Tx) -> Result<(), StoreError> {
    let id = id_in(tx, "SELECT id FROM users").await;
    tx.delete_user(&id, None).await
}

async fn create_session(tx: &mut Tx) -> Result<Session, StoreError> {
    let id = id_in(tx, "SELECT id FROM users").await;
    let change = UserChange::default();
    let user = tx.update_user(&id, None, change, None).await?;
    let origin = Origin { network: "127.0.0.1".into(), client: "test".into() };
    Ok(tx.create_session(&user, &origin).await?.0)
}

async fn revoke_api_token(tx: &mut Tx) -> Result<(), StoreError> {
    let id = id_in(tx, "SELECT id FROM api_tokens").await;
    tx.revoke_api_token(&id).await
}

async fn update_webhook(tx: &mut Tx) -> Result<Webhook, StoreError> {
    let id = id_in(tx, "SELECT id FROM webhooks").await;
    tx.update_webhook(&id, None, |it| it.note = "other".into()).await
}

async fn delete_webhook(tx: &mut Tx) -> Result<(), StoreError> {
    let id = id_in(tx, "SELECT id FROM webhooks").await;
    tx.delete_webhook(&id, None).await
}

async fn test_webhook(tx: &mut Tx) -> Result<Delivery, StoreError> {
    let id = id_in(tx, "SELECT id FROM webhooks").await;
    tx.enqueue_test(&id).await
}

fn issuing_key() -> NewIssuingKey {
    let (kid, certificate) = ("00ff".to_owned(), "certificate".to_owned());
    let (serial, place) = (1, KeyPlace::Seed(Zeroizing::new([1; 32])));
    NewIssuingKey { serial, kid, certificate, place, sign_from: NOW, exp: NOW + 1 }
}

#[tokio::test]
async fn a_change_and_its_audit_entry_are_there_both_or_not_at_all() {
    let prepared = prepared().await;
    // There it is the server that takes back what was not committed: some kinds of change are enough.
    let every = if matches!(prepared.1.0, Database::Sqlite(_)) { 1 } else { 4 };
    for action in CHANGES.iter().step_by(every) {
        let mut kept = Vec::new();
        loop {
            let directory = tempfile::tempdir().unwrap();
            let ground = Ground(copy_of(&prepared.1.0, directory.path()).await);
            let before = Found::at(&ground.0).await;
            let ended = child(&ground.0, action, kept.len() + 1);
            let is_kept = before.is_followed_by(&Found::at(&ground.0).await, action);
            if ended.success() {
                assert!(is_kept, "{action}: reported, and lost");
                break;
            }
            assert_eq!(ended.signal(), Some(9), "{action}, step {}", kept.len() + 1);
            kept.push(is_kept);
        }
        // Statements, then the commit; only who died after that has left something.
        let (last, earlier) = kept.split_last().unwrap();
        assert!(earlier.len() >= 3 && *last && !earlier.contains(&true), "{action}: {kept:?}");
    }
}

#[tokio::test]
async fn hashes_of_an_older_database_are_all_there_or_made_at_the_next_start() {
    let mut step = 1;
    loop {
        let directory = tempfile::tempdir().unwrap();
        let ground = Ground(empty(directory.path()).await);
        make_of_first_schema(&ground.0, 5).await;
        let ended = child(&ground.0, "open", step);
        let found = Found::at(&ground.0).await;
        assert_eq!(found.entries, 5);
        if ended.success() {
            break;
        }
        assert_eq!(ended.signal(), Some(9), "step {step}");
        step += 1;
    }
    assert!(step > 7, "{step}");
}

/// What lies in a database.
struct Found {
    /// Every row of every table but the audit log.
    tables: String,
    entries: i64,
    newest: String,
}

impl Found {
    /// Opened as after a crash; it is sound, and its log proves itself.
    async fn at(database: &Database) -> Self {
        let store = Store::open(database, kek()).await.unwrap();
        store.integrity_check().await.unwrap();
        let verdict = verify(&store, &Evidence::default(), |_, _| ()).await.unwrap();
        assert_eq!(verdict.fault, None);
        let newest = store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
        let tables = dump(&store).await;
        store.close().await;
        Self { tables, entries: verdict.entries, newest: newest.action }
    }

    /// Was something changed? Then there is one entry more, which says what; otherwise there is none.
    fn is_followed_by(&self, after: &Self, action: &str) -> bool {
        let is_changed = after.tables != self.tables;
        assert_eq!(after.entries, self.entries + i64::from(is_changed), "{action}");
        assert!(!is_changed || after.newest == action, "{action}, not {}", after.newest);
        is_changed
    }
}

async fn dump(store: &Store) -> String {
    let mut tx = store.db.begin_read().await.unwrap();
    let mut dump = String::new();
    for (table, columns) in db::columns(&mut tx).await {
        if table == "audit" {
            continue;
        }
        let columns: Vec<_> =
            columns.iter().map(|it| format!("COALESCE(CAST({it} AS TEXT), 'NULL')")).collect();
        let sql = format!("SELECT {} FROM {table}", columns.join(" || ' ' || "));
        let rows = db::query_of(sql).fetch_all(&mut tx).await.unwrap();
        let mut rows: Vec<Vec<u8>> =
            rows.iter().map(|row| row.try_get_bytes(0).unwrap().unwrap_or_default()).collect();
        rows.sort();
        dump += &format!("{table}\n{rows:?}\n");
    }
    dump
}

/// Runs [`dies`] in a process of its own.
fn child(database: &Database, action: &str, step: usize) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::kill_tests::dies", "--ignored"])
        .envs([("TONEGATE_TEST_ACTION", action), ("TONEGATE_TEST_STEP", &step.to_string())])
        .env("TONEGATE_TEST_DB", text_of(database))
        .stdout(Stdio::null())
        .status()
        .unwrap()
}

/// The process that dies at its n-th step, or ends well because there are not so many.
#[tokio::test]
#[ignore = "started by the tests above"]
async fn dies() {
    let Ok(database) = std::env::var("TONEGATE_TEST_DB") else { return };
    let database = database_of(&database);
    let action = std::env::var("TONEGATE_TEST_ACTION").unwrap();
    let step = std::env::var("TONEGATE_TEST_STEP").unwrap().parse().unwrap();
    if action == "open" {
        fail_points::arm(step);
        Store::open(&database, kek()).await.unwrap();
        return;
    }
    let store = Store::open(&database, kek()).await.unwrap();
    fail_points::arm(step);
    let mut tx = store.begin("owner", NOW).await.unwrap();
    change(&mut tx, &action).await;
    tx.commit().await.unwrap();
}
