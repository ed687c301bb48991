//! Checkpoints of the audit log, as a running server hands them out.

use tonegate_server::audit::{Evidence, read_notes, verify};
use tonegate_server::clock::Clock;
use tonegate_server::model::AppId;

use crate::support::house::settings;
use crate::support::{House, TestServer, eventually};

#[tokio::test]
async fn a_server_leaves_a_checkpoint_when_it_starts_and_one_of_the_last_change_when_it_stops() {
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("checkpoints");
    let configured = file.clone();
    let server = TestServer::start_with(House::new().await, Clock::system(), |config| {
        config.audit.checkpoint_file = configured;
    })
    .await;
    eventually("the first checkpoint", async || file.exists()).await;
    server.house.app(12345, settings()).await;
    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    let house = server.stop().await;
    let store = house.store().await;

    let text = std::fs::read_to_string(&file).unwrap();
    let evidence = Evidence { notes: read_notes(&text).collect(), key: None };
    let verdict = verify(&store, &evidence, |_, _| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.checkpoints), (None, 2), "{text}");
    assert_eq!(verdict.proved_until, Some(verdict.entries));
    store.close().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_written_stops_neither_licenses_nor_changes() {
    let server = TestServer::start_with(House::new().await, Clock::system(), |config| {
        config.audit.checkpoint_file = "/proc/none/checkpoints".into();
    })
    .await;
    eventually("it is seen", async || {
        server.admin("/readyz").await.body.contains("audit_checkpoint_failing")
    })
    .await;
    assert_eq!(server.metric("tonegate_audit_checkpoint_failures_total").await, 1);
    let backend = server.app(12345).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
}
