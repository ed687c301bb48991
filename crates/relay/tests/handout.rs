//! What callers get: the licence with all that belongs to it, or a problem that says what to do.

use crate::support::relay::request;
use crate::support::world::{manual, pass, with_two_apps};
use crate::support::{APP, HOUR, NOW, OTHER, path_of};

use super::reached;

const LICENSE: &str = "/v1/license";

#[tokio::test]
async fn a_good_key_gets_the_licence_and_all_that_belongs_to_it() {
    let (world, hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[APP]).text;
    let relay = world.relay().await;
    pass(&hand, 100);
    let answer = relay.ask(&key).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(Some(answer.license()), world.upstream.last_license(APP));
    assert_eq!((answer.app_id(), answer.number("ServerTime")), (APP, NOW + 100));
    assert_eq!((&*answer.text("ExpireAtBasis"), &*answer.text("Source")), ("license", "fresh"));
    let (issued, ends) = (answer.number("IssuedAt"), answer.number("ExpireAt"));
    assert!(issued <= NOW && issued > NOW - HOUR, "{issued}");
    assert!(ends > NOW + 6 * 24 * HOUR && ends <= NOW + 7 * 24 * HOUR + HOUR, "{ends}");
    let names: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    let expected = [
        "AppId",
        "ExpireAt",
        "ExpireAtBasis",
        "IssuedAt",
        "License",
        "RefreshAfter",
        "ServerTime",
        "Source",
    ];
    assert_eq!(names, expected, "nothing else");

    let keep = answer.number("RefreshAfter") - answer.number("ServerTime");
    // The relay's own next refresh, and the spread of its callers.
    assert!((HOUR..=3 * HOUR).contains(&keep), "{keep}");
    assert_eq!(answer.header("cache-control"), Some(&*format!("private, max-age={keep}")));
    assert_eq!(answer.header("vary"), Some("Authorization"));
    assert!(answer.etag().starts_with("W/\"") && answer.header("date").is_some(), "{answer:?}");
    assert_eq!(relay.get(LICENSE, &key).await.etag(), answer.etag(), "the app need not be named");
}

#[tokio::test]
async fn callers_who_came_one_by_one_do_not_come_back_at_once() {
    let (world, _hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let mut wire = relay.connect().await;
    let mut times = Vec::new();
    for _ in 0..50 {
        wire.send(request("GET", LICENSE, &key, "")).await;
        times.push(wire.answer().await.number("RefreshAfter"));
    }
    let spread = times.iter().max().unwrap() - times.iter().min().unwrap();
    assert!(spread > 600, "{times:?}");
}

#[tokio::test]
async fn whoever_is_not_known_is_told_nothing_of_any_app() {
    let (world, _hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[APP]).text;
    let relay = world.relay().await;
    let wrong = format!("tgrk_{}", "A".repeat(43));
    for (credential, code) in
        [("", "no_credential"), (&*wrong, "unknown_key"), ("tgrk_short", "unknown_key")]
    {
        for path in [LICENSE, &path_of(APP), &path_of(1)] {
            relay.get(path, credential).await.assert_problem(401, code);
        }
    }
    for authorization in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer a b", &key] {
        let headers = format!("Authorization: {authorization}\r\n");
        relay.get_with(LICENSE, "", &headers).await.assert_problem(401, "no_credential");
    }
    let twice = format!("Authorization: Bearer {key}\r\n");
    let answer = relay.get_with(LICENSE, &key, &twice).await;
    answer.assert_problem(401, "no_credential");
    relay.ask("eyJub3QiOiJhIHRva2VuIn0.e30.AA").await.assert_problem(401, "bad_token");
}

#[tokio::test]
async fn a_key_of_another_app_is_refused_as_if_there_were_none() {
    let (world, _hand) = with_two_apps().await;
    let world = reached(world);
    let key = world.key(&[OTHER]).text;
    let relay = world.relay().await;
    let refused = relay.ask(&key).await;
    refused.assert_problem(403, "app_not_allowed");
    assert_eq!(relay.get(&path_of(1), &key).await.body, refused.body, "no app 1 is here");
    assert_eq!(relay.get(&path_of(OTHER), &key).await.app_id(), OTHER);
    // Its only app is the one that it means.
    assert_eq!(relay.get(LICENSE, &key).await.app_id(), OTHER);
    let all = world.key(&[]).text;
    let both = world.key(&[APP, OTHER]).text;
    crate::support::eventually("new keys are taken", async || {
        relay.get(&path_of(APP), &both).await.status == 200
    })
    .await;
    for key in [all, both] {
        relay.get(LICENSE, &key).await.assert_problem(400, "app_not_named");
        assert_eq!(relay.get(&path_of(APP), &key).await.app_id(), APP);
        relay.get(&path_of(1), &key).await.assert_problem(403, "app_not_allowed");
    }
}

#[tokio::test]
async fn what_is_no_licence_is_not_found_and_what_is_no_get_not_allowed() {
    let (world, _hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    for path in ["/", "/v1", "/v1/license/", "/v1/apps/x/license", "/v1/apps//license", "/metrics"]
    {
        relay.get(path, &key).await.assert_problem(404, "not_found");
        relay.get(path, "").await.assert_problem(404, "not_found");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = relay.send(request(method, LICENSE, &key, "")).await;
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn head_tells_what_get_would_and_a_query_changes_nothing() {
    let (world, _hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let got = relay.get(&format!("{LICENSE}?fresh=1&app_id=1"), &key).await;
    assert_eq!(got.app_id(), APP);

    let mut wire = relay.connect().await;
    wire.send(request("HEAD", LICENSE, &key, "")).await;
    let head = wire.answer_to_head().await;
    assert_eq!((head.status, head.etag()), (200, got.etag()));
    assert_eq!(head.header("content-length"), Some(&*got.body.len().to_string()));
    wire.send(request("HEAD", LICENSE, "", "")).await;
    assert_eq!(wire.answer_to_head().await.status, 401, "no body came before this");
    wire.send(request("GET", LICENSE, &key, "")).await;
    assert_eq!(wire.answer().await.license(), got.license());
}

#[tokio::test]
async fn who_has_the_licence_already_is_told_so_until_there_is_a_new_one() {
    let (world, hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let first = relay.ask(&key).await;
    let etag = first.etag();
    let strong = etag.trim_start_matches("W/");
    let list = format!("\"a\", {etag}, W/\"b\"");
    let mut wire = relay.connect().await;
    for known in [&etag, strong, &list, "*"] {
        let header = format!("If-None-Match: {known}\r\n");
        wire.send(request("GET", LICENSE, &key, &header)).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.etag()), (304, etag.clone()), "{known}");
        assert!(answer.header("cache-control").unwrap().starts_with("private, max-age="));
        assert_eq!(answer.header("vary"), Some("Authorization"));
    }
    for unknown in ["\"a\"", "W/\"\"", ""] {
        let header = format!("If-None-Match: {unknown}\r\n");
        wire.send(request("GET", LICENSE, &key, &header)).await;
        assert_eq!(wire.answer().await.license(), first.license(), "{unknown}");
    }
    let known = format!("If-None-Match: {etag}\r\n");
    relay.get_with(LICENSE, "", &known).await.assert_problem(401, "no_credential");

    // Past the next refresh, in another hour of the issuer's.
    pass(&hand, 3 * HOUR);
    relay.attend().await;
    let second = relay.get_with(LICENSE, &key, &known).await;
    assert_ne!(second.license(), first.license());
    assert_ne!(second.etag(), etag);
    let known = format!("If-None-Match: {}\r\n", second.etag());
    assert_eq!(relay.get_with(LICENSE, &key, &known).await.status, 304);
}

#[tokio::test]
async fn what_is_due_is_handed_out_as_cached() {
    let (world, hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let fresh = relay.ask(&key).await;
    pass(&hand, 3 * HOUR);
    let cached = relay.ask(&key).await;
    assert_eq!((&*cached.text("Source"), cached.license()), ("cached", fresh.license()));
    let keep = cached.number("RefreshAfter") - cached.number("ServerTime");
    assert!((0..=HOUR / 2).contains(&keep), "{keep}");
    assert!(cached.json().get("StaleBecause").is_none());
}
