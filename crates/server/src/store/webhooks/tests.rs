//! Webhooks as those meet them who set them up.

use super::super::AuditFilter;
use super::super::testing::{House, NOW};
use super::*;

fn new(events: &[&str]) -> NewWebhook {
    NewWebhook {
        url: "https://receiver.example/hook?a=b".into(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        note: "Night shift".into(),
        enabled: true,
    }
}

async fn created(house: &House) -> (Webhook, WebhookSecret) {
    let mut tx = house.store.begin("ada", NOW).await.unwrap();
    let made = tx.create_webhook(new(&["app.*"])).await.unwrap();
    assert_eq!(tx.commit().await.unwrap(), None, "no server has to read anything anew");
    made
}

#[tokio::test]
async fn a_webhook_reads_back_and_its_secret_is_told_once() {
    let house = House::new().await;
    let (made, secret) = created(&house).await;
    assert!(made.id.starts_with("whk_") && made.id.len() == 20, "{}", made.id);
    assert_eq!((made.rev, made.created_at, made.updated_at), (1, NOW, NOW));
    let store = house.reopened().await;
    assert_eq!(store.webhook(&made.id).await.unwrap().unwrap(), made);
    assert_eq!(store.webhooks().await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(store.webhook("whk_0").await.unwrap(), None);
    let shown = secret.expose();
    let audit = store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((&*audit.actor, &*audit.action), ("ada", "webhook.create"));
    assert_eq!(audit.subject, format!("webhook {}", made.id));
    for text in [audit.detail.to_string(), serde_json::to_string(&made).unwrap()] {
        assert!(text.contains("Night shift") && !text.contains(&shown[6..]), "{text}");
    }
    if !house.is_sqlite() {
        return;
    }
    let file = std::fs::read(house.path()).unwrap();
    let wal = std::fs::read(house.path().with_extension("db-wal")).unwrap_or_default();
    let bytes = shown.as_bytes();
    assert!(![file, wal].concat().windows(20).any(|window| window == &bytes[6..26]), "sealed");
}

#[tokio::test]
async fn a_secret_opens_only_in_its_own_row() {
    let house = House::new().await;
    let (one, secret_of_one) = created(&house).await;
    let (two, _) = created(&house).await;
    let opened = async || {
        let mut tx = house.store.begin("ada", NOW).await.unwrap();
        tx.enqueue_test(&one.id).await.unwrap();
        tx.commit().await.unwrap();
        house.store.due_deliveries("a", NOW).await.unwrap().pop().unwrap().secret
    };
    assert_eq!(opened().await, Ok(secret_of_one));
    let (one, two) = (&one.id, &two.id);
    house
        .vandalise(&format!(
            "UPDATE webhooks SET sealed_secret = (SELECT sealed_secret FROM webhooks WHERE id = \
             '{two}') WHERE id = '{one}'"
        ))
        .await;
    let fault = opened().await.unwrap_err().to_string();
    assert!(fault.contains("sealed_secret") && fault.contains("does not open"), "{fault}");
}

#[tokio::test]
async fn an_update_raises_rev_and_tells_before_and_after() {
    let house = House::new().await;
    let (made, _) = created(&house).await;
    let mut tx = house.store.begin("ada", NOW + 9).await.unwrap();
    let late = tx.update_webhook(&made.id, Some(7), |it| it.note.clear()).await;
    assert!(matches!(late, Err(StoreError::WebhookChanged { expected: 7, found: 1, .. })));
    let same = tx.update_webhook(&made.id, Some(1), |_| {}).await.unwrap();
    assert_eq!(same, made, "no change");
    let after = tx.update_webhook(&made.id, Some(1), |it| it.enabled = false).await.unwrap();
    assert_eq!((after.rev, after.updated_at, after.enabled), (2, NOW + 9, false));
    let broken = tx.update_webhook(&made.id, None, |it| it.url = "ftp://a".into()).await;
    assert!(matches!(broken, Err(StoreError::InvalidWebhook { field: "url", .. })));
    let unknown = tx.update_webhook("whk_0", None, |_| {}).await;
    assert!(matches!(unknown, Err(StoreError::WebhookUnknown { .. })));
    tx.commit().await.unwrap();
    let audit = house.store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((&*audit.action, &audit.detail[0]["enabled"]), ("webhook.update", &true.into()));
    assert_eq!(audit.detail[1]["enabled"], false);
}

#[tokio::test]
async fn a_webhook_goes_with_its_messages() {
    let house = House::new().await;
    let (made, _) = created(&house).await;
    let mut tx = house.store.begin("ada", NOW).await.unwrap();
    tx.enqueue_test(&made.id).await.unwrap();
    let late = tx.delete_webhook(&made.id, Some(2)).await;
    assert!(matches!(late, Err(StoreError::WebhookChanged { .. })));
    tx.delete_webhook(&made.id, Some(1)).await.unwrap();
    let again = tx.delete_webhook(&made.id, None).await;
    assert!(matches!(again, Err(StoreError::WebhookUnknown { .. })));
    tx.commit().await.unwrap();
    assert_eq!(house.store.webhooks().await.unwrap(), []);
    assert_eq!(house.store.deliveries(&made.id, None, 10).await.unwrap(), []);
    assert_eq!(
        house.store.audit(&AuditFilter::default(), None, 1).await.unwrap()[0].action,
        "webhook.delete"
    );
}

#[tokio::test]
async fn what_can_only_be_a_mistake_is_refused() {
    let house = House::new().await;
    let mut tx = house.store.begin("ada", NOW).await.unwrap();
    let long = format!("https://a/{}", "a".repeat(2_048));
    for (url, why) in [
        ("", "no URL"),
        ("receiver.example", "https://"),
        ("ftp://receiver.example", "https://"),
        ("/hook", "https://"),
        ("https://user:pw@receiver.example", "user name"),
        ("https://receiver.example/#a", "fragment"),
        ("https://receiver example", "no URL"),
        (&long, "longer"),
    ] {
        let result = tx.create_webhook(NewWebhook { url: url.into(), ..new(&["*"]) }).await;
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("url: ") && error.contains(why), "{url}: {error}");
    }
    for events in [
        &[][..],
        &[""],
        &["app"],
        &["app."],
        &["ap*"],
        &["app.creatd"],
        &["other.*"],
        &["user."],
        &["user.Signed"],
        &["**"],
        &["*", "*"],
    ] {
        assert!(tx.create_webhook(new(events)).await.is_err(), "{events:?}");
    }
    let many = vec!["*"; 33];
    assert!(tx.create_webhook(new(&many)).await.is_err());
    let noisy = NewWebhook { note: "a\nb".into(), ..new(&["*"]) };
    assert!(tx.create_webhook(noisy).await.is_err());
    let good = ["*"].iter().chain(&["app.*", "user.*", "user.created", "server.recovered"]);
    tx.create_webhook(new(&good.copied().collect::<Vec<_>>())).await.unwrap();
    for _ in 1..WEBHOOKS_MAX {
        tx.create_webhook(new(&["*"])).await.unwrap();
    }
    let full = tx.create_webhook(new(&["*"])).await.unwrap_err();
    assert!(matches!(full, StoreError::Model(ModelError::TooMany { field: "webhooks", .. })));
}

#[test]
fn a_pattern_is_all_a_group_or_one() {
    let cases = [
        ("*", "app.created", true),
        ("app.*", "app.created", true),
        ("app.created", "app.created", true),
        ("app.created", "app.deleted", false),
        ("app.*", "secret.rotated", false),
        ("key.*", "issuing_key.added", false),
        ("app.*", "application.created", false),
    ];
    for (pattern, kind, is) in cases {
        assert_eq!(wants(&[pattern.to_owned()], kind), is, "{pattern} {kind}");
    }
    assert!(wants(&["key.*".into(), "app.created".into()], "app.created"));
    assert!(!wants(&[], "app.created"));
}
