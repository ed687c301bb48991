//! Ten thousand clients at a relay that has nothing yet.

use std::time::Duration;

use tokio::task::JoinSet;
use tonegate_clock::Clock;
use tonegate_testing::Behaviour;

use crate::support::relay::request;
use crate::support::world::real;
use crate::support::{Answer, TestRelay, World, path_of};

const APPS: [u32; 3] = [1, 2, 3];
const CONNECTIONS: usize = 200;

async fn empty(world: &World) -> TestRelay {
    world
        .empty_relay(|config| {
            config.rate_limit.api_key_per_second = 1_000_000;
            config.rate_limit.api_key_burst = 1_000_000;
        })
        .await
}

/// So many requests on each of many connections at once, for all apps in turn.
async fn storm(relay: &TestRelay, key: &str, each: usize) -> Vec<Answer> {
    let mut clients = JoinSet::new();
    for client in 0..CONNECTIONS {
        let mut wire = relay.connect().await;
        let key = key.to_owned();
        clients.spawn(async move {
            let mut answers = Vec::new();
            for turn in client..client + each {
                let path = path_of(APPS[turn % APPS.len()]);
                wire.send(request("GET", &path, &key, "")).await;
                answers.push(wire.answer().await);
            }
            answers
        });
    }
    clients.join_all().await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn costs_two_calls_an_app_at_most_and_everyone_gets_a_licence() {
    let world = real(&APPS).await;
    world.upstream.set(Behaviour::Late(Duration::from_millis(300)));
    let key = world.key(&[]).text;
    let relay = empty(&world).await;
    let answers = storm(&relay, &key, 50).await;
    assert_eq!(answers.len(), 10_000);
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    for app_id in APPS {
        let calls = world.upstream.calls_of(app_id);
        assert!((1..=2).contains(&calls), "app {app_id}: {calls}");
        let given = world.upstream.last_license(app_id).unwrap();
        let of_app = answers.iter().filter(|answer| answer.app_id() == app_id);
        assert!(of_app.clone().count() > 3_000 && of_app.clone().all(|it| it.license() == given));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_upstream_everyone_is_told_at_once_and_it_is_left_in_peace() {
    let world = real(&APPS).await;
    world.upstream.set(Behaviour::Status(500));
    let key = world.key(&[]).text;
    let relay = empty(&world).await;
    let clock = Clock::system();
    let answers = storm(&relay, &key, 10).await;
    let took = clock.monotonic();
    for answer in &answers {
        answer.assert_problem(503, "no_license");
    }
    assert!(took < Duration::from_secs(5), "2,000 answers in {took:?}");
    // 3 failures until the host is left alone, and what was under way then.
    assert!((3..=9).contains(&world.upstream.calls()), "{}", world.upstream.calls());
}

#[tokio::test]
async fn whoever_waits_for_a_slow_upstream_is_not_kept_waiting_for_ever() {
    let world = real(&APPS[..1]).await;
    world.upstream.set(Behaviour::Late(Duration::from_secs(11)));
    let key = world.key(&[]).text;
    let configure = |config: &mut tonegate_relay::config::Config| {
        config.upstreams.values_mut().for_each(|upstream| upstream.total_timeout = 20);
    };
    let relay = world.empty_relay(configure).await;
    let clock = Clock::system();
    let told = relay.get("/v1/license", &key).await;
    told.assert_problem(503, "no_license");
    assert!(told.text("detail").contains("slow"), "{told:?}");
    assert!(clock.monotonic() < Duration::from_millis(10_900), "{:?}", clock.monotonic());
    // The fetch went on without it.
    relay.is_fresh().await;
    assert_eq!(world.upstream.calls(), 1);
    assert_eq!(relay.get("/v1/license", &key).await.status, 200);
}
