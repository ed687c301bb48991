//! Programs: which tokens are good, and how often their holders may ask.

use std::time::Duration;

use serde_json::json;
use tonegate_server::model::Role;
use tonegate_server::store::NewApiToken;

use crate::support::{House, Persona, eventually};

#[tokio::test]
async fn a_token_lets_its_role_in_and_no_other() {
    let house = House::new().await;
    let made = house.operator().post("/apps", json!({ "app_id": 12345, "name": "Karaoke" })).await;
    assert_eq!(made.expect(201)["app"]["app_id"], 12345);
    house.viewer().get("/apps/12345").await.expect(200);
    let refused = house.viewer().post("/apps", json!({ "name": "Karaoke" })).await;
    refused.refused(403, "role_too_low");
    house.anonymous().get("/apps/12345").await.refused(401, "not_signed_in");
    let confined = house.token(Role::Operator, Some(&[7]), true).await;
    confined.get("/apps/12345").await.refused(404, "app_unknown");
    confined.post("/apps", json!({ "name": "Karaoke" })).await.refused(403, "confined_to_apps");
}

#[tokio::test]
async fn what_is_no_good_token_is_refused() {
    let house = House::new().await;
    let good = house.token_text(Role::Viewer, None, false).await;
    for header in [
        "Bearer",
        "Bearer tgt_",
        "Basic b3duZXI6b3duZXI=",
        &good,
        &format!("Bearer {}", &good[..46]),
        &format!("Bearer {good}A"),
        &format!("Bearer {}", good.to_uppercase()),
        &format!("Bearer tgt_{}", "a".repeat(2_000)),
    ] {
        let caller = house.anonymous().with("Authorization", header);
        caller.get("/apps/1").await.refused(401, "token_refused");
    }
    let caller = house.anonymous().with("Authorization", &format!("bearer  {good}"));
    caller.get("/apps/1").await.refused(404, "app_unknown");
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let (house, hand) = House::manual().await;
    house.viewer().get("/apps/1").await.refused(404, "app_unknown");
    house.pass(&hand, Duration::from_secs(86_399));
    house.viewer().get("/apps/1").await.refused(404, "app_unknown");
    house.pass(&hand, Duration::from_secs(1));
    let refused = house.viewer().get("/apps/1").await.refused(401, "token_refused");
    assert!(refused["detail"].as_str().unwrap().contains("has ended"), "{refused}");
}

#[tokio::test]
async fn its_last_use_is_noted() {
    let (house, hand) = House::manual().await;
    let seen = async |after| {
        let tokens = house.store.api_tokens(None, 9).await.unwrap();
        tokens.iter().any(|token| token.last_used_at == Some(crate::support::NOW + after))
    };
    house.viewer().get("/apps/1").await;
    eventually("the use is noted", async || seen(0).await).await;
    house.pass(&hand, Duration::from_secs(59));
    house.viewer().get("/apps/1").await;
    house.pass(&hand, Duration::from_secs(1));
    house.viewer().get("/apps/1").await;
    eventually("the use is noted again", async || seen(60).await).await;
}

#[tokio::test]
async fn strangers_are_slowed_down_and_good_callers_of_their_network_are_not() {
    let (house, hand) = House::manual().await;
    for _ in 0..30 {
        house.anonymous().get("/apps/1").await.refused(401, "not_signed_in");
    }
    let slowed = house.anonymous().get("/apps/1").await;
    slowed.refused(429, "too_many_requests");
    assert_eq!(slowed.header("retry-after"), Some("1"));
    let guess = Persona::token(house.admin, &format!("tgt_{}", "a".repeat(43)));
    guess.get("/apps/1").await.refused(429, "too_many_requests");
    house.viewer().get("/apps/1").await.refused(404, "app_unknown");
    house.pass(&hand, Duration::from_secs(1));
    house.anonymous().get("/apps/1").await.refused(401, "not_signed_in");
}

#[tokio::test]
async fn a_caller_who_asks_too_often_waits() {
    let (house, hand) = House::manual().await;
    for _ in 0..200 {
        house.viewer().get("/apps/1").await.refused(404, "app_unknown");
    }
    let slowed = house.viewer().get("/apps/1").await;
    slowed.refused(429, "too_many_requests");
    assert_eq!(slowed.header("retry-after"), Some("1"));
    house.operator().get("/apps/1").await.refused(404, "app_unknown");
    house.pass(&hand, Duration::from_secs(1));
    house.viewer().get("/apps/1").await.refused(404, "app_unknown");
}

#[tokio::test]
async fn another_process_makes_a_token_that_is_good_at_once() {
    let house = House::new().await;
    let store = house.other_store().await;
    let mut tx = store.begin("cli", house.now()).await.unwrap();
    let new = NewApiToken {
        name: "robot".into(),
        role: Role::Viewer,
        apps: None,
        privileged: false,
        expires_in: 3_600,
    };
    let (token, text) = tx.create_api_token(&new).await.unwrap();
    tx.commit().await.unwrap();
    let caller = Persona::token(house.admin, text.expose());
    assert_eq!(caller.get("/session").await.expect(200)["token"]["id"], token.id);
    // And nobody is let in at the gateway.
    let caller = Persona::token(house.gateway, text.expose());
    assert_eq!(caller.get("/session").await.status, 404);
}
