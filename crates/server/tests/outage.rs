//! The database or the signer lost while the server runs: licences go on, and everybody can see it.

use std::fs;
use std::time::Duration;

use serde_json::json;
use tonegate_server::model::AppId;

use crate::support::signer::{Broken, break_signers};
use crate::support::{TestServer, eventually, manual};

async fn degraded(server: &TestServer) -> serde_json::Value {
    let ready = server.admin("/readyz").await;
    assert_eq!(ready.status, 200, "a lost database stops changes, not licences");
    ready.json()["degraded"].clone()
}

async fn assert_seen(server: &TestServer) {
    eventually("the loss is seen", async || degraded(server).await == json!(["store_unreachable"]))
        .await;
    assert!(server.metric("tonegate_store_failures_total").await > 0);
}

#[tokio::test]
async fn moved_away_and_back() {
    let server = TestServer::new().await;
    let (one, two) = (server.app(1).await, server.app(2).await);
    let (database, away) = (server.house.path("tonegate.db"), server.house.path("away.db"));
    server.ask(&one).await;
    fs::rename(&database, &away).unwrap();
    assert_seen(&server).await;
    for backend in [&one, &two] {
        assert_eq!(server.ask(backend).await.code(), 0, "also those never minted before");
    }
    let change = server.store.begin("operator", server.now()).await;
    let error = change.err().expect("no change").to_string();
    assert!(error.contains("tonegate.db"), "{error}");

    fs::rename(&away, &database).unwrap();
    eventually("healed", async || degraded(&server).await == json!([])).await;
    server.house.change(async |tx| tx.suspend_app(AppId(1)).await.unwrap()).await;
    server.caught_up().await;
    assert_eq!(server.ask(&one).await.code(), 100000017);
}

#[tokio::test]
async fn replaced_by_a_backup() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let database = server.house.path("tonegate.db");
    let backup = server.house.path("backup.db");
    fs::copy(&database, &backup).unwrap();
    fs::rename(&backup, &database).unwrap();
    assert_seen(&server).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
    let change = server.store.begin("operator", server.now()).await;
    let error = change.err().expect("no change into a file that is gone").to_string();
    assert!(error.contains("restart"), "{error}");
}

#[tokio::test]
async fn damaged_beyond_reading() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    server.house.vandalise("DROP TABLE meta").await;
    assert_seen(&server).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
}

#[tokio::test]
async fn locked_by_another_process() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let store = server.house.store().await;
    let held = store.begin("operator", server.now()).await.unwrap();
    assert_eq!(server.ask(&backend).await.code(), 0);
    assert_eq!(degraded(&server).await, json!([]), "a writer hinders no reader");
    drop(held);
    store.close().await;
}

#[tokio::test]
async fn key_that_cannot_be_used_is_passed_over_while_running() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let sealed = "UPDATE issuing_keys SET sealed_seed = x'00', changed_at_revision = 99";
    server.house.vandalise(sealed).await;
    server.house.vandalise("UPDATE meta SET revision = 99").await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 0, "the keys at hand go on");
    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 100000017, "and so do changes of apps");
}

#[tokio::test]
async fn signer_lost() {
    let (server, hand) = manual().await;
    let (held, unheld) = (server.app(1).await, server.app(2).await);
    let license = server.ask(&held).await.license();
    let working = server.keyring.load_full();
    break_signers(&server, Broken::Fails);
    hand.advance(Duration::from_secs(3_600));
    assert_eq!(server.ask(&held).await.license(), license, "held beyond its hour");
    assert_eq!(server.ask(&unheld).await.code(), 910003);
    assert_eq!(server.admin("/readyz").await.status, 200, "some licences can be answered");
    assert_eq!(server.metric("tonegate_answers_held_beyond_hour_total").await, 1);
    assert_eq!(server.metric("tonegate_mint_failures_total").await, 2);

    hand.advance(Duration::from_secs(8 * 86_400));
    assert_eq!(server.ask(&held).await.code(), 910003, "it has ended");
    eventually("not ready", async || server.admin("/readyz").await.status == 503).await;
    assert!(server.metric("tonegate_self_issue_failures_total").await > 0);
    server.keyring.store(working);
    assert_eq!(server.ask(&held).await.code(), 0);
    eventually("ready again", async || server.admin("/readyz").await.status == 200).await;
}

#[tokio::test]
async fn overwritten_in_place_by_an_older_one() {
    let server = TestServer::new().await;
    let (one, two) = (server.app(1).await, server.app(2).await);
    assert_eq!(server.ask(&two).await.code(), 0);
    for sql in [
        "DELETE FROM secrets WHERE app_id = 2",
        "DELETE FROM apps WHERE id = 2",
        "UPDATE meta SET revision = revision - 1",
    ] {
        server.house.vandalise(sql).await;
    }
    eventually("the newer app is gone", async || server.ask(&two).await.code() == 100000010).await;
    assert_eq!(server.ask(&one).await.code(), 0);
}
