//! A million apps: how long they take to load, and how much memory; and how long fewer take to be copied. Run
//! by hand, since the figures are for people:
//! `cargo test --release -p tonegate-server --lib million -- --ignored --nocapture`.

use std::time::Instant;

use super::testing::{House, drop_database, kek, new_database};
use super::{Database, Revision, copy, db};
use crate::directory::{Directory, Draft};
use crate::model::{FeatureGrant, Policies};
use crate::seal::Label;
use crate::watch;

const APPS: u32 = 1_000_000;
const APPS_COPIED: u32 = 20_000;
const AT_ONCE: u32 = 500;

#[tokio::test]
#[ignore = "takes a minute; its figures are for people"]
async fn a_million_apps_are_loaded() {
    let house = House::with_apps([1]).await;
    fill(&house, APPS).await;
    forget_peak();
    let before = memory();
    for turn in ["the first time", "again, over the first"] {
        let (directory, mut policies) = (Directory::new(), Policies::default());
        let start = now();
        let mut draft = Draft::of_all();
        let add = |found| watch::add(&mut draft, found);
        let changes = house.store.changed_since(Revision::START, &mut policies, add).await.unwrap();
        directory.apply(draft, changes.revision.0);
        let took = start.elapsed();
        assert_eq!(directory.len(), usize::try_from(APPS).unwrap());
        println!("{turn}: {took:?}; resident and peak {:?} kB, {before:?} kB before", memory());
    }
}

#[tokio::test]
#[ignore = "its figures are for people"]
async fn apps_are_copied() {
    let house = House::on_sqlite().await.and_apps([1]).await;
    fill(&house, APPS_COPIED).await;
    let directory = tempfile::tempdir().unwrap();
    let file = Database::Sqlite(directory.path().join("copy.db"));
    let postgres = new_database("template0").await;
    for (to, engine) in [(&file, "SQLite"), (&postgres, "PostgreSQL")] {
        let start = now();
        let copied = copy(&house.store, to, kek(), ("cli", 0), |_, _| {}).await.unwrap();
        let took = start.elapsed();
        let rate = copied.written as f64 / took.as_secs_f64();
        println!("to {engine}: {} rows in {took:?}, {rate:.0}/s", copied.written);
    }
    drop_database(&postgres);
}

/// Many apps like the first, each with a secret, made as no operation could in that time.
async fn fill(house: &House, apps: u32) {
    let mut tx = house.store.begin("owner", 0).await.unwrap();
    let features = ["aec", "agc", "ans"].map(|name| FeatureGrant::unlimited(name.parse().unwrap()));
    let edit = |settings: &mut crate::model::AppSettings| settings.features = features.to_vec();
    tx.update_app(crate::model::AppId(1), None, edit).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.store.db.begin_write().await.unwrap();
    db::query(
        "WITH RECURSIVE others (number) AS \
         (SELECT 2 UNION ALL SELECT number + 1 FROM others WHERE number < $1) \
         INSERT INTO apps SELECT number, name, environment, status, service_enabled, features, \
         entitlement_from, entitlement_until, lifetime, rate_per_second, replay_mode, nonce_profile, \
         on_expiry, bind, allowed_networks, note, rev, created_at, updated_at, deleted_at, \
         last_generation, changed_at_revision, tags FROM others, apps",
    )
    .bind(apps)
    .execute(&mut tx)
    .await
    .unwrap();
    for first in (2..=apps).step_by(500) {
        secrets(&mut tx, first..=apps.min(first + AT_ONCE - 1)).await;
    }
    tx.commit().await.unwrap();
}

async fn secrets(conn: &mut db::Connection, apps: std::ops::RangeInclusive<u32>) {
    let kek = kek();
    let mut query = db::QueryBuilder::new(
        "INSERT INTO secrets (app_id, slot, generation, state, retires_at, sealed, keyed_hash, \
         created_at, last_used_at) ",
    );
    query.push_values(apps, |row, app| {
        let label = Label::ServerSecret { app, slot: 0, generation: 1 };
        let sealed =
            kek.seal(label, format!("9193cc662a4c0ec135ec71fb{app:08}").as_bytes()).unwrap();
        row.push_bind(app).push("0, 1, 'active', NULL").push_bind(sealed.as_bytes().to_vec());
        row.push_bind(app.to_be_bytes().to_vec()).push("0, NULL");
    });
    query.build().execute(conn).await.unwrap();
}

/// Resident and peak memory of this process, kB.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Has the peak counted from now on.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a figure for people; nothing depends on it")]
fn now() -> Instant {
    Instant::now()
}
