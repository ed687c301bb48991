//! A wall clock that steps: nothing new is minted, held licences go on, and it heals by itself.

use std::time::Duration;

use serde_json::json;

use crate::support::{TestServer, manual};

async fn degraded(server: &TestServer) -> (u16, serde_json::Value) {
    let answer = server.admin("/readyz").await;
    (answer.status, answer.json()["degraded"].clone())
}

#[tokio::test]
async fn while_it_is_suspect_held_licenses_go_on_and_none_is_minted() {
    for step in [-7_200, 7_200] {
        let (server, hand) = manual().await;
        let (held, unheld) = (server.app(12345).await, server.app(54321).await);
        let license = server.ask(&held).await.license();
        let before = server.now();

        hand.step_wall(step);
        server.pass(&hand, Duration::from_secs(1)).await;
        assert_eq!(server.now(), before + 1, "gateway time does not follow");
        assert_eq!(degraded(&server).await, (200, json!(["clock_suspect"])));
        assert_eq!(server.metric("tonegate_clock_suspect").await, 1);
        assert_eq!(server.metric("tonegate_degraded{reason=\"clock_suspect\"}").await, 1);
        assert_eq!(server.ask(&held).await.license(), license);
        let refused = server.ask(&unheld).await;
        assert_eq!(
            (refused.code(), refused.header("content-type")),
            (910003, Some("application/json"))
        );
        assert!(refused.message().contains("clock"), "{}", refused.message());

        // Back again: as if nothing had been.
        hand.step_wall(-step);
        server.pass(&hand, Duration::from_secs(1)).await;
        assert_eq!(degraded(&server).await, (200, json!([])));
        assert_eq!(server.ask(&unheld).await.code(), 0);
    }
}

#[tokio::test]
async fn a_held_license_goes_on_beyond_its_hour_and_is_counted() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    let first = server.ask(&backend).await;
    let left = first.claims().issued_at() + 3_600 - server.now();
    // Half a minute before the hour ends, the wall steps.
    server.pass(&hand, Duration::from_secs(u64::try_from(left - 30).unwrap())).await;
    hand.step_wall(-86_400);
    server.pass(&hand, Duration::from_secs(35)).await;
    assert_eq!(server.ask(&backend).await.license(), first.license());
    assert_eq!(server.metric("tonegate_answers_held_beyond_hour_total").await, 1);
}

#[tokio::test]
async fn after_a_minute_it_is_believed_and_no_replay_is_reopened() {
    for step in [-3_000_i64, -300, 300, 3_000] {
        let (server, hand) = manual().await;
        let backend = server.app(12345).await;
        let used: Vec<_> = [-500, 0, 500].map(|off| backend.query(server.now() + off)).into();
        for query in &used {
            assert_eq!(server.get(&query.to_string()).await.code(), 0);
        }
        let start = server.now();
        hand.step_wall(step);
        server.pass(&hand, Duration::from_secs(62)).await;
        assert_eq!(server.now(), start + 62 + step, "{step}");
        assert_eq!(degraded(&server).await.1, json!([]));
        assert_eq!(server.metric("tonegate_clock_reanchored_total").await, 1);
        assert_eq!(server.ask(&backend).await.code(), 0, "minting again");
        // For 1,260 s what is older than the re-anchoring is refused …
        let older = backend.query(server.now() - 10).to_string();
        assert_eq!(server.get(&older).await.code(), 100000004);
        // … and the wall may go back as often as it likes: what was used stays used.
        for _ in 0..3 {
            hand.step_wall(-step);
            server.pass(&hand, Duration::from_secs(62)).await;
            for query in &used {
                assert_ne!(server.get(&query.to_string()).await.code(), 0, "{step}");
            }
            hand.step_wall(step);
            server.pass(&hand, Duration::from_secs(400)).await;
            for query in &used {
                assert_ne!(server.get(&query.to_string()).await.code(), 0, "{step}");
            }
        }
        server.pass(&hand, Duration::from_secs(1_300)).await;
        let older = backend.query(server.now() - 10).to_string();
        assert_eq!(server.get(&older).await.code(), 0, "nothing ratchets for ever");
    }
}
