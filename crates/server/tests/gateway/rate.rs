//! The app's rate and the network limit before it.

use std::time::Duration;

use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::model::{AppId, AppSettings, Generation};
use tonegate_server::store::Tx;

use crate::support::house::settings;
use crate::support::{Backend, House, NOW, TestServer, manual};

/// How many of so many requests at once get a licence.
async fn passing(server: &TestServer, backend: &Backend, requests: usize) -> usize {
    let mut passed = 0;
    for _ in 0..requests {
        match server.ask(backend).await.code() {
            0 => passed += 1,
            code => assert_eq!(code, 7),
        }
    }
    passed
}

#[tokio::test]
async fn an_app_gets_20_at_once_and_20_a_second() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    let other = server.app(54321).await;
    assert_eq!(passing(&server, &backend, 25).await, 20);
    hand.advance(Duration::from_millis(49));
    assert_eq!(passing(&server, &backend, 2).await, 0);
    hand.advance(Duration::from_millis(1));
    assert_eq!(passing(&server, &backend, 2).await, 1);
    for _ in 0..10 {
        hand.advance(Duration::from_millis(100));
        assert_eq!(passing(&server, &backend, 3).await, 2);
    }
    hand.advance(Duration::from_secs(60));
    assert_eq!(passing(&server, &backend, 21).await, 20);
    assert_eq!(passing(&server, &other, 21).await, 20, "each app has its own");
}

#[tokio::test]
async fn code_7_does_not_use_the_signature() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    let query = backend.query(NOW).to_string();
    passing(&server, &backend, 20).await;
    assert_eq!(server.get(&query).await.code(), 7);
    hand.advance(Duration::from_secs(1));
    assert_eq!(server.get(&query).await.code(), 0);
    assert_eq!(server.get(&query).await.code(), 100000005);
}

#[tokio::test]
async fn the_rate_is_each_apps_own_setting() {
    let (server, _hand) = manual().await;
    let slow = server.app_of(1, AppSettings { rate_per_second: 2, ..settings() }).await;
    assert_eq!(passing(&server, &slow, 5).await, 2);
    let fast = AppSettings { rate_per_second: 40, ..settings() };
    let fast = server.app_of(2, fast).await;
    assert_eq!(passing(&server, &fast, 50).await, 40);
}

#[tokio::test]
async fn a_change_of_the_app_does_not_fill_it_up() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    passing(&server, &backend, 20).await;
    let edit = async |tx: &mut Tx| {
        let note = |app: &mut AppSettings| app.note = "changed".into();
        tx.update_app(AppId(12345), None, note).await.unwrap();
    };
    server.house.change(edit).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 7);
}

#[tokio::test]
async fn who_holds_a_revoked_secret_cannot_use_up_the_apps_rate() {
    let (server, _hand) = manual().await;
    let thief = server.app(12345).await;
    let honest = thief.with(&server.house.rotate(12345, 60).await);
    let revoke = async |tx: &mut Tx| {
        tx.revoke_secret(AppId(12345), Generation(1)).await.unwrap();
    };
    server.house.change(revoke).await;
    server.caught_up().await;
    let mut codes = Vec::new();
    for _ in 0..30 {
        codes.push(server.ask(&thief).await.code());
    }
    assert_eq!(codes[..20], [910004; 20]);
    assert_eq!(codes[20..], [7; 10], "the thief's requests are bounded too");
    assert_eq!(passing(&server, &honest, 20).await, 20);
}

/// Behind a proxy, so that clients can have addresses.
async fn proxied() -> (TestServer, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    let house = House::at(NOW).await;
    let server = TestServer::start_with(house, clock, |config| {
        config.gateway.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.gateway.lifted_networks = vec!["10.1.0.0/16".parse().unwrap()];
    })
    .await;
    (server, hand)
}

async fn code_from(server: &TestServer, client: &str, query: &str) -> i64 {
    server.get_from(query, &format!("X-Forwarded-For: {client}\r\n")).await.code()
}

#[tokio::test]
async fn a_network_that_fails_200_times_is_asked_to_wait_and_others_are_not() {
    let (server, hand) = proxied().await;
    let backend = server.app(12345).await;
    let good = || backend.query(server.now()).to_string();
    let forged = || backend.query(server.now()).set("Signature", &"0".repeat(32)).to_string();
    for request in 0..200 {
        assert_eq!(code_from(&server, "10.0.0.1", &forged()).await, 100000005, "{request}");
    }
    let unused = good();
    assert_eq!(code_from(&server, "10.0.0.1", &forged()).await, 1);
    assert_eq!(code_from(&server, "10.0.0.1", &unused).await, 1, "good ones too");
    assert_eq!(code_from(&server, "10.0.0.1", "AppId=x").await, 100000001, "form comes before");
    assert_eq!(code_from(&server, "10.1.0.1", &unused).await, 0, "code 1 used no signature");
    // The flood has cost the app nothing: 19 of its 20 are left.
    for _ in 0..19 {
        assert_eq!(code_from(&server, "10.0.0.2", &good()).await, 0);
    }
    assert_eq!(code_from(&server, "10.0.0.2", &good()).await, 7);
    hand.advance(Duration::from_secs(1));
    assert_eq!(code_from(&server, "10.0.0.1", &good()).await, 0, "a second later it may again");
}

#[tokio::test]
async fn who_sends_a_used_signature_again_is_asked_to_wait_and_the_app_is_not() {
    let (server, _hand) = proxied().await;
    let backend = server.app(12345).await;
    let captured = backend.query(server.now()).to_string();
    assert_eq!(code_from(&server, "10.0.0.2", &captured).await, 0);
    for request in 0..200 {
        assert_eq!(code_from(&server, "10.0.0.1", &captured).await, 100000005, "{request}");
    }
    assert_eq!(code_from(&server, "10.0.0.1", &captured).await, 1);
    let unused = backend.query(server.now()).to_string();
    assert_eq!(code_from(&server, "10.0.0.2", &unused).await, 0);
}

#[tokio::test]
async fn who_is_over_the_apps_rate_is_charged_no_failure() {
    let (server, hand) = proxied().await;
    let backend = server.app(12345).await;
    let query = || backend.query(server.now()).to_string();
    for _ in 0..220 {
        assert!([0, 7].contains(&code_from(&server, "10.0.0.1", &query()).await));
    }
    hand.advance(Duration::from_secs(1));
    assert_eq!(code_from(&server, "10.0.0.1", &query()).await, 0);
}

#[tokio::test]
async fn every_address_of_an_ipv6_64_is_one_network_and_lifted_ones_have_no_limit() {
    let (server, _hand) = proxied().await;
    for request in 0..200 {
        let client = format!("2001:db8:0:1::{request:x}");
        assert_eq!(code_from(&server, &client, "AppId=x").await, 100000001);
        assert_eq!(code_from(&server, "10.1.2.3", "AppId=x").await, 100000001);
    }
    let backend = server.app(12345).await;
    let query = backend.query(server.now()).to_string();
    assert_eq!(code_from(&server, "2001:db8:0:1:ffff::", &query).await, 1);
    assert_eq!(code_from(&server, "2001:db8:0:2::1", &query).await, 0);
    let query = backend.query(server.now()).to_string();
    assert_eq!(code_from(&server, "10.1.2.3", &query).await, 0);
}

#[tokio::test]
async fn a_stranger_cannot_choose_an_address() {
    let server = TestServer::new().await;
    let settings =
        AppSettings { allowed_networks: vec!["192.0.2.0/24".parse().unwrap()], ..settings() };
    let backend = server.app_of(12345, settings).await;
    let query = backend.query(server.now()).to_string();
    assert_eq!(code_from(&server, "192.0.2.7", &query).await, 910004);
}
