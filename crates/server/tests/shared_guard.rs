//! Servers that share a guard in Valkey, as their callers meet them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::config::Config;
use tonegate_server::gateway;
use tonegate_server::model::{AppSettings, ReplayMode};
use tonegate_testing::Valkey;

use crate::support::house::settings;
use crate::support::{Answer, Backend, House, NOW, TestServer, Wire, eventually};

const USED: i64 = 100000005;

fn shared(valkey: &Valkey) -> impl FnOnce(&mut Config) + use<> {
    let url = valkey.url();
    |config| config.shared_guard.urls = vec![url]
}

async fn start(house: House, valkey: &Valkey) -> (TestServer, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    (TestServer::start_with(house, clock, shared(valkey)).await, hand)
}

/// Two nodes of an installation with an app.
async fn two(valkey: &Valkey, settings: AppSettings) -> ([TestServer; 2], Backend) {
    let house = House::at(NOW).await;
    let backend = house.app(12345, settings).await;
    let other = house.copy();
    let [a, b] = [start(house, valkey).await.0, start(other, valkey).await.0];
    ([a, b], backend)
}

/// Behind hyper.
async fn slowly(server: &TestServer, query: &str) -> Answer {
    server.get_from(query, "Connection: close\r\n").await
}

async fn lost(server: &TestServer) {
    let backend = server.app(999).await;
    eventually("it counts as lost", async || {
        server.ask(&backend).await;
        server.degraded().contains(&"shared_guard_lost")
    })
    .await;
}

#[tokio::test]
async fn a_signature_counts_once_in_the_cluster_whichever_way_it_comes() {
    let valkey = Valkey::start();
    let ([a, b], backend) = two(&valkey, settings()).await;
    for way in 0..4 {
        let query = backend.query(NOW).to_string();
        let ask = async |server, slow: bool| match slow {
            true => slowly(server, &query).await.code(),
            false => server.get(&query).await.code(),
        };
        let (first, second) = (way & 1 != 0, way & 2 != 0);
        assert_eq!(ask(&a, first).await, 0, "{way}");
        assert_eq!(ask(&b, second).await, USED, "{way}");
        assert_eq!(ask(&a, second).await, USED, "{way}");
    }
    assert_eq!(a.metric("tonegate_replay_guard_shared").await, 1);
    assert!(a.metric("tonegate_replay_guard_trips_total").await >= 4);
    // What was used here was refused without a trip.
    let before = a.metric("tonegate_replay_guard_trips_total").await;
    let query = backend.query(NOW).to_string();
    let codes = [a.get(&query).await.code(), a.get(&query).await.code()];
    assert_eq!(codes, [0, USED]);
    assert_eq!(a.metric("tonegate_replay_guard_trips_total").await, before + 1);
}

#[tokio::test]
async fn what_another_node_accepted_stays_refused_when_valkey_is_lost() {
    let mut valkey = Valkey::start();
    let ([a, b], backend) = two(&valkey, settings()).await;
    let query = backend.query(NOW).to_string();
    assert_eq!([a.get(&query).await.code(), b.get(&query).await.code()], [0, USED]);
    valkey.kill();
    lost(&b).await;
    assert_eq!(b.get(&query).await.code(), USED);
}

#[tokio::test]
async fn a_node_refuses_what_it_accepted_with_valkey_also_across_its_restart_without() {
    let mut valkey = Valkey::start();
    let ([a, _b], backend) = two(&valkey, settings()).await;
    let query = backend.query(NOW).to_string();
    assert_eq!(a.get(&query).await.code(), 0);
    let slow = backend.query(NOW).to_string();
    assert_eq!(slowly(&a, &slow).await.code(), 0);
    let house = a.stop().await;
    valkey.kill();
    let (a, _hand) = start(house, &valkey).await;
    assert!(a.degraded().contains(&"shared_guard_lost"));
    assert_eq!([a.get(&query).await.code(), a.get(&slow).await.code()], [USED; 2]);
    assert_eq!(a.ask(&backend).await.code(), 0, "new ones go on");
}

#[tokio::test]
async fn both_ways_answer_alike() {
    let valkey = Valkey::start();
    let house = House::at(NOW).await;
    let strict = AppSettings {
        nonce_profile: tonegate_server::model::NonceProfile::Hex16,
        allowed_networks: vec!["192.0.2.0/24".parse().unwrap()],
        ..settings()
    };
    let (server, _hand) = start(house, &valkey).await;
    let backend = server.app(12345).await;
    let elsewhere = server.app_of(2, strict).await;
    let empty = server.app_of(3, AppSettings::named("nothing")).await;
    let queries: [&dyn Fn() -> String; 8] = [
        &|| backend.query(NOW).to_string(),
        &|| backend.query(NOW).set("Action", "Other").to_string(),
        &|| backend.query(NOW - 700).to_string(),
        &|| backend.query(NOW).set("Signature", "%22").to_string(),
        &|| elsewhere.query(NOW).to_string(),
        &|| elsewhere.query_with(&format!("no hex {}", fastrand::u64(..)), NOW).to_string(),
        &|| empty.query(NOW).to_string(),
        &String::new,
    ];
    for query in queries {
        let (first, second) = (query(), query());
        for (fast, slow) in [
            (server.get(&first).await, slowly(&server, &second).await),
            (server.get(&second).await, slowly(&server, &first).await),
        ] {
            assert_eq!((fast.code(), fast.message()), (slow.code(), slow.message()), "{first}");
            assert_eq!(fast.json()["Data"], slow.json()["Data"]);
        }
    }
}

#[tokio::test]
async fn pipelined_answers_keep_their_order() {
    let valkey = Valkey::start();
    let house = House::at(NOW).await;
    let (server, _hand) = start(house, &valkey).await;
    let backend = server.app(12345).await;
    let good = backend.query(NOW).to_string();
    let unknown = || backend.query(NOW).set("AppId", "54321").to_string();
    let expired = || backend.query(NOW - 700).to_string();
    let requests = [
        (unknown(), 100000010),
        (good.clone(), 0),
        (expired(), 100000004),
        (good.clone(), USED),
        (backend.query(NOW).to_string(), 0),
        (backend.query(NOW).set("Action", "Other").to_string(), 100000007),
        (unknown(), 100000010),
        (backend.query(NOW).to_string(), 0),
        (good, USED),
    ];
    for _ in 0..2 {
        let mut wire = Wire::connect(server.gateway).await;
        let all =
            requests.iter().map(|(query, _)| format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n"));
        wire.send(all.collect::<String>()).await;
        let mut codes = Vec::new();
        for _ in &requests {
            codes.push(wire.answer().await.code());
        }
        let mut expected: Vec<_> = requests.iter().map(|(_, code)| *code).collect();
        if codes != expected {
            // The second time, all that was good is used.
            for code in expected.iter_mut().filter(|code| [0, 100000007].contains(*code)) {
                *code = USED;
            }
        }
        assert_eq!(codes, expected);
    }
}

#[tokio::test]
async fn a_repeatable_app_is_answered_again_by_any_node() {
    let valkey = Valkey::start();
    let repeatable = AppSettings { replay_mode: ReplayMode::Repeatable, ..settings() };
    let ([a, b], backend) = two(&valkey, repeatable).await;
    let query = backend.query(NOW).to_string();
    for server in [&a, &b, &a, &b] {
        assert_eq!(server.get(&query).await.code(), 0);
        assert_eq!(slowly(server, &query).await.code(), 0);
    }
}

#[tokio::test]
async fn an_apps_rate_is_one_for_all_nodes_and_shared_out_when_valkey_is_lost() {
    let mut valkey = Valkey::start();
    let slow = AppSettings { rate_per_second: 6, ..settings() };
    let ([a, b], backend) = two(&valkey, slow).await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(a.ask(&backend).await.code());
        codes.push(b.ask(&backend).await.code());
    }
    let accepted = codes.iter().filter(|code| **code == 0).count();
    assert!((6..=8).contains(&accepted) && codes.contains(&7), "{codes:?}");
    valkey.kill();
    lost(&a).await;
    // Its time stands still, so this is the burst alone: a third of it.
    a.nodes.store(3, Ordering::Relaxed);
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(a.ask(&backend).await.code());
    }
    assert_eq!(codes, [0, 0, 7, 7]);
    assert!(a.metric("tonegate_replay_guard_accepted_alone_total").await >= 2);
    assert_eq!(a.metric("tonegate_replay_guard_shared").await, 0);
}

#[tokio::test]
async fn at_a_third_of_its_rate_an_app_gets_a_third() {
    let mut valkey = Valkey::start();
    let house = House::at(NOW).await;
    let (server, hand) = start(house, &valkey).await;
    let backend = server.app(12345).await;
    valkey.kill();
    lost(&server).await;
    server.nodes.store(3, Ordering::Relaxed);
    let mut accepted = 0;
    for _ in 0..300 {
        accepted += usize::from(server.ask(&backend).await.code() == 0);
        hand.advance(Duration::from_millis(20));
    }
    // Six seconds of 20/3, and a third of the burst.
    assert!((40..=47).contains(&accepted), "{accepted}");
}

#[tokio::test]
async fn closed_on_failure_new_signatures_wait_and_are_not_used() {
    let mut valkey = Valkey::start();
    let house = House::at(NOW).await;
    let url = valkey.url();
    let closed = |config: &mut Config| {
        config.shared_guard.urls = vec![url];
        config.shared_guard.fail_closed = true;
    };
    let (clock, _hand) = Clock::manual(NOW);
    let server = TestServer::start_with(house, clock, closed).await;
    let backend = server.app(12345).await;
    let used = backend.query(NOW).to_string();
    assert_eq!(server.get(&used).await.code(), 0);
    valkey.kill();
    lost(&server).await;
    let new = backend.query(NOW).to_string();
    for _ in 0..2 {
        assert_eq!(server.get(&new).await.code(), 1);
        assert_eq!(slowly(&server, &new).await.code(), 1);
    }
    assert_eq!(server.get(&used).await.code(), USED);
    valkey.restart();
    eventually("it is back", async || server.degraded().is_empty()).await;
    assert_eq!(server.get(&new).await.code(), 0);
}

#[tokio::test]
async fn an_operators_call_asks_the_shared_guard_too() {
    let valkey = Valkey::start();
    let ([a, b], backend) = two(&valkey, settings()).await;
    let query = backend.query(NOW).to_string();
    let address = [192, 0, 2, 1].into();
    let answer = gateway::call(a.service(), &query, address, "operator").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(b.get(&query).await.code(), USED);
}

#[tokio::test]
async fn a_password_file_that_is_not_there_is_no_start() {
    let house = House::at(NOW).await;
    let mut config = house.config();
    config.shared_guard.urls = vec!["redis://127.0.0.1:1".to_owned()];
    config.shared_guard.password_file = house.path("none");
    let (clock, _hand) = Clock::manual(NOW);
    let error = tonegate_server::Server::bind(config, clock).await.err().unwrap().to_string();
    assert!(error.starts_with("shared_guard.password_file: cannot read"), "{error}");
}
