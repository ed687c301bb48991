//! The fast path and hyper answer alike, and the fast path allocates nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use tonegate_listener::{Fast, FastPath as _, FastRequest, Peer};
use tonegate_server::clock::Clock;
use tonegate_server::gateway::FastGateway;

use crate::support::{Answer, House, NOW, TestServer, manual};

/// Everything but what differs from answer to answer, and what hyper says of the connection.
fn alike(answer: &Answer) -> (u16, BTreeMap<String, String>, i64, String) {
    let lines = answer.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = lines.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let mut headers: BTreeMap<_, _> = headers.filter(|(name, _)| name != "connection").collect();
    // One digit of the RequestId more or less.
    let length: usize = headers.remove("content-length").unwrap().parse().unwrap();
    assert_eq!(length, answer.body.len());
    (answer.status, headers, answer.code(), answer.message())
}

async fn both(server: &TestServer, query: impl Fn() -> String) -> [Answer; 2] {
    let fast = server.get(&query()).await;
    // Closing is hyper's business.
    let hyper = server.get_from(&query(), "Connection: close\r\n").await;
    assert_eq!(hyper.header("connection"), Some("close"));
    assert_eq!(fast.header("connection"), None);
    [fast, hyper]
}

#[tokio::test]
async fn both_ways_answer_alike() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    let queries: [&dyn Fn() -> String; 6] = [
        &|| backend.query(NOW).to_string(),
        &|| backend.query(NOW - 700).to_string(),
        &|| backend.query(NOW).set("AppId", "54321").to_string(),
        &|| backend.query(NOW).without("Action").to_string(),
        &|| backend.query(NOW).set("Signature", "%22").to_string(),
        &String::new,
    ];
    for query in queries {
        let [fast, hyper] = both(&server, query).await;
        assert_eq!(alike(&fast), alike(&hyper), "{}", query());
        assert_eq!(fast.json()["Data"], hyper.json()["Data"]);
    }
}

#[tokio::test]
async fn answers_vary_by_origin_both_ways_once_one_is_allowed() {
    let configure = |config: &mut tonegate_server::config::Config| {
        config.gateway.cors_origins = vec!["https://app.example.com".to_owned()];
    };
    let (clock, _hand) = Clock::manual(NOW);
    let server = TestServer::start_with(House::at(NOW).await, clock, configure).await;
    let [fast, hyper] = both(&server, String::new).await;
    assert_eq!(alike(&fast), alike(&hyper));
    assert_eq!(fast.header("vary"), Some("Origin"));
    let allowed = server.get_from("", "Origin: https://app.example.com\r\n").await;
    let origin = allowed.header("access-control-allow-origin");
    assert_eq!(origin, Some("https://app.example.com"));
}

#[tokio::test]
async fn an_answer_with_a_held_license_allocates_nothing() {
    const REQUESTS: usize = 5_000;
    let (server, _hand) = manual().await;
    let settings = tonegate_server::model::AppSettings {
        rate_per_second: 100_000,
        ..crate::support::house::settings()
    };
    let backend = server.app_of(12345, settings).await;
    let targets: Vec<_> = (0..2 * REQUESTS).map(|_| format!("/?{}", backend.query(NOW))).collect();
    let gateway = FastGateway(Arc::clone(server.service()));
    let (mut turn, mut answers) = Default::default();
    let mut answer_all = |targets: &[String]| {
        for turn_of in targets.chunks(64) {
            answers = answer(&gateway, &mut turn, turn_of, std::mem::take(&mut answers));
        }
    };
    let (first, second) = targets.split_at(REQUESTS);
    answer_all(first);
    let counted = allocation_counter::measure(|| answer_all(second)).count_total;
    // The replay guard grows: each of its 64 tables doubles once or twice meanwhile.
    assert!(counted <= 2 * 64, "{counted} allocations for {REQUESTS} requests");
}

fn answer(
    gateway: &FastGateway,
    turn: &mut <FastGateway as tonegate_listener::FastPath>::Turn,
    targets: &[String],
    mut answers: Vec<u8>,
) -> Vec<u8> {
    answers.clear();
    let address = [192, 0, 2, 1].into();
    let peer = Peer { address, socket: (address, 1).into(), secure: false };
    for target in targets {
        let start = answers.len();
        let request =
            FastRequest { target, host: Some("a"), authorization: None, if_none_match: None, peer };
        assert!(matches!(gateway.answer(turn, &request, &mut answers), Fast::Answered));
        assert!(answers[start..].windows(8).any(|window| window == b"\"Code\":0"));
    }
    gateway.commit(turn);
    answers
}
