//! Somebody is told of trouble: once, signed, and again until it is heard.

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use tonegate_clock::ClockHand;
use tonegate_testing::Behaviour;

use crate::support::loopback::Received;
use crate::support::world::{manual, pass, set_mode};
use crate::support::{APP, DAY, HOUR, Loopback, NOW, TestRelay, World, eventually};

const SECRET: [u8; 32] = *b"a secret of the webhook's, 32 by";

/// A world whose relays tell this receiver.
async fn told(status: u16) -> (World, ClockHand, Loopback) {
    let receiver = Loopback::start(status, "").await;
    let (world, hand) = manual().await;
    let file =
        world.write_private("webhook.secret", &format!("whsec_{}\n", BASE64.encode(&SECRET)));
    let url = receiver.url();
    let section = format!("[webhook]\nurl = \"{url}\"\nsecret_file = \"{}\"\n", file.display());
    (world.with(&section), hand, receiver)
}

/// What has come so far, each found to be signed and in time.
fn heard(world: &World, receiver: &Loopback) -> Vec<(String, serde_json::Value)> {
    let requests = receiver.requests().into_iter();
    requests
        .map(|request| (checked(&request, world.now()), request.json()["data"].clone()))
        .collect()
}

/// The type of a webhook whose signature is good, checked as a receiver does.
fn checked(request: &Received, now: i64) -> String {
    assert!(request.head.starts_with("POST /here HTTP/1.1"), "{request:?}");
    assert_eq!(request.header("content-type"), "application/json");
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    let signed = format!("{id}.{timestamp}.{}", request.body);
    let signature = request.header("webhook-signature").strip_prefix("v1,").unwrap();
    let signature = BASE64.decode(signature.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    hmac::verify(&key, signed.as_bytes(), &signature).expect("the signature is the relay's");
    let timestamp: i64 = timestamp.parse().unwrap();
    assert!((NOW..=now).contains(&timestamp), "{timestamp}");
    let body = request.json();
    assert!(body["timestamp"].as_str().unwrap().starts_with("20") && body["data"].is_object());
    body["type"].as_str().unwrap().to_owned()
}

/// Waits until so many came, and a little for one too many; gives their types.
async fn types(world: &World, receiver: &Loopback, count: usize) -> Vec<String> {
    eventually(&format!("{count} webhooks"), async || receiver.requests().len() >= count).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    heard(world, receiver).into_iter().map(|(kind, _)| kind).collect()
}

/// Lets the next refresh come, and end as it may.
async fn refresh(relay: &TestRelay, hand: &ClockHand) {
    pass(hand, 3 * HOUR);
    relay.attend().await;
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_once_and_so_is_its_end() {
    let (world, hand, receiver) = told(204).await;
    let relay = world.relay().await;
    world.upstream.set_secret(APP, "R0tAtEdSeCrEt0000000000000000000");
    for _ in 0..4 {
        refresh(&relay, &hand).await;
    }
    assert_eq!(types(&world, &receiver, 1).await, ["license.refresh_failed"]);
    let (_, data) = heard(&world, &receiver).remove(0);
    assert_eq!((&data["app_id"], &data["error"]["code"]), (&APP.into(), &100_000_005.into()));
    assert!(data["error"]["message"].as_str().unwrap().contains("ecret"), "the cure: {data}");

    world.upstream.set_secret(APP, tonegate_testing::SECRET);
    for _ in 0..2 {
        refresh(&relay, &hand).await;
    }
    let both = ["license.refresh_failed", "license.refresh_recovered"];
    assert_eq!(types(&world, &receiver, 2).await, both);
    // The next outage is another one.
    world.upstream.set_secret(APP, "R0tAtEdSeCrEt0000000000000000000");
    refresh(&relay, &hand).await;
    assert_eq!(types(&world, &receiver, 3).await[2], "license.refresh_failed");
    relay.assert_metric(r#"webhooks_total{outcome="delivered"} 3"#).await;
}

#[tokio::test]
async fn what_may_pass_is_told_after_half_a_minute() {
    let (world, hand, receiver) = told(204).await;
    let relay = world.relay().await;
    world.upstream.down().await;
    refresh(&relay, &hand).await;
    for (seconds, count) in [(10, 0), (15, 0), (10, 1), (60, 1), (300, 1)] {
        pass(&hand, seconds);
        relay.attend().await;
        assert_eq!(types(&world, &receiver, count).await.len(), count, "{seconds} s later");
    }
    let (kind, data) = heard(&world, &receiver).remove(0);
    assert_eq!((&*kind, &data["error"]["kind"]), ("license.refresh_failed", &"unreachable".into()));
}

/// The issuer answers, but what it gives does not last longer: the app's entitlement ends.
#[tokio::test]
async fn an_end_without_a_successor_is_told_although_refreshes_succeed() {
    let (world, hand, receiver) = told(204).await;
    let relay = world.relay().await;
    let last = world.upstream.last_license(APP).unwrap();
    world.upstream.set(Behaviour::License(last));
    let ends = relay.admin("/status").await.json()["apps"][0]["expires_in"].as_i64().unwrap();
    let mut left = ends;
    while left > 3 * DAY {
        assert_eq!(types(&world, &receiver, 0).await.len(), 0, "{left} s left");
        pass(&hand, 3 * HOUR);
        left -= 3 * HOUR;
        relay.attend().await;
        relay.service.look_for_ends();
    }
    assert_eq!(types(&world, &receiver, 1).await, ["license.ending"]);
    let (_, data) = heard(&world, &receiver).remove(0);
    assert!(data["error"].is_null() && data["seconds_left"].as_i64().unwrap() <= 3 * DAY, "{data}");
    world.upstream.set(Behaviour::Good);
    pass(&hand, 3 * HOUR);
    relay.attend().await;
    assert_eq!(types(&world, &receiver, 2).await[1], "license.refresh_recovered");
}

#[tokio::test]
async fn an_end_is_told_3_days_1_day_and_6_hours_before_and_when_it_is_there() {
    let (world, hand, receiver) = told(200).await;
    let relay = world.relay().await;
    let ends = relay.admin("/status").await.json()["apps"][0]["expires_in"].as_i64().unwrap();
    // A licence that is refreshed has a successor.
    relay.service.look_for_ends();
    world.upstream.set(Behaviour::Status(503));
    let mut told = vec!["license.refresh_failed".to_owned()];
    let mut passed = 0;
    for before in [3 * DAY, DAY, 6 * HOUR, 0] {
        // A second before, then in time.
        for (left, kind) in [(before + 1, None), (before, Some("license.ending"))] {
            while passed < ends - left {
                let step = (ends - left - passed).min(6 * HOUR);
                pass(&hand, step);
                passed += step;
                relay.attend().await;
            }
            relay.service.look_for_ends();
            relay.service.look_for_ends();
            told.extend(kind.map(|it| if before == 0 { "license.ended" } else { it }.to_owned()));
            assert_eq!(types(&world, &receiver, told.len()).await, told, "{left} s left");
        }
        let (_, data) = heard(&world, &receiver).pop().unwrap();
        assert_eq!((&data["app_id"], &data["seconds_left"]), (&APP.into(), &before.into()));
        assert_eq!(data["error"]["kind"], "status");
    }
    world.upstream.set(Behaviour::Good);
    refresh(&relay, &hand).await;
    assert_eq!(types(&world, &receiver, 6).await[5], "license.refresh_recovered");
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_same_again() {
    let (world, hand, receiver) = told(500).await;
    let relay = world.relay().await;
    world.upstream.set(Behaviour::Forged);
    refresh(&relay, &hand).await;
    eventually("a try", async || !receiver.requests().is_empty()).await;
    receiver.set(200, "");
    pass(&hand, 5);
    assert_eq!(types(&world, &receiver, 2).await, ["license.refresh_failed"; 2]);
    let [first, second] = <[Received; 2]>::try_from(receiver.requests()).unwrap();
    assert_eq!((first.status, second.status), (500, 200));
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"), "so it can tell a repeat");
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"));
    assert_eq!(first.body, second.body);
    relay.assert_metric(r#"webhooks_total{outcome="failed"} 1"#).await;
    relay.assert_metric(r#"webhooks_total{outcome="delivered"} 1"#).await;
}

#[tokio::test]
async fn a_secret_that_is_none_or_that_others_can_read_is_refused() {
    let (world, _hand, _receiver) = told(200).await;
    let refused = async || {
        let relay = tonegate_relay::Relay::bind(world.config(), world.clock.clone()).await;
        relay.err().expect("it does not start").to_string()
    };
    for text in
        ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all, of some length"]
    {
        world.write_private("webhook.secret", text);
        let error = refused().await;
        assert!(error.contains("webhook.secret_file") && error.contains("openssl rand"), "{error}");
        assert!(text.len() < 8 || !error.contains(text), "{error}");
    }
    let file = world.write_private("webhook.secret", &format!("whsec_{}", BASE64.encode(&SECRET)));
    set_mode(&file, 0o640);
    let error = refused().await;
    assert!(error.contains("chmod 600") && error.contains("640"), "{error}");
}
