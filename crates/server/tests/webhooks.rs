//! Webhooks as their receivers meet them: signed, again until they are taken, and nobody else's
//! trouble.

use std::time::Duration;

use serde_json::json;
use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::model::AppId;

use crate::child::Child;
use crate::secrecy::search;
use crate::support::house::settings;
use crate::support::receiver::Receiver;
use crate::support::{House, NOW, TestServer, eventually};

const DELIVERED: &str = "tonegate_webhook_deliveries_total{outcome=\"delivered\"}";

/// A server that may reach loopback, whose time stands until the hand moves it.
async fn manual() -> (TestServer, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    let allow = |config: &mut tonegate_server::config::Config| {
        config.webhooks.allow_private_addresses = true;
    };
    (TestServer::start_with(House::at(NOW).await, clock, allow).await, hand)
}

#[tokio::test]
async fn a_change_is_told_once_and_signed() {
    let (server, _hand) = manual().await;
    let receiver = Receiver::start(204).await;
    let (webhook, secret) = receiver.listen_to(&server.house, "app.*").await;
    let backend = server.app(12345).await;
    let message = receiver.heard(1).await.remove(0);
    assert!(message.is_signed_with(&secret));
    assert_eq!(message.timestamp, NOW.to_string());
    assert_eq!(
        message.json(),
        json!({
            "type": "app.created",
            "timestamp": "2025-11-22T19:33:20Z",
            "data": { "app_id": 12345, "name": "Karaoke", "rev": 1, "generation": 1 },
        })
    );
    eventually("it is noted", async || {
        let delivery = server.house.deliveries(&webhook).await.remove(0);
        delivery.delivered_at == Some(NOW) && delivery.last_status == Some(204)
    })
    .await;
    let delivery = server.house.deliveries(&webhook).await.remove(0);
    assert_eq!((delivery.id, delivery.tries), (message.id, 1));
    assert_eq!(server.metric(DELIVERED).await, 1);
    // What is not asked for does not come, nor does anything twice.
    server.house.rotate(12345, 60).await;
    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    let kinds: Vec<_> = receiver.heard(2).await.iter().map(|message| message.kind()).collect();
    assert_eq!(kinds, ["app.created", "app.suspended"]);
    server.caught_up().await;
    assert_ne!(server.ask(&backend).await.code(), 0, "the change itself is in force");
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_same_again_later() {
    let (server, hand) = manual().await;
    let receiver = Receiver::start(500).await;
    let (webhook, secret) = receiver.listen_to(&server.house, "*").await;
    let sent = server.house.change(async |tx| tx.enqueue_test(&webhook.id).await.unwrap()).await;
    receiver.heard(1).await;
    eventually("the failure is noted", async || {
        let delivery = server.house.deliveries(&webhook).await.remove(0);
        delivery.next_try_at == Some(NOW + 5) && delivery.last_status == Some(500)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(receiver.messages().len(), 1, "not before its time");
    receiver.set(200);
    server.pass(&hand, Duration::from_secs(5)).await;
    let messages = receiver.heard(2).await;
    assert!(messages.iter().all(|it| it.id == sent.id && it.is_signed_with(&secret)));
    assert_eq!(messages[0].body, messages[1].body);
    assert_ne!(messages[0].timestamp, messages[1].timestamp, "signed anew");
    eventually("the success is noted", async || {
        let delivery = server.house.deliveries(&webhook).await.remove(0);
        (delivery.tries, delivery.last_error) == (2, None) && delivery.delivered_at.is_some()
    })
    .await;
}

#[tokio::test]
async fn receivers_that_never_answer_keep_nobody_else_waiting() {
    let (server, _hand) = manual().await;
    let (slow, quick) = (Receiver::start(0).await, Receiver::start(200).await);
    for _ in 0..3 {
        let (webhook, _) = slow.listen_to(&server.house, "server.*").await;
        server
            .house
            .change(async |tx| {
                for _ in 0..10 {
                    tx.enqueue_test(&webhook.id).await.unwrap();
                }
            })
            .await;
    }
    slow.heard(6).await;
    let (webhook, _) = quick.listen_to(&server.house, "app.*").await;
    for _ in 0..5 {
        server.house.change(async |tx| tx.enqueue_test(&webhook.id).await.unwrap()).await;
    }
    quick.heard(5).await;
    assert_eq!(slow.messages().len(), 6, "two places each, no more");
}

/// The message is in the database before the first kill, and perhaps heard, but nobody knows that it
/// was taken.
#[tokio::test]
async fn a_message_survives_kill_9_and_nothing_tells_the_secret() {
    let house = House::new().await;
    let receiver = Receiver::start(0).await;
    let (webhook, secret) = receiver.listen_to(&house, "app.created").await;
    let child = Child::start(&house).await;
    house.app(12345, settings()).await;
    receiver.heard(1).await;
    child.kill().await;
    let first_log = std::fs::read_to_string(house.path("log")).unwrap();
    // Another waits while no server runs.
    house.app(12346, settings()).await;
    assert_eq!(house.deliveries(&webhook).await[1].delivered_at, None);
    receiver.set(204);
    let child = Child::start(&house).await;
    let messages = receiver.heard(3).await;
    eventually("all is taken", async || {
        house.deliveries(&webhook).await.iter().all(|delivery| delivery.delivered_at.is_some())
    })
    .await;
    child.kill().await;
    let again = messages[1..].iter().find(|message| message.id == messages[0].id).unwrap();
    assert_eq!(again.body, messages[0].body, "the same message, once more");
    let mut apps: Vec<_> =
        messages[1..].iter().map(|message| message.json()["data"]["app_id"].clone()).collect();
    apps.sort_by_key(|app| app.as_i64());
    assert_eq!(apps, [12345, 12346]);
    assert!(messages.iter().all(|message| message.is_signed_with(&secret)));

    let log = first_log + &std::fs::read_to_string(house.path("log")).unwrap();
    assert!(log.contains("a webhook was delivered"), "it did log: {log}");
    let text = secret.expose();
    let base64 = text.strip_prefix("whsec_").unwrap();
    let bytes = data_encoding::BASE64.decode(base64.as_bytes()).unwrap();
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    for form in [base64.as_bytes(), &base64.as_bytes()[..20], &bytes, hex.as_bytes()] {
        assert_eq!(search(house.data().path(), form), [""; 0]);
        assert!(!log.as_bytes().windows(form.len()).any(|part| part == form));
    }
    assert!(messages.iter().all(|message| !message.body.contains(&base64[..20])));
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_connected_to() {
    let (clock, _hand) = Clock::manual(NOW);
    let server = TestServer::start_with(House::at(NOW).await, clock, |_| ()).await;
    let receiver = Receiver::start(200).await;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let (webhook, _) = receiver.listen_to(&server.house, "*").await;
        let url = receiver.url(host);
        let refused = server.check_webhook_address(&url.parse().unwrap()).await.unwrap_err();
        let change = async |tx: &mut tonegate_server::store::Tx| {
            tx.update_webhook(&webhook.id, Some(1), |it| it.url = url).await.unwrap();
            tx.enqueue_test(&webhook.id).await.unwrap();
        };
        server.house.change(change).await;
        eventually("the refusal is noted", async || {
            server.house.deliveries(&webhook).await[0].tries == 1
        })
        .await;
        let error = server.house.deliveries(&webhook).await.remove(0).last_error.unwrap();
        assert_eq!(error, refused.to_string());
        assert!(error.contains("a loopback address"), "{error}");
        assert!(error.contains("only public addresses are allowed"), "{error}");
    }
    assert_eq!(receiver.messages().len(), 0);
    let public = "https://1.1.1.1/".parse().unwrap();
    assert!(server.check_webhook_address(&public).await.is_ok());
}

#[tokio::test]
async fn a_disabled_webhook_gets_nothing() {
    let (server, _hand) = manual().await;
    let receiver = Receiver::start(200).await;
    let (webhook, _) = receiver.listen_to(&server.house, "*").await;
    let disable = async |tx: &mut tonegate_server::store::Tx| {
        tx.update_webhook(&webhook.id, None, |it| it.enabled = false).await.unwrap();
    };
    server.house.change(disable).await;
    let (other, _) = receiver.listen_to(&server.house, "app.deleted").await;
    server.app(1).await;
    server.house.change(async |tx| tx.delete_app(AppId(1)).await.unwrap()).await;
    let kinds: Vec<_> = receiver.heard(1).await.iter().map(|message| message.kind()).collect();
    assert_eq!(kinds, ["app.deleted"], "only the other's");
    assert_eq!(server.house.deliveries(&webhook).await, []);
    assert_eq!(server.house.deliveries(&other).await.len(), 1);
}

#[tokio::test]
async fn the_server_tells_when_it_is_degraded_and_when_no_more() {
    let (server, hand) = manual().await;
    let receiver = Receiver::start(200).await;
    receiver.listen_to(&server.house, "server.*").await;
    hand.step_wall(100);
    let message = receiver.heard(1).await.remove(0);
    assert_eq!(message.kind(), "server.degraded");
    let node = json!({ "id": server.node.id, "name": server.node.name });
    let data = json!({ "degraded": ["clock_suspect"], "node": node });
    assert_eq!(message.json()["data"], data, "which of the servers it is");
    hand.step_wall(-100);
    let messages = receiver.heard(2).await;
    assert_eq!(messages[1].kind(), "server.recovered");
    assert_eq!(messages[1].json()["data"], json!({ "degraded": [], "node": node }));
}

#[tokio::test]
async fn the_server_tells_that_its_keys_end_soon() {
    let server = TestServer::new().await;
    let covered_until = server.keyring.load().covered_until(server.now());
    let house = server.stop().await;
    // Nobody is there to certify the next one.
    house.vandalise("DELETE FROM root_keys").await;
    let receiver = Receiver::start(200).await;
    receiver.listen_to(&house, "key.*").await;
    let (clock, _hand) = Clock::manual(covered_until - 2 * 86_400);
    let allow = |config: &mut tonegate_server::config::Config| {
        config.webhooks.allow_private_addresses = true;
    };
    let _server = TestServer::start_with(house, clock, allow).await;
    let message = receiver.heard(1).await.remove(0);
    assert_eq!(message.kind(), "key.ends_soon");
    assert_eq!(message.json()["data"], json!({ "days": 3, "covered_until": covered_until }));
}
