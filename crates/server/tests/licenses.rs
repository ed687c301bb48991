//! What the licences that the gateway hands out promise.

use std::time::Duration;

use tonegate_license::{Environment, Expect, State, Time, verify};
use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::keys::{Rotation, Start, rotate};
use tonegate_server::model::{AppId, AppSettings, FeatureGrant, Generation};
use tonegate_server::store::Tx;

use crate::support::house::{feature, settings};
use crate::support::{Backend, House, NOW, TestServer, manual};

const HOUR: i64 = 3_600;

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.try_into().unwrap())
}

fn until(name: &str, until: i64) -> FeatureGrant {
    FeatureGrant { until: Some(until), ..feature(name) }
}

async fn features(server: &TestServer, backend: &Backend) -> Vec<String> {
    let claims = server.ask(backend).await.claims();
    claims.features().iter().map(|feature| feature.as_str().to_owned()).collect()
}

#[tokio::test]
async fn a_license_is_good_offline_with_the_pins_alone() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let license = server.ask(&backend).await.license();
    let environment = Environment::Production;
    let expect = Expect { issuer: "tonegate", environment, app_id: Some(12345), identity: None };
    let now = Time { wall: server.now(), elapsed: 0 };
    let (verdict, _) = verify(&license, server.installation.pins, expect, now, State::new(0));
    assert!(verdict.is_valid(), "{verdict:?}");
    assert!(verdict.validity.unwrap().seconds_left() >= 604_800);
}

#[tokio::test]
async fn every_answer_lasts_at_least_the_apps_lifetime() {
    let (server, hand) = manual().await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut apps = Vec::new();
    for (id, lifetime) in [(1, 3_600), (2, 604_800), (3, 1_209_600), (4, 86_401)] {
        apps.push((lifetime, server.app_of(id, AppSettings { lifetime, ..settings() }).await));
    }
    for _ in 0..60 {
        hand.advance(Duration::from_millis(random.u64(1..5_000_000)));
        for (lifetime, backend) in &apps {
            let claims = server.ask(backend).await.claims();
            let left = claims.expires_at() - server.now();
            let lifetime = i64::from(*lifetime);
            assert!((lifetime..=lifetime + HOUR).contains(&left), "{left} of {lifetime}");
            assert!(claims.not_before() <= server.now() - 600);
        }
    }
}

#[tokio::test]
async fn within_the_hour_it_is_the_same_string_and_in_the_next_another() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    let first = server.ask(&backend).await;
    let next_hour = first.claims().issued_at() + HOUR;
    hand.advance(seconds(next_hour - NOW - 1));
    assert_eq!(server.ask(&backend).await.license(), first.license());
    hand.advance(seconds(1));
    let second = server.ask(&backend).await;
    assert_ne!(second.license(), first.license());
    assert_eq!(second.claims().issued_at(), next_hour);
    assert_eq!(server.metric("tonegate_licenses_minted_total").await, 2);
}

#[tokio::test]
async fn the_end_of_the_entitlement_cuts_it() {
    let (server, hand) = manual().await;
    let end = NOW + 2 * 86_400 + 17;
    let backend =
        server.app_of(1, AppSettings { entitlement_until: Some(end), ..settings() }).await;
    assert_eq!(server.ask(&backend).await.claims().expires_at(), end);
    hand.advance(seconds(end - NOW - 1));
    assert_eq!(server.ask(&backend).await.claims().expires_at(), end);
    hand.advance(seconds(1));
    assert_eq!(server.ask(&backend).await.code(), 910002);
}

#[tokio::test]
async fn a_feature_that_ends_leaves_a_lifetime_before() {
    let (server, hand) = manual().await;
    let end = NOW + 700_000;
    let features_of = vec![until("agc", end), feature("ans")];
    let backend = server.app_of(1, AppSettings { features: features_of, ..settings() }).await;
    assert_eq!(features(&server, &backend).await, ["agc", "ans"]);
    hand.advance(seconds(end - 604_800 - NOW - HOUR));
    assert_eq!(features(&server, &backend).await, ["agc", "ans"]);
    hand.advance(seconds(2 * HOUR));
    let claims = server.ask(&backend).await.claims();
    assert_eq!(claims.features().iter().map(|f| f.as_str()).collect::<Vec<_>>(), ["ans"]);
    assert!(claims.expires_at() >= server.now() + 604_800, "the rest goes on in full");
}

#[tokio::test]
async fn an_app_whose_features_have_all_ended_or_not_begun_gets_910002_and_nobody_an_alarm() {
    let (server, _hand) = manual().await;
    let ended = server.app_of(1, AppSettings { features: vec![until("agc", NOW)], ..settings() });
    let ended = ended.await;
    let later = FeatureGrant { from: Some(NOW + 86_400), ..feature("ans") };
    let later = server.app_of(2, AppSettings { features: vec![later], ..settings() }).await;
    assert_eq!(server.ask(&ended).await.code(), 910002);
    assert_eq!(server.ask(&later).await.code(), 910002);
    assert_eq!(server.metric("tonegate_mint_failures_total").await, 0);
}

#[tokio::test]
async fn a_change_is_in_force_within_2_seconds() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let first = server.ask(&backend).await.claims();
    assert_eq!(first.revision(), 1);
    let change = async |change: fn(&mut AppSettings)| {
        let edit = async |tx: &mut Tx| tx.update_app(AppId(12345), None, change).await.unwrap();
        server.house.change(edit).await;
        let changed = tokio::time::timeout(Duration::from_secs(2), server.caught_up()).await;
        assert!(changed.is_ok(), "not in force after 2 s");
    };
    change(|app| app.features.truncate(1)).await;
    let second = server.ask(&backend).await.claims();
    assert_eq!((second.revision(), second.features().len()), (2, 1), "within the hour too");

    server.house.change(async |tx| tx.suspend_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 100000017);
    server.house.change(async |tx| tx.resume_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.claims().revision(), 4);
    server.house.change(async |tx| tx.delete_app(AppId(12345)).await.unwrap()).await;
    server.caught_up().await;
    assert_eq!(server.ask(&backend).await.code(), 100000010);
}

#[tokio::test]
async fn nobody_can_be_app_0_which_is_the_servers_own() {
    let house = House::at(NOW).await;
    let secret = tonegate_server::model::NewSecret::generate().unwrap();
    let made = async |tx: &mut Tx| tx.create_app(AppId(0), settings(), &secret).await;
    let error = house.change(made).await.unwrap_err().to_string();
    assert_eq!(error, "id is 0; allowed are 1 to 4294967295");
}

#[tokio::test]
async fn secrets_overlap_retire_and_are_revoked() {
    let (server, hand) = manual().await;
    let first = server.app(12345).await;
    let second = first.with(&server.house.rotate(12345, 600).await);
    server.caught_up().await;
    assert_eq!(server.ask(&first).await.license(), server.ask(&second).await.license());
    hand.advance(seconds(599));
    assert_eq!(server.ask(&first).await.code(), 0);
    hand.advance(seconds(1));
    assert_eq!(server.ask(&first).await.code(), 910004);
    assert_eq!(server.ask(&second).await.code(), 0);

    let third = first.with(&server.house.rotate(12345, 600).await);
    server.caught_up().await;
    assert_eq!(server.ask(&first).await.code(), 100000005, "its slot was used again");
    let revoke = async |tx: &mut Tx| tx.revoke_secret(AppId(12345), Generation(2)).await.unwrap();
    server.house.change(revoke).await;
    server.caught_up().await;
    assert_eq!(server.ask(&second).await.code(), 910004);
    assert_eq!(server.ask(&third).await.code(), 0);
}

#[tokio::test]
async fn the_last_use_of_each_secret_reaches_the_store() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let before = server.now();
    server.ask(&backend).await;
    let house = server.stop().await;
    let store = house.store().await;
    let app = store.app(AppId(12345)).await.unwrap().unwrap();
    let used = app.secrets[0].last_used_at.unwrap();
    assert!((before..before + 60).contains(&used), "{used}");
    store.close().await;
}

/// The licence of each server in this second.
async fn both(servers: &[(TestServer, ClockHand); 2], backend: &Backend) -> [String; 2] {
    let [(one, _), (two, _)] = servers;
    [one.ask(backend).await.license(), two.ask(backend).await.license()]
}

#[tokio::test]
async fn two_servers_on_copies_mint_the_same_bytes_across_a_rotation_too() {
    let house = House::at(NOW).await;
    let backend = house.app(12345, settings()).await;
    let store = house.store().await;
    let planned = Rotation { start: Start::Planned, raise_floor: true, ..Rotation::first() };
    let next = rotate(&store, None, "operator", NOW, planned).await.unwrap();
    store.close().await;
    let start = async |house, offset| {
        let (clock, hand) = Clock::manual(NOW + offset);
        (TestServer::start_with(house, clock, |_| ()).await, hand)
    };
    let servers = [start(house.copy(), 0).await, start(house, 1).await];
    let mut signers = Vec::new();
    for minutes in (0..6 * 60).step_by(7) {
        let [one, two] = both(&servers, &backend).await;
        assert_eq!(one, two, "after {minutes} minutes");
        let token = tonegate_license::Token::parse(&one).unwrap();
        let claims = token.unverified().unwrap();
        let expected = claims.issued_at() >= next.sign_from;
        assert_eq!(token.key_id().to_string() == next.kid, expected, "the hour decides");
        signers.push(token.key_id().to_string());
        servers.iter().for_each(|(_, hand)| hand.advance(Duration::from_secs(7 * 60)));
    }
    signers.dedup();
    assert_eq!(signers.len(), 2, "one hand-over");
}

#[tokio::test]
async fn an_emergency_rotation_signs_at_once() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    hand.advance(seconds(100));
    let before = server.ask(&backend).await.license();
    let store = server.house.store().await;
    let now = Rotation { start: Start::Now, raise_floor: true, ..Rotation::first() };
    let next = rotate(&store, None, "operator", server.now(), now).await.unwrap();
    store.close().await;
    server.caught_up().await;
    let after = server.ask(&backend).await;
    assert_ne!(after.license(), before);
    assert_eq!(after.claims().key_id().to_string(), next.kid);
}

#[tokio::test]
async fn an_auto_root_certifies_the_next_key_at_a_start_in_time() {
    let house = House::at(NOW).await;
    let backend = house.app(12345, settings()).await;
    let mut signers = Vec::new();
    let mut house = house;
    for days in [0, 17, 31, 60, 400] {
        let (clock, _hand) = Clock::manual(NOW + days * 86_400);
        let server = TestServer::start_with(house, clock, |_| ()).await;
        signers.push(server.ask(&backend).await.claims().key_id().to_string());
        let degraded = server.admin("/readyz").await.json()["degraded"].clone();
        assert_eq!(degraded, serde_json::json!([]), "after {days} days");
        house = server.stop().await;
    }
    let mut distinct = signers.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 4, "the first signs for 30 days: {signers:?}");
}
