//! PostgreSQL lost: servers go on, start from their own copies, and stop when that is too long ago.

use std::time::Duration;

use serde_json::json;
use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::model::AppId;
use tonegate_server::{Server, StartError};
use tonegate_testing::Postgres;

use crate::support::{Backend, House, NOW, TestServer, eventually, set_database_clock};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A server at [`NOW`] whose copy on disk is of its newest revision.
async fn copied() -> (Postgres, TestServer, ClockHand, Backend) {
    let postgres = Postgres::start();
    let house = House::on_postgres(&postgres.url("postgres"), NOW).await;
    set_database_clock(&postgres, NOW);
    let (clock, hand) = Clock::manual(NOW);
    let server = TestServer::start_with(house, clock, |_| ()).await;
    let backend = server.app(12345).await;
    copy_is_written(&server, &hand).await;
    (postgres, server, hand, backend)
}

async fn copy_is_written(server: &TestServer, hand: &ClockHand) {
    let newest = server.directory.revision();
    eventually("a copy of the newest revision", async || {
        hand.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(100)).await;
        let head = std::fs::read(server.house.path("directory.copy")).unwrap_or_default();
        String::from_utf8_lossy(&head[..head.len().min(200)]).contains(&format!(" {newest} "))
    })
    .await;
}

async fn refused(house: &House, now: i64) -> String {
    match Server::bind(house.config(), Clock::manual(now).0).await {
        Err(error @ StartError::Unreachable { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it started"),
    }
}

async fn degraded(server: &TestServer) -> serde_json::Value {
    let ready = server.admin("/readyz").await;
    assert_eq!(ready.status, 200);
    ready.json()["degraded"].clone()
}

#[tokio::test]
async fn a_server_starts_and_serves_without_its_database_and_goes_over_to_it_when_it_is_back() {
    let (mut postgres, server, _hand, backend) = copied().await;
    let revision = server.directory.revision();
    postgres.sql(
        "postgres",
        "INSERT INTO nodes SELECT 'other', 'other', release, started_at, seen_at + 60, revision, \
         usage_batch, state FROM nodes",
    );
    eventually("another server", async || server.node_count() == 2).await;
    postgres.stop(true);
    eventually("the loss is seen", async || {
        degraded(&server).await == json!(["store_unreachable"])
    })
    .await;
    assert_eq!(server.ask(&backend).await.code(), 0, "it goes on");
    let house = server.stop().await;

    let (clock, hand) = Clock::manual(NOW + 3 * 86_400);
    let server = TestServer::start_with(house, clock, |_| ()).await;
    let shown = json!(["store_unreachable", "directory_from_copy"]);
    assert_eq!(degraded(&server).await, shown);
    assert_eq!(server.directory.revision(), revision);
    assert_eq!(server.node_count(), 2, "as last known");
    assert_eq!(server.ask(&backend).await.code(), 0, "though it has minted nothing in this life");
    let repeated = backend.query(server.now()).to_string();
    assert_eq!(server.get(&repeated).await.code(), 0);
    assert_eq!(server.get(&repeated).await.code(), 100000005);
    let age = server.metric("tonegate_directory_age_seconds").await;
    assert!((259_000..260_000).contains(&age), "{age}");
    let change = server.store.begin("operator", server.now()).await;
    let error = change.err().expect("no change").to_string();
    assert!(error.contains("cannot be reached"), "{error}");

    postgres.restart();
    let differs = json!(["database_clock_differs"]);
    eventually("it is back, 3 days behind", async || degraded(&server).await == differs).await;
    set_database_clock(&postgres, NOW + 3 * 86_400);
    eventually("they agree", async || degraded(&server).await == json!([])).await;
    assert_eq!(server.metric("tonegate_directory_age_seconds").await, 0);
    eventually("the other is gone", async || server.node_count() == 1).await;
    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 100000017);
    copy_is_written(&server, &hand).await;
    server.stop().await;
}

#[tokio::test]
async fn what_changed_before_the_end_is_in_the_copy_and_what_changed_elsewhere_comes_with_the_database()
 {
    let (mut postgres, server, _hand, backend) = copied().await;
    // The clock stands: only the server's end has this copied.
    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    let house = server.stop().await;
    house.change(async |tx| tx.delete_app(AppId(12345)).await.unwrap()).await;
    postgres.stop(true);
    let server = TestServer::start_with(house, Clock::manual(NOW + 60).0, |_| ()).await;
    assert_eq!(server.ask(&backend).await.code(), 100000017, "as it was at the server's end");
    postgres.restart();
    eventually("it is back", async || degraded(&server).await == json!([])).await;
    assert_eq!(server.ask(&backend).await.code(), 100000010, "as it is now");
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_went_back_and_on_meanwhile_is_copied_at_the_same_revision() {
    let (mut postgres, server, _, backend) = copied().await;
    let revision = server.directory.revision();
    let house = server.stop().await;
    postgres.stop(true);
    let (clock, hand) = Clock::manual(NOW + 60);
    let server = TestServer::start_with(house, clock, |_| ()).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
    let copy = || std::fs::read(server.house.path("directory.copy")).unwrap();
    let before = copy();
    let another_past =
        "UPDATE audit SET hash = sha256(hash) WHERE seq = (SELECT MAX(seq) FROM audit)";
    postgres.restart();
    postgres.sql("postgres", another_past);
    eventually("another copy", async || {
        hand.advance(Duration::from_secs(1));
        copy() != before && server.held.still_good(AppId(12345), 1, NOW).is_none()
    })
    .await;
    assert_eq!(server.directory.revision(), revision);
    server.stop().await;
}

#[tokio::test]
async fn seven_days_after_the_last_contact_no_licence_is_issued_until_the_database_is_back() {
    let (mut postgres, server, hand, backend) = copied().await;
    postgres.stop(true);
    eventually("the loss is seen", async || !server.degraded().is_empty()).await;
    hand.advance(7 * DAY - HOUR);
    assert_eq!(server.ask(&backend).await.code(), 0);
    hand.advance(2 * HOUR);
    eventually("not ready", async || server.admin("/readyz").await.status == 503).await;
    let answer = server.ask(&backend).await;
    assert_eq!(answer.code(), 910003);
    assert!(answer.body.contains("without its database for longer"), "{}", answer.body);
    // Nor does a clock that is set back help.
    hand.step_wall(-3 * 86_400);
    server.pass(&hand, Duration::from_secs(62)).await;
    assert_eq!(server.ask(&backend).await.code(), 910003);
    postgres.restart();
    eventually("ready", async || server.admin("/readyz").await.status == 200).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_answers_and_cannot_be_read_is_no_contact() {
    let (postgres, server, hand, backend) = copied().await;
    postgres.sql(
        "postgres",
        "ALTER TABLE apps RENAME TO lost; UPDATE meta SET revision = revision + 1",
    );
    eventually("it is seen", async || !server.degraded().is_empty()).await;
    hand.advance(7 * DAY + HOUR);
    eventually("not ready", async || server.admin("/readyz").await.status == 503).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.ask(&backend).await.code(), 910003, "however often it says where it stands");
    postgres.sql("postgres", "ALTER TABLE lost RENAME TO apps");
    eventually("ready", async || server.admin("/readyz").await.status == 200).await;
    server.stop().await;
}

#[tokio::test]
async fn a_start_without_the_database_counts_from_the_last_contact_and_believes_no_clock_that_went_back()
 {
    let (mut postgres, server, hand, backend) = copied().await;
    let contact = server.now();
    postgres.stop(true);
    eventually("the loss is seen", async || !server.degraded().is_empty()).await;
    hand.advance(4 * DAY);
    let house = server.stop().await;

    let error = refused(&house, contact + 7 * 86_400 + 60).await;
    assert!(error.contains("168 hours ago") && error.contains("is 168"), "{error}");
    let error = refused(&house, contact).await;
    assert!(error.contains("clock is 34") && error.contains("set the clock"), "{error}");

    // Another 2 days in this life, then what is left are less than 24 hours.
    let (clock, hand) = Clock::manual(contact + 4 * 86_400);
    let server = TestServer::start_with(house, clock, |_| ()).await;
    hand.advance(2 * DAY);
    assert_eq!(server.ask(&backend).await.code(), 0);
    hand.advance(DAY + HOUR);
    eventually("too long", async || server.admin("/readyz").await.status == 503).await;
    assert_eq!(server.ask(&backend).await.code(), 910003);
    let house = server.stop().await;
    assert!(refused(&house, contact + 7 * 86_400 + 3_600).await.contains("169 hours ago"));

    std::fs::remove_file(house.path("directory.copy")).unwrap();
    assert!(refused(&house, contact).await.contains("no copy of the directory yet"));
    postgres.restart();
    let server = TestServer::start_with(house, Clock::manual(contact).0, |_| ()).await;
    assert_eq!(server.ask(&backend).await.code(), 0, "the database needs no copy");
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_goes_away_during_the_start_is_as_good_as_one_that_was_away() {
    let (postgres, server, _hand, backend) = copied().await;
    let house = server.stop().await;
    // The apps are read after the installation and its keys. Whoever reads them is broken off.
    postgres.sql(
        "postgres",
        "ALTER TABLE apps RENAME TO lost; CREATE FUNCTION gone() RETURNS SETOF lost LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION ''going'' USING ERRCODE = ''57P01''; END'; \
         CREATE VIEW apps AS SELECT * FROM gone()",
    );
    let server = TestServer::start_with(house, Clock::manual(NOW).0, |_| ()).await;
    assert_eq!(degraded(&server).await, json!(["store_unreachable", "directory_from_copy"]));
    assert_eq!(server.ask(&backend).await.code(), 0);
    postgres.sql("postgres", "DROP VIEW apps; DROP FUNCTION gone; ALTER TABLE lost RENAME TO apps");
    eventually("it is back", async || degraded(&server).await == json!([])).await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_its_database_refuses_goes_on_and_is_not_started() {
    let (postgres, server, _hand, backend) = copied().await;
    let rename = |from: &str, to: &str| {
        let ends = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{from}'"
        );
        postgres.sql("template1", &format!("ALTER DATABASE {from} ALLOW_CONNECTIONS false"));
        postgres.sql("template1", &ends);
        postgres.sql("template1", &format!("ALTER DATABASE {from} RENAME TO {to}"));
        postgres.sql("template1", &format!("ALTER DATABASE {to} ALLOW_CONNECTIONS true"));
    };
    rename("postgres", "lost");
    eventually("the loss is seen", async || {
        degraded(&server).await == json!(["store_unreachable"])
    })
    .await;
    assert_eq!(server.ask(&backend).await.code(), 0, "it goes on");
    let house = server.stop().await;
    let error = Server::bind(house.config(), Clock::manual(NOW).0).await.err().unwrap();
    assert!(error.to_string().contains("refuses this server"), "{error}");
    rename("lost", "postgres");
    let server = TestServer::start_with(house, Clock::manual(NOW).0, |_| ()).await;
    assert_eq!(degraded(&server).await, json!([]));
    server.stop().await;
}

#[tokio::test]
async fn a_copy_that_was_bent_starts_nothing() {
    let (mut postgres, server, _hand, _) = copied().await;
    let house = server.stop().await;
    postgres.stop(true);
    let path = house.path("directory.copy");
    let mut copy = std::fs::read(&path).unwrap();
    let middle = copy.len() / 2;
    copy[middle] ^= 1;
    std::fs::write(&path, copy).unwrap();
    assert!(refused(&house, NOW).await.contains("is damaged"));
}

#[tokio::test]
async fn a_database_that_comes_back_as_another_is_not_applied() {
    let (postgres, server, _hand, backend) = copied().await;
    let own = postgres.sql("postgres", "SELECT installation_id FROM meta");
    postgres.sql(
        "postgres",
        "UPDATE apps SET status = 'suspended', rev = 2, \
         changed_at_revision = (SELECT revision + 1 FROM meta); \
         UPDATE meta SET revision = revision + 1, installation_id = 'ffff'",
    );
    let shown = json!(["store_unreachable", "store_foreign"]);
    eventually("it is seen", async || degraded(&server).await == shown).await;
    assert_eq!(server.ask(&backend).await.code(), 0, "nothing of it was taken");
    postgres.sql("postgres", &format!("UPDATE meta SET installation_id = '{own}'"));
    eventually("its own is back", async || degraded(&server).await == json!([])).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 100000017, "and is taken");
    server.stop().await;
}

#[tokio::test]
async fn a_disk_that_takes_no_copy_is_seen_and_stops_nothing() {
    let (_postgres, server, hand, backend) = copied().await;
    let draft = server.house.path("directory.copy.draft");
    std::fs::create_dir(&draft).unwrap();
    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    eventually("it is seen", async || {
        hand.advance(Duration::from_secs(1));
        degraded(&server).await == json!(["directory_copy_failing"])
    })
    .await;
    assert_eq!(server.ask(&backend).await.code(), 100000017, "changes are in force all the same");
    assert!(server.metric("tonegate_directory_copy_failures_total").await > 0);
    std::fs::remove_dir(&draft).unwrap();
    eventually("it is well again", async || {
        hand.advance(Duration::from_secs(1));
        degraded(&server).await == json!([])
    })
    .await;
    server.stop().await;
}
