//! Many who ask at once, and hosts that fail: the upstream is asked no more than it has to be.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tonegate_client::{FetchError, LicenseCache, Upstream, View};
use tonegate_clock::Clock;
use tonegate_testing::{Behaviour, Upstream as Double};

use crate::world::{APP, World, client_of};

const CALLERS: usize = 10_000;
const LATE: Behaviour = Behaviour::Late(Duration::from_millis(150));

type Outcomes = Vec<Result<View, Arc<FetchError>>>;

/// `count` tasks that each ask for a licence.
fn ask(cache: &LicenseCache, count: usize) -> JoinSet<Result<View, Arc<FetchError>>> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let cache = cache.clone();
        tasks.spawn(async move { cache.license().await });
    }
    tasks
}

async fn served(cache: &LicenseCache) {
    let outcomes: Outcomes = ask(cache, CALLERS).join_all().await;
    assert_eq!(outcomes.len(), CALLERS);
    for view in outcomes {
        assert!(view.unwrap().usable().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_cost_at_most_2_fetches() {
    for behaviour in [Behaviour::Good, LATE] {
        let world = World::ours().await;
        world.upstream.set(behaviour);
        let cache = world.cache();
        served(&cache).await;
        let calls = world.upstream.calls_of(APP);
        assert!((1..=2).contains(&calls), "{calls}");
    }
}

#[tokio::test]
async fn callers_who_go_away_take_the_fetch_from_nobody() {
    let world = World::ours().await;
    world.upstream.set(LATE);
    let cache = world.cache();
    let mut first = ask(&cache, 50);
    while world.upstream.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let others = ask(&cache, CALLERS);
    first.abort_all();
    while let Some(ended) = first.join_next().await {
        assert!(ended.unwrap_err().is_cancelled());
    }
    for view in others.join_all().await {
        assert!(view.unwrap().usable().is_some());
    }
    assert_eq!(world.upstream.calls_of(APP), 1);
}

/// One failure is everybody's answer, and until the next try nobody waits for anything.
#[tokio::test]
async fn during_a_failure_nobody_waits() {
    let world = World::ours().await;
    world.upstream.set(Behaviour::Status(500));
    let cache = world.cache();
    for error in ask(&cache, CALLERS).join_all().await {
        assert!(error.unwrap_err().to_string().contains("HTTP status 500"));
    }
    let calls = world.upstream.calls_of(APP);
    assert!((1..=2).contains(&calls), "{calls}");
    // Who waited for an answer now would wait for ever.
    world.upstream.set(Behaviour::Hang);
    let all = tokio::time::timeout(Duration::from_secs(2), ask(&cache, CALLERS).join_all());
    assert!(all.await.unwrap().iter().all(Result::is_err));
    assert_eq!(world.upstream.calls_of(APP), calls);
}

/// The breaker lets 3 through, then one each after 5, 10, 20 s: a minute sees 6 at the most. What is
/// the app's own fault does not open it: there the backoff alone counts. Waits are drawn up to 1, 2, 4,
/// 8, 16, 32, 64 s …, and 14 of them within a minute are less likely than one in ten million.
#[tokio::test]
async fn a_minute_of_failures_costs_a_few_calls() {
    let refused = Behaviour::Code(tonegate_client::ReturnCode::SignatureInvalid);
    for (behaviour, most) in [(Behaviour::Status(500), 6), (refused, 14)] {
        let world = World::ours().await;
        world.upstream.set(behaviour);
        let cache = world.cache();
        for _ in 0..600 {
            for error in ask(&cache, 10).join_all().await {
                error.unwrap_err();
            }
            world.hand.advance(Duration::from_millis(100));
        }
        let calls = world.upstream.calls_of(APP);
        assert!((3..=most).contains(&calls), "{calls}");
    }
}

#[tokio::test]
async fn a_hundred_apps_stay_within_20_requests_a_second() {
    let double = Double::start(Clock::system()).await;
    double.enforce_rate(true);
    let upstream = Upstream::builder(double.endpoint()).build().unwrap();
    let mut tasks = JoinSet::new();
    for app_id in 1..=100 {
        let client = client_of(upstream.clone(), app_id, None);
        let cache = LicenseCache::builder(client).build();
        tasks.spawn(async move { cache.license().await });
    }
    for view in tasks.join_all().await {
        assert!(view.unwrap().usable().is_some());
    }
    assert_eq!(double.calls(), 100);
    assert!(double.peak_per_second() <= 20, "{}", double.peak_per_second());
}

/// Two hosts of one issuer, and a client that asks the first one first.
#[tokio::test]
async fn another_host_answers_until_the_first_is_back() {
    let (clock, hand) = Clock::manual(crate::support::NOW);
    let first = Double::start(clock.clone()).await;
    let second = Double::start(clock.clone()).await;
    let upstream = Upstream::builder(first.endpoint())
        .fallback(second.endpoint())
        .requests_per_second(10_000)
        .clock(clock)
        .build()
        .unwrap();
    let client = client_of(upstream.clone(), APP, None);
    let fetch_from = async |double: &Double| {
        let server = client.fetch().await.unwrap().server;
        assert_eq!(format!("http://{server}"), double.endpoint());
    };
    let left_alone = || upstream.hosts().map(|(_, open)| open).collect::<Vec<_>>();

    first.set(Behaviour::Status(503));
    for calls in [1, 2, 3, 3, 3, 3] {
        fetch_from(&second).await;
        assert_eq!(first.calls(), calls);
    }
    assert_eq!(left_alone(), [true, false]);
    // One request goes to see whether it is back, then none for 10 s.
    hand.advance(Duration::from_secs(5));
    for _ in 0..3 {
        fetch_from(&second).await;
        assert_eq!(first.calls(), 4);
    }
    hand.advance(Duration::from_secs(10));
    first.set(Behaviour::Good);
    for calls in [5, 6, 7] {
        fetch_from(&first).await;
        assert_eq!(first.calls(), calls);
    }
    assert_eq!(left_alone(), [false, false]);
}

/// Off altogether, not only failing: the same, without a wait.
#[tokio::test]
async fn a_host_that_is_off_costs_nobody_a_licence() {
    let (first, second) = (World::ours().await, World::ours().await);
    first.upstream.down().await;
    let upstream = Upstream::builder(first.upstream.endpoint())
        .fallback(second.upstream.endpoint())
        .requests_per_second(10_000)
        .clock(second.clock.clone())
        .build()
        .unwrap();
    let client = client_of(upstream, APP, None);
    for calls in 1..=5 {
        client.fetch().await.unwrap();
        assert_eq!(second.upstream.calls(), calls);
    }
    // Both off: the first one is left alone by now, so what is told is what the second fails with.
    second.upstream.down().await;
    let error = client.fetch().await.unwrap_err().to_string();
    assert!(error.contains("cannot reach") && error.contains("Connection refused"), "{error}");
    assert!(error.contains(second.upstream.endpoint().trim_start_matches("http://")), "{error}");
}
