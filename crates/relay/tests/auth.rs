//! Who gets in: tokens of the app's identity provider, and API keys, as they change under a running
//! relay.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::identity_provider::claims;
use crate::support::world::{manual, pass, with_two_apps};
use crate::support::{APP, IdentityProvider, NOW, OTHER, eventually, path_of, within};

/// A file that changes counts within this time.
const SOON: Duration = Duration::from_secs(2);

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims("user-1", NOW);
    claims[name] = value;
    claims
}

/// The token with one character of its signature another one.
fn forge(token: &str) -> String {
    let at = token.len() - 9;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_taken_and_bad_ones_are_not() {
    let (world, hand) = manual().await;
    let provider = IdentityProvider::start().await;
    let world = world.with(&provider.section(""));
    let relay = world.relay().await;
    let good = claims("user-1", NOW);
    let taken = async || relay.ask(&provider.token("ES256", &good)).await.status == 200;
    eventually("the key set is there", taken).await;
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let answer = relay.ask(&provider.token(algorithm, &good)).await;
        assert_eq!(answer.app_id(), APP, "{algorithm}");
    }
    let hmac = provider.token("HS256", &good);
    let signed = provider.token("ES256", &good);
    let forged = forge(&signed);
    for (token, code) in [
        (provider.token("ES256", &with("aud", json!("another service"))), "wrong_audience"),
        (provider.token("ES256", &with("iss", json!("https://evil.example/"))), "unknown_issuer"),
        (provider.token("ES256", &with("exp", json!(NOW - 61))), "token_expired"),
        (provider.token("ES256", &with("nbf", json!(NOW + 61))), "token_not_yet_valid"),
        (provider.token("ES256", &with("exp", Value::Null)), "bad_token"),
        (hmac, "bad_token"),
        (forged, "bad_token"),
    ] {
        relay.ask(&token).await.assert_problem(401, code);
    }
    // What is remembered of a token ends with it.
    pass(&hand, 300 + 59);
    assert_eq!(relay.ask(&signed).await.status, 200, "within the leeway");
    pass(&hand, 2);
    relay.ask(&signed).await.assert_problem(401, "token_expired");
}

#[tokio::test]
async fn a_claim_says_which_app_is_meant() {
    let (world, _hand) = with_two_apps().await;
    let provider = IdentityProvider::start().await;
    let map = format!(
        "app_claim = \"client\"\napps = {{ \"ios\" = {APP}, \"tv\" = {OTHER}, \"old\" = 1 }}"
    );
    let world = world.with(&provider.section(&map));
    let relay = world.relay().await;
    let token = |client: Value| provider.token("EdDSA", &with("client", client));
    let ios = token(json!("ios"));
    let taken = async || relay.get("/v1/license", &ios).await.status == 200;
    eventually("the key set is there", taken).await;
    assert_eq!(relay.get("/v1/license", &ios).await.app_id(), APP);
    assert_eq!(relay.get("/v1/license", &token(json!("tv"))).await.app_id(), OTHER);
    relay.get(&path_of(OTHER), &ios).await.assert_problem(403, "app_not_allowed");
    let both = token(json!(["ios", "tv"]));
    relay.get("/v1/license", &both).await.assert_problem(400, "app_not_named");
    assert_eq!(relay.get(&path_of(OTHER), &both).await.app_id(), OTHER);
    for none in [json!("android"), Value::Null, json!(APP)] {
        relay.get(&path_of(APP), &token(none)).await.assert_problem(403, "no_app");
    }
    relay.get("/v1/license", &token(json!("old"))).await.assert_problem(403, "app_not_allowed");
}

#[tokio::test]
async fn new_keys_of_the_provider_are_fetched_when_a_token_names_them() {
    let (world, hand) = manual().await;
    let mut provider = IdentityProvider::start().await;
    let world = world.with(&provider.section(""));
    let relay = world.relay().await;
    let old = provider.token("ES256", &claims("user-1", NOW));
    eventually("the key set is there", async || relay.ask(&old).await.status == 200).await;
    let fetched = provider.server.requests().len();
    assert_eq!(fetched, 1);
    assert!(!provider.server.requests()[0].head.contains("uthorization"));

    provider.rotate();
    let new = provider.token("ES256", &claims("user-1", NOW));
    relay.ask(&new).await.assert_problem(401, "unknown_signing_key");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    relay.ask(&new).await.assert_problem(401, "unknown_signing_key");
    assert_eq!(provider.server.requests().len(), fetched, "whoever makes keys up asks in vain");
    pass(&hand, 60);
    eventually("the new keys are taken", async || {
        pass(&hand, 1);
        relay.ask(&new).await.status == 200
    })
    .await;
    relay.ask(&old).await.assert_problem(401, "unknown_signing_key");
    assert_eq!(provider.server.requests().len(), fetched + 1);
}

#[tokio::test]
async fn without_the_providers_keys_callers_are_asked_to_come_back() {
    let (world, hand) = manual().await;
    let provider = IdentityProvider::start().await;
    provider.go_away();
    let world = world.with(&provider.section(""));
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let token = provider.token("EdDSA", &claims("user-1", NOW));
    let answer = relay.ask(&token).await;
    answer.assert_problem(503, "keys_not_loaded");
    assert_eq!(relay.ask(&key).await.status, 200, "API keys do not need it");

    provider.come_back();
    eventually("it heals by itself", async || {
        pass(&hand, 1);
        relay.ask(&token).await.status == 200
    })
    .await;
    // Gone again: what is known stays.
    provider.go_away();
    pass(&hand, 3_600);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let later = provider.token("EdDSA", &claims("user-1", world.now()));
    assert_eq!(relay.ask(&later).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_from_the_keys_of_another() {
    let (world, _hand) = manual().await;
    let (slow, good) = (IdentityProvider::start().await, IdentityProvider::start().await);
    slow.hang();
    let slow = slow.section("").replace("login.example.com", "slow.example.com");
    let world = world.with(&slow).with(&good.section(""));
    let relay = world.relay().await;
    let token = good.token("EdDSA", &claims("user-1", NOW));
    let taken = async || relay.ask(&token).await.status == 200;
    assert!(within(Duration::from_secs(5), taken).await);
}

#[tokio::test]
async fn keys_that_are_added_or_revoked_count_within_two_seconds() {
    let (world, _hand) = manual().await;
    let relay = world.relay().await;
    let (one, two) = (world.key(&[]), world.key(&[APP]));
    for key in [&one, &two] {
        let taken = async || relay.ask(&key.text).await.status == 200;
        assert!(within(SOON, taken).await, "a new key");
    }
    world.keys_file().revoke(&one.id).unwrap();
    let refused = async || relay.ask(&one.text).await.status == 401;
    assert!(within(SOON, refused).await, "a revoked key");
    relay.ask(&one.text).await.assert_problem(401, "unknown_key");
    assert_eq!(relay.ask(&two.text).await.status, 200);
}

#[tokio::test]
async fn a_key_ends_when_it_was_said_to() {
    let (world, hand) = manual().await;
    let added = world.keys_file().add("trial", None, Some(NOW + 100), NOW).unwrap();
    let key = added.1.expose().to_owned();
    let relay = world.relay().await;
    pass(&hand, 99);
    assert_eq!(relay.ask(&key).await.status, 200);
    pass(&hand, 1);
    relay.ask(&key).await.assert_problem(401, "key_expired");
}
