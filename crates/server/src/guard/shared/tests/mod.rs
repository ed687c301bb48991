//! Two nodes and a Valkey: what is decided when all is well, and what the other tests are made with.

mod hostile;
mod loss;
mod script;
mod topology;

use std::time::Duration;

use tokio::time::Instant;
use tonegate_listener::Rate;
use tonegate_testing::Valkey;

use super::*;
use crate::guard::ReplayMode;

const NOW: i64 = 1_763_840_000;
const FAST: Rate = Rate { per_second: 100_000, burst: 100_000 };

fn section(url: &str) -> config::SharedGuard {
    let mut section = config::Config::default().shared_guard;
    section.urls = vec![url.to_owned()];
    section
}

fn node_of(section: &config::SharedGuard) -> SharedGuard {
    let metrics = SharedGuardMetrics::default();
    SharedGuard::start(section, "house", 2, metrics).unwrap().unwrap()
}

fn node(url: &str) -> SharedGuard {
    let node = node_of(&section(url));
    assert!(!node.is_lost(), "found at the start");
    node
}

/// One that waits as long as a node may, for tests that are about something else than time: on a busy machine a
/// new connection takes longer than a request should wait for it.
fn patient(url: &str) -> SharedGuard {
    let node = node_of(&config::SharedGuard { timeout_ms: 1_000, ..section(url) });
    assert!(!node.is_lost(), "found at the start");
    node
}

fn ask(app_id: u32, number: u64) -> Ask {
    let mut signature = [0; 16];
    signature[..8].copy_from_slice(&number.to_le_bytes());
    let mode = ReplayMode::Once;
    Ask { app_id, refused: false, rate: FAST, mode, signature, timestamp: NOW }
}

fn settle(node: &SharedGuard, asks: &[Ask]) -> Vec<Answer> {
    let mut batch = Batch::default();
    asks.iter().for_each(|ask| batch.push(*ask));
    node.settle(&mut batch);
    (0..asks.len()).map(|number| batch.answer(number)).collect()
}

fn one(node: &SharedGuard, ask: Ask) -> Answer {
    settle(node, &[ask])[0]
}

/// As the gateway does it: the node decides alone what is lost.
fn accept(node: &SharedGuard, ask: Ask) -> Answer {
    let answer = one(node, ask);
    if answer == Answer::Lost {
        node.accepted_alone(&ask, NOW);
    }
    answer
}

fn eventually(what: &str, mut is: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(15), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    start.elapsed()
}

/// Has the node find out that Valkey is lost.
fn lose(node: &SharedGuard) {
    eventually("it counts as lost", || {
        one(node, ask(999, u64::MAX));
        node.is_lost()
    });
}

#[test]
fn a_signature_counts_once_on_all_nodes() {
    let valkey = Valkey::start();
    let [a, b] = [node(&valkey.url()), node(&valkey.url())];
    let repeatable = Ask { mode: ReplayMode::Repeatable, ..ask(2, 1) };
    assert_eq!(
        settle(&a, &[ask(1, 1), ask(2, 9), ask(1, 2), ask(1, 1), repeatable]),
        [Answer::Accepted, Answer::Accepted, Answer::Accepted, Answer::Repeated, Answer::Accepted]
    );
    // Another app's, and another minute's, are others.
    let later = Ask { timestamp: NOW + 60, ..ask(1, 1) };
    assert_eq!(
        settle(&b, &[ask(1, 1), later, ask(3, 1), repeatable, ask(1, 2)]),
        [
            Answer::Repeated,
            Answer::Accepted,
            Answer::Accepted,
            Answer::AcceptedAgain,
            Answer::Repeated
        ]
    );
    let memory = valkey.say(&["TTL", &format!("tonegate:{{house}}:{NOW}")]);
    assert!([":1860", ":1859"].contains(&&*memory), "{memory}");
    // Nothing stays for ever.
    let keys = ["rates:0", "rates:1", &NOW.to_string(), &(NOW + 60).to_string()];
    let lasting = keys.map(|key| valkey.say(&["TTL", &format!("tonegate:{{house}}:{key}")]));
    assert!(!lasting.iter().any(|ttl| ttl == ":-1"), "{lasting:?}");
    let known: Vec<_> = lasting.iter().filter(|ttl| *ttl != ":-2").collect();
    assert_eq!(valkey.say(&["DBSIZE"]), format!(":{}", known.len()));
}

#[test]
fn installations_do_not_meet() {
    let valkey = Valkey::start();
    let a = node(&valkey.url());
    let metrics = SharedGuardMetrics::default();
    let b = SharedGuard::start(&section(&valkey.url()), "other", 1, metrics).unwrap().unwrap();
    assert_eq!([one(&a, ask(1, 1)), one(&b, ask(1, 1))], [Answer::Accepted; 2]);
}

#[test]
fn the_rate_is_exact_across_nodes_and_spares_signatures() {
    let valkey = Valkey::start();
    let nodes = [patient(&valkey.url()), patient(&valkey.url())];
    let (start, mut number, mut accepted) = (Instant::now(), 0, 0);
    let limited = |number| Ask { rate: Rate::APP, ..ask(1, number) };
    let mut refused = None;
    while start.elapsed() < Duration::from_secs(3) {
        for node in &nodes {
            number += 1;
            match one(node, limited(number)) {
                Answer::Accepted => accepted += 1,
                Answer::RateLimited => refused = Some(number),
                other => panic!("{other:?}"),
            }
        }
    }
    let most = 21 + (start.elapsed().as_millis() / 50) as u64;
    assert!((most - 3..=most).contains(&accepted), "{accepted} of {most}");
    // What was over the rate may come again, and the other rate is another.
    let refused = limited(refused.unwrap());
    eventually("there is room again", || one(&nodes[0], refused) == Answer::Accepted);
    let stolen = Ask { refused: true, ..limited(0) };
    assert_eq!(settle(&nodes[1], &[refused, stolen]), [Answer::Repeated, Answer::Accepted]);
}

#[tokio::test]
async fn who_may_not_block_asks_the_desk() {
    let valkey = Valkey::start();
    let node = Arc::new(node(&valkey.url()));
    let asks = (0..400_u64).map(|number| {
        let node = Arc::clone(&node);
        tokio::spawn(async move { node.ask(ask(1, number % 200)).await })
    });
    let (mut accepted, mut repeated) = (0, 0);
    for answer in asks.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Answer::Accepted => accepted += 1,
            Answer::Repeated => repeated += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((accepted, repeated), (200, 200));
}
