//! Nobody can tell whether the fast path or hyper has answered.

use std::collections::BTreeMap;

use crate::support::relay::request;
use crate::support::world::{manual, pass, with_two_apps};
use crate::support::{APP, Answer, DAY, HOUR, OTHER, TestRelay, path_of};

/// Hyper's, and kept open all the same.
const HYPERS: &str = "Connection: keep-alive, x-other\r\n";

/// Status, headers and body, without what is drawn for each answer.
fn fixed(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let fields = answer.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let fields = fields.filter(|(name, _)| !name.eq_ignore_ascii_case("date"));
    let field = |(name, value): (&str, &str)| {
        let value = value.split("max-age=").next().unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    let (before, after) = match answer.body.split_once("\"RefreshAfter\":") {
        Some((before, after)) => (before, after.split_once(',').unwrap().1),
        None => (&*answer.body, ""),
    };
    (answer.status, fields.map(field).collect(), format!("{before}{after}"))
}

async fn assert_same(relay: &TestRelay, status: u16, path: &str, credential: &str, headers: &str) {
    let fast = relay.get_with(path, credential, headers).await;
    let slow = relay.get_with(path, credential, &format!("{headers}{HYPERS}")).await;
    assert_eq!(fast.status, status, "{fast:?}");
    assert_eq!(fixed(&fast), fixed(&slow));
}

#[tokio::test]
async fn every_kind_of_answer_is_the_same() {
    let (world, hand) = with_two_apps().await;
    let (key, all) = (world.key(&[APP]).text, world.key(&[]).text);
    let relay = world.relay().await;
    let known = format!("If-None-Match: {}\r\n", relay.ask(&key).await.etag());
    let all_kinds = async |relay: &TestRelay| {
        assert_same(relay, 200, "/v1/license", &key, "").await;
        assert_same(relay, 200, "/v1/license?a=b", &key, "X-Other: 1\r\n").await;
        assert_same(relay, 400, "/v1/license", &all, "").await;
        assert_same(relay, 401, "/v1/license", "", "").await;
        assert_same(relay, 401, "/v1/license", "tgrk_x", "").await;
        assert_same(relay, 401, "/v1/license", "a.b.c", "").await;
        assert_same(relay, 403, &path_of(OTHER), &key, "").await;
        assert_same(relay, 404, "/", &key, "").await;
    };
    all_kinds(&relay).await;
    assert_same(&relay, 304, "/v1/license", &key, &known).await;
    // Stale, and over.
    world.upstream.down().await;
    pass(&hand, 3 * HOUR);
    relay.attend().await;
    all_kinds(&relay).await;
    pass(&hand, 8 * DAY);
    assert_same(&relay, 503, "/v1/license", &key, "").await;
}

#[tokio::test]
async fn with_other_origins_and_under_limits_too() {
    let (world, _hand) = manual().await;
    let key = world.key(&[]).text;
    let configured = world.empty_relay(|config| {
        config.listen.cors_origins = vec!["https://app.example.com".into()];
        config.rate_limit.api_key_per_second = 1;
        config.rate_limit.api_key_burst = 2;
        config.network_limit.per_second = 1;
        config.network_limit.burst = 2;
    });
    let relay = configured.await;
    relay.is_fresh().await;
    assert_same(&relay, 200, "/v1/license", &key, "").await;
    assert_same(&relay, 429, "/v1/license", &key, "").await;
    assert_same(&relay, 401, "/v1/license", "", "").await;
    assert_same(&relay, 429, "/v1/license", "", "").await;
}

#[tokio::test]
async fn a_connection_that_hyper_took_over_answers_on() {
    let (world, _hand) = manual().await;
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let mut wire = relay.connect().await;
    for headers in ["", HYPERS, "", "Origin: https://a.example\r\n", ""] {
        wire.send(request("GET", "/v1/license", &key, headers)).await;
        assert_eq!(wire.answer().await.app_id(), APP);
    }
    // Several at once, of which one is not the fast path's.
    let three: String = ["", HYPERS, ""]
        .iter()
        .map(|headers| request("GET", "/v1/license", &key, headers))
        .collect();
    let mut wire = relay.connect().await;
    wire.send(three).await;
    for _ in 0..3 {
        assert_eq!(wire.answer().await.app_id(), APP);
    }
}
