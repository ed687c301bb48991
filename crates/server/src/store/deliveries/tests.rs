//! Messages on their way through the store.

use serde_json::{Value, json};

use super::super::testing::{House, NOW, secret};
use super::super::{AuditFilter, KeyPlace, NewIssuingKey, NewWebhook, Webhook};
use super::*;
use crate::model::{AppId, Generation};

const APP: AppId = AppId(1);

fn new(events: &str) -> NewWebhook {
    let events = events.split(' ').map(str::to_owned).collect();
    NewWebhook { url: "http://a.example".into(), events, note: String::new(), enabled: true }
}

impl House {
    async fn webhook(&self, events: &str) -> Webhook {
        let mut tx = self.store.begin("owner", NOW).await.unwrap();
        let webhook = tx.create_webhook(new(events)).await.unwrap().0;
        tx.commit().await.unwrap();
        webhook
    }

    async fn tested(&self, webhook: &Webhook) -> Delivery {
        let mut tx = self.store.begin("owner", NOW).await.unwrap();
        let delivery = tx.enqueue_test(&webhook.id).await.unwrap();
        tx.commit().await.unwrap();
        delivery
    }

    /// The only delivery of a webhook.
    async fn only(&self, webhook: &Webhook) -> Delivery {
        let mut all = self.store.deliveries(&webhook.id, None, 10).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

fn failed() -> Outcome {
    Outcome { status: Some(500), error: Some("x".repeat(2_000)) }
}

fn taken() -> Outcome {
    Outcome { status: Some(204), error: None }
}

#[tokio::test]
async fn every_change_of_an_app_its_secrets_and_the_keys_is_told() {
    let house = House::new().await;
    let webhook = house.webhook("*").await;
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    let settings = House::settings("Karaoke");
    tx.create_app(APP, settings, &secret(1)).await.unwrap();
    tx.update_app(APP, None, |it| it.note = "n".into()).await.unwrap();
    tx.update_app(APP, None, |_| {}).await.unwrap();
    tx.suspend_app(APP).await.unwrap();
    tx.resume_app(APP).await.unwrap();
    tx.rotate_secret(APP, &secret(2), 60).await.unwrap();
    tx.revoke_secret(APP, Generation(1)).await.unwrap();
    tx.delete_app(APP).await.unwrap();
    let key = NewIssuingKey {
        serial: 7,
        kid: "0123456789abcdef".into(),
        certificate: "cErTiFiCaTe".into(),
        place: KeyPlace::Seed(zeroize::Zeroizing::new([5; 32])),
        sign_from: NOW,
        exp: NOW + 9,
    };
    tx.add_issuing_key(&key).await.unwrap();
    tx.commit().await.unwrap();

    let all = house.store.deliveries(&webhook.id, None, 100).await.unwrap();
    let kinds: Vec<_> = all.iter().rev().map(|delivery| &*delivery.kind).collect();
    let expected = [
        "app.created",
        "app.updated",
        "app.suspended",
        "app.resumed",
        "secret.rotated",
        "secret.revoked",
        "app.deleted",
        "issuing_key.added",
    ];
    assert_eq!(kinds, expected);
    let mut data = Vec::new();
    while let Some(due) = house.store.due_deliveries("a", NOW).await.unwrap().first() {
        let body: Value = serde_json::from_str(&due.message.body).unwrap();
        assert_eq!(
            (&body["type"], &*due.message.kind),
            (&json!(due.message.kind), kinds[data.len()])
        );
        assert_eq!(body["timestamp"], "2025-11-22T19:33:20Z");
        for secret in [secret(1), secret(2)] {
            assert!(!due.message.body.contains(secret.secret().expose()), "{body}");
        }
        data.push(body["data"].clone());
        house.store.note_try(due, &taken(), NOW).await.unwrap();
    }
    assert_eq!(data[0], json!({ "app_id": 1, "name": "Karaoke", "rev": 1, "generation": 1 }));
    assert_eq!(data[1], json!({ "app_id": 1, "name": "Karaoke", "rev": 2 }));
    assert_eq!(data[4], json!({ "app_id": 1, "generation": 2, "overlap": 60 }));
    assert_eq!(data[6], json!({ "app_id": 1 }));
    assert_eq!(data[7]["serial"], 7);
}

#[tokio::test]
async fn only_who_wants_it_is_told_and_only_while_enabled() {
    let house = House::new().await;
    let apps = house.webhook("app.*").await;
    let one = house.webhook("key.* app.created").await;
    let secrets = house.webhook("secret.*").await;
    let off = house.webhook("*").await;
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    tx.update_webhook(&off.id, None, |it| it.enabled = false).await.unwrap();
    tx.create_app(APP, House::settings("a"), &secret(1)).await.unwrap();
    tx.suspend_app(APP).await.unwrap();
    let refused = tx.enqueue_test(&off.id).await.unwrap_err().to_string();
    assert!(refused.contains("enable it first"), "{refused}");
    tx.commit().await.unwrap();
    let mut ids = Vec::new();
    for (webhook, count) in [(apps, 2), (one, 1), (secrets, 0), (off, 0)] {
        let all = house.store.deliveries(&webhook.id, None, 10).await.unwrap();
        assert_eq!(all.len(), count, "{:?}", webhook.events);
        ids.extend(all.into_iter().map(|delivery| delivery.id));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each message has an id of its own");
}

#[tokio::test]
async fn a_change_that_never_was_is_not_told() {
    let house = House::new().await;
    let webhook = house.webhook("*").await;
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    tx.create_app(APP, House::settings("a"), &secret(1)).await.unwrap();
    drop(tx);
    assert_eq!(house.store.deliveries(&webhook.id, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_message_is_tried_again_until_its_tries_are_used_up() {
    let house = House::new().await;
    let webhook = house.webhook("app.*").await;
    let id = house.tested(&webhook).await.id;
    let mut now = NOW;
    for tries in 1.. {
        assert!(house.store.due_deliveries("a", now - 1).await.unwrap().is_empty(), "not before");
        let due = house.reopened().await.due_deliveries("a", now).await.unwrap().remove(0);
        assert_eq!((&due.message.id, due.tries), (&id, tries - 1), "the same id each time");
        house.store.note_try(&due, &failed(), now).await.unwrap();
        let found = house.only(&webhook).await;
        assert_eq!((found.tries, found.last_status), (i64::from(tries), Some(500)));
        assert_eq!(found.last_error.as_ref().unwrap().len(), DELIVERY_ERROR_CHARS);
        match found.next_try_at {
            Some(next) => now = next,
            None => break,
        }
    }
    let found = house.only(&webhook).await;
    assert_eq!((found.tries, found.gave_up_at, found.delivered_at), (7, Some(now), None));
    assert_eq!(now - NOW, 5 + 30 + 300 + 1_800 + 7_200 + 18_000);
    assert!(house.store.due_deliveries("a", i64::MAX).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_is_sent_again_by_hand_given_up_or_taken() {
    let house = House::new().await;
    let webhook = house.webhook("app.*").await;
    let id = house.tested(&webhook).await.id;
    for (outcome, tries) in [(taken(), 1), (failed(), 2), (taken(), 3)] {
        let due = house.store.due_deliveries("a", NOW + 9).await.unwrap().remove(0);
        house.store.note_try(&due, &outcome, NOW + 9).await.unwrap();
        assert_eq!(house.only(&webhook).await.delivered_at.is_some(), outcome.is_taken());
        let mut tx = house.store.begin("ada", NOW + 9).await.unwrap();
        let delivery = tx.retry_delivery(&id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((delivery.next_try_at, delivery.tries), (Some(NOW + 9), tries));
        assert_eq!((delivery.delivered_at, delivery.gave_up_at), (None, None));
    }
    let audit = house.store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((audit.action, audit.subject), ("delivery.retry".into(), format!("delivery {id}")));
    let mut tx = house.store.begin("ada", NOW).await.unwrap();
    let unknown = tx.retry_delivery("msg_0").await;
    assert!(matches!(unknown, Err(StoreError::DeliveryUnknown { .. })));
}

#[tokio::test]
async fn disabling_gives_up_what_waits_and_what_was_under_way_may_still_arrive() {
    let house = House::new().await;
    let webhook = house.webhook("app.*").await;
    for outcome in [failed(), taken()] {
        let id = house.tested(&webhook).await.id;
        let due = house.store.due_deliveries("a", NOW).await.unwrap().remove(0);
        let mut tx = house.store.begin("ada", NOW + 3).await.unwrap();
        tx.update_webhook(&webhook.id, None, |it| it.enabled = false).await.unwrap();
        let refused = tx.retry_delivery(&id).await;
        assert!(matches!(refused, Err(StoreError::WebhookDisabled { .. })));
        tx.commit().await.unwrap();
        assert!(house.store.due_deliveries("a", NOW + 3).await.unwrap().is_empty());
        house.store.note_try(&due, &outcome, NOW + 4).await.unwrap();
        let found = house.store.deliveries(&webhook.id, None, 1).await.unwrap().remove(0);
        assert_eq!(found.next_try_at, None);
        match outcome.is_taken() {
            true => assert_eq!((found.delivered_at, found.gave_up_at), (Some(NOW + 4), None)),
            false => {
                assert_eq!((found.delivered_at, found.gave_up_at), (None, Some(NOW + 3)));
                assert_eq!(found.last_error.as_deref(), Some("the webhook was disabled"));
            }
        }
        let mut tx = house.store.begin("ada", NOW + 5).await.unwrap();
        tx.update_webhook(&webhook.id, None, |it| it.enabled = true).await.unwrap();
        tx.commit().await.unwrap();
        assert!(
            house.store.due_deliveries("a", i64::MAX).await.unwrap().is_empty(),
            "nothing is back"
        );
    }
}

#[tokio::test]
async fn deliveries_page_newest_first_and_old_ones_go() {
    let house = House::new().await;
    let (webhook, other) = (house.webhook("*").await, house.webhook("*").await);
    let mut ids = Vec::new();
    for step in 0..5 {
        let mut tx = house.store.begin("owner", NOW + step).await.unwrap();
        ids.push(tx.enqueue_test(&webhook.id).await.unwrap().id);
        tx.enqueue_test(&other.id).await.unwrap();
        tx.commit().await.unwrap();
    }
    ids.reverse();
    let page = house.store.deliveries(&webhook.id, None, 2).await.unwrap();
    let rest = house.store.deliveries(&webhook.id, Some(page[1].seq), 10).await.unwrap();
    let found: Vec<_> = page.iter().chain(&rest).map(|delivery| &delivery.id).collect();
    assert_eq!(found, ids.iter().collect::<Vec<_>>());
    assert!(house.store.prune_deliveries(NOW + 3).await.unwrap());
    assert!(!house.store.prune_deliveries(NOW + 3).await.unwrap());
    assert_eq!(house.store.deliveries(&webhook.id, None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_backlog_of_one_webhook_hides_no_other() {
    let house = House::new().await;
    let (busy, quiet) = (house.webhook("*").await, house.webhook("*").await);
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    for _ in 0..50 {
        tx.enqueue_test(&busy.id).await.unwrap();
    }
    tx.enqueue_test(&quiet.id).await.unwrap();
    tx.commit().await.unwrap();
    let due = house.store.due_deliveries("a", NOW).await.unwrap();
    let of = |webhook: &Webhook| due.iter().filter(|due| due.webhook_id == webhook.id).count();
    assert_eq!((of(&busy), of(&quiet)), (2 * DELIVERIES_PER_WEBHOOK, 1));
}

#[tokio::test]
async fn a_damaged_webhook_stops_no_change() {
    let house = House::new().await;
    house.webhook("*").await;
    house.vandalise("UPDATE webhooks SET events = 'no list'").await;
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    tx.create_app(APP, House::settings("a"), &secret(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(house.only_app().await.app.is_ok());
}

#[tokio::test]
async fn a_message_is_leased_to_one_server_and_a_webhook_has_its_places_once_for_all() {
    let house = House::new().await;
    let webhook = house.webhook("*").await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.tested(&webhook).await.id);
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let lease = async |node, messages: &[&str], now| {
        house.store.lease_deliveries(&webhook.id, messages, node, now).await.unwrap()
    };
    let due = async |node, now| {
        let due = house.store.due_deliveries(node, now).await.unwrap();
        due.into_iter().map(|due| due.message.id).collect::<Vec<_>>()
    };
    assert_eq!(lease("a", &ids[..1], NOW).await, &ids[..1]);
    assert_eq!(lease("b", &ids[..3], NOW).await, &ids[1..2], "one place was left");
    assert_eq!(lease("a", &ids[2..], NOW).await, [""; 0]);
    assert_eq!(due("a", NOW).await, [ids[0], ids[2], ids[3], ids[4]]);
    assert_eq!(due("b", NOW).await, [ids[1], ids[2], ids[3], ids[4]]);

    let first = house.store.due_deliveries("a", NOW).await.unwrap().remove(0);
    house.store.note_try(&first, &taken(), NOW).await.unwrap();
    assert_eq!(lease("a", &ids[2..], NOW).await, &ids[2..3], "a place is free again");
    let later = NOW + DELIVERY_LEASE_SECS;
    assert_eq!(due("c", later - 1).await, [ids[3], ids[4]]);
    assert_eq!(due("c", later).await, &ids[1..], "whoever had them is gone");
    assert_eq!(lease("c", &ids[1..], later).await, &ids[1..3]);
    assert_eq!(lease("a", &[ids[0]], later).await, [""; 0], "it was taken");
}
