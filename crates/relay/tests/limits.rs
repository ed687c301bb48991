//! How much anybody may ask, and how little a stranger may cost.

use crate::support::identity_provider::claims;
use crate::support::world::{manual, pass};
use crate::support::{IdentityProvider, NOW, eventually};

#[tokio::test]
async fn each_caller_has_a_rate_of_its_own() {
    let (world, hand) = manual().await;
    let provider = IdentityProvider::start().await;
    let world = world.with(&provider.section(""));
    let (one, two) = (world.key(&[]).text, world.key(&[]).text);
    let configured = world.empty_relay(|config| {
        config.rate_limit.api_key_per_second = 1;
        config.rate_limit.api_key_burst = 3;
        config.rate_limit.jwt_per_second = 1;
        config.rate_limit.jwt_burst = 2;
    });
    let relay = configured.await;
    relay.is_fresh().await;
    for _ in 0..3 {
        assert_eq!(relay.ask(&one).await.status, 200);
    }
    let limited = relay.ask(&one).await;
    limited.assert_problem(429, "rate_limited");
    assert_eq!(limited.retry_after(), Some(1));
    assert_eq!(relay.ask(&two).await.status, 200, "others are not affected");
    pass(&hand, 1);
    assert_eq!(relay.ask(&one).await.status, 200);
    assert_eq!(relay.ask(&one).await.status, 429);

    let anna = provider.token("EdDSA", &claims("anna", NOW));
    eventually("the key set is there", async || relay.ask(&anna).await.status == 200).await;
    relay.ask(&anna).await;
    relay.ask(&anna).await.assert_problem(429, "rate_limited");
    // A new token is no new caller.
    let anew = provider.token("EdDSA", &claims("anna", NOW + 1));
    relay.ask(&anew).await.assert_problem(429, "rate_limited");
    let bert = provider.token("EdDSA", &claims("bert", NOW));
    assert_eq!(relay.ask(&bert).await.status, 200);
}

#[tokio::test]
async fn a_network_that_guesses_is_no_longer_heard() {
    let (world, hand) = manual().await;
    let key = world.key(&[]).text;
    let configured = world.empty_relay(|config| {
        config.network_limit.per_second = 1;
        config.network_limit.burst = 3;
        config.listen.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.listen.lifted_networks = vec!["198.51.100.0/24".parse().unwrap()];
    });
    let relay = configured.await;
    relay.is_fresh().await;
    let from = async |address: &str, credential: &str| {
        let header = format!("X-Forwarded-For: {address}\r\n");
        relay.get_with("/v1/license", credential, &header).await
    };
    for _ in 0..3 {
        from("192.0.2.7", "tgrk_guess").await.assert_problem(401, "unknown_key");
    }
    for credential in ["tgrk_guess", "", "a.b.c"] {
        from("192.0.2.7", credential).await.assert_problem(429, "too_many_failures");
    }
    assert_eq!(from("192.0.2.7", &key).await.status, 200, "who is known is heard");
    assert_eq!(from("192.0.2.8", &key).await.status, 200, "another network");
    pass(&hand, 1);
    from("192.0.2.7", "tgrk_guess").await.assert_problem(401, "unknown_key");

    for _ in 0..20 {
        assert_eq!(from("192.0.2.9", &key).await.status, 200, "good requests cost nothing");
        from("198.51.100.1", "tgrk_guess").await.assert_problem(401, "unknown_key");
    }
}

#[tokio::test]
async fn the_listeners_limits_hold() {
    let (world, _hand) = manual().await;
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let long = format!("/v1/license?{}", "a".repeat(5 << 10));
    assert_eq!(relay.get(&long, &key).await.status, 414);
    let large = format!("X-Large: {}\r\n", "a".repeat(17 << 10));
    assert_eq!(relay.get_with("/v1/license", &key, &large).await.status, 431);
    assert_eq!(relay.get_with("/v1/license", &key, &"X-Many: 1\r\n".repeat(65)).await.status, 431);
    assert_eq!(relay.send("no HTTP\r\n\r\n").await.status, 400);
    assert_eq!(relay.ask(&key).await.status, 200);
}
