//! What a server tells of its answers: counted once each, found by their RequestId, kept over restarts.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tonegate_protocol::AppId;
use tonegate_server::store::{RequestFilter, Resolution, Store, StoredRequest};
use tonegate_server::usage::keep;

use crate::child::Child;
use crate::support::house::settings;
use crate::support::{Answer, House, NOW, TestServer, eventually, manual, unix_now};

impl Answer {
    fn request_id(&self) -> u64 {
        self.json()["RequestId"].as_str().unwrap().parse().unwrap()
    }
}

async fn flush(server: &TestServer) -> bool {
    keep::flush(server.service()).await
}

/// The record of an answer.
async fn found(server: &TestServer, answer: &Answer) -> StoredRequest {
    assert!(flush(server).await);
    server.store.request(answer.request_id()).await.unwrap().expect("a record of it")
}

/// Counts by code of all days, of one app or of all.
async fn counts(store: &Store, app: Option<u32>) -> BTreeMap<u32, u64> {
    let days = store.usage_series(app.map(AppId), Resolution::Day, 0, i64::MAX).await.unwrap();
    days.into_iter().map(|it| (it.code, it.points.iter().map(|point| point.1).sum())).collect()
}

#[tokio::test]
async fn an_answer_is_found_by_its_request_id() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    let good = found(&server, &server.ask(&backend).await).await;
    assert_eq!((good.at, good.app_id, good.code, &*good.reason), (NOW, AppId(12345), 0, ""));
    assert_eq!(good.network, "127.0.0.0", "host bits are cut");

    let late = server.get(&backend.query(NOW - 812).to_string()).await;
    let record = found(&server, &late).await;
    assert_eq!((record.code, record.app_id), (100000004, AppId(12345)));
    assert!(record.reason.ends_with("request is 812 s behind"), "{record:?}");

    let query = backend.query(NOW).to_string();
    let hyper = server.get_from(&query, "Connection: close\r\n").await;
    assert_eq!(found(&server, &hyper).await.app_id, AppId(12345), "also off the fast path");
    let stranger = server.get(&backend.query(NOW).set("AppId", "54321").to_string()).await;
    assert_eq!(found(&server, &stranger).await.app_id, AppId(54321), "as named");
    let nothing = server.get("AppId=x").await;
    assert_eq!(found(&server, &nothing).await.app_id, AppId(0));
    let page = server.store.requests(&RequestFilter::default(), None, 50).await.unwrap();
    assert_eq!((page.requests.len(), page.next), (5, None));
    assert_eq!(page.requests[0].request_id, nothing.request_id());
}

#[tokio::test]
async fn a_refused_request_counts_for_the_app_that_it_names_if_there_is_one() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    server.ask(&backend).await;
    let query = || backend.query(NOW);
    let refused = [
        query().set("Signature", &"0".repeat(32)),
        query().set("Timestamp", "1"),
        query().set("Timestamp", "x"),
        query().without("Action"),
        query().set("Action", "Other"),
        query().set("AppId", "54321"),
    ];
    for query in refused {
        assert_ne!(server.get(&query.to_string()).await.code(), 0);
    }
    let cut = format!("POST /?{} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n", query());
    assert_eq!(server.send(cut).await.code(), 100000012);
    assert!(flush(&server).await);
    let mut of_app: BTreeMap<u32, u64> = [
        (0, 1),
        (100000003, 1),
        (100000004, 1),
        (100000005, 1),
        (100000006, 1),
        (100000007, 1),
        (100000012, 1),
    ]
    .into();
    let counted = counts(&server.store, Some(12345)).await;
    // The Action is not signed: it stands behind the signature's check.
    assert_eq!(counted, of_app);
    of_app.insert(100000010, 1);
    assert_eq!(counts(&server.store, None).await, of_app, "and for the total in any case");
    assert_eq!(counts(&server.store, Some(54321)).await, BTreeMap::new());
}

#[tokio::test]
async fn a_second_keeps_500_successes_and_the_metrics_count_the_rest() {
    let (server, hand) = manual().await;
    let settings = tonegate_server::model::AppSettings { rate_per_second: 100_000, ..settings() };
    let backend = server.app_of(12345, settings).await;
    let mut wire = crate::support::Wire::connect(server.gateway).await;
    for _ in 0..600 {
        wire.send(format!("GET /?{} HTTP/1.1\r\nHost: a\r\n\r\n", backend.query(NOW))).await;
        assert_eq!(wire.answer().await.code(), 0);
    }
    let refused = server.get("").await;
    assert_eq!(server.metric("tonegate_requests_not_kept_total").await, 100);
    assert_eq!(server.metric("tonegate_answer_seconds_count").await, 601);
    assert_eq!(server.metric("tonegate_answer_seconds_bucket{le=\"+Inf\"}").await, 601);
    hand.advance(Duration::from_secs(1));
    let later = server.ask(&backend).await;
    found(&server, &refused).await;
    found(&server, &later).await;
    assert_eq!(counts(&server.store, Some(12345)).await, [(0, 601)].into(), "all are counted");
    let mut before = None;
    let mut kept = 0;
    loop {
        let page = server.store.requests(&RequestFilter::default(), before, 200).await.unwrap();
        kept += page.requests.len();
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(kept, 502);
}

#[tokio::test]
async fn a_store_that_was_away_gets_every_count_once() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    let (database, away) = (server.house.path("tonegate.db"), server.house.path("away.db"));
    let first = server.ask(&backend).await;
    fs::rename(&database, &away).unwrap();
    assert!(!flush(&server).await);
    server.ask(&backend).await;
    assert!(!flush(&server).await);
    fs::rename(&away, &database).unwrap();
    let last = server.ask(&backend).await;
    assert!(flush(&server).await);
    assert!(flush(&server).await);
    assert_eq!(counts(&server.store, Some(12345)).await, [(0, 3)].into());
    assert_eq!(counts(&server.store, None).await, [(0, 3)].into());
    let page = server.store.requests(&RequestFilter::default(), None, 50).await.unwrap();
    let ids: Vec<_> = page.requests.iter().map(|request| request.request_id).collect();
    assert_eq!((ids.len(), ids[0], ids[2]), (3, last.request_id(), first.request_id()));
}

#[tokio::test]
async fn whoever_gives_up_waiting_for_the_store_loses_nothing_and_counts_nothing_twice() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    for patience in [0, 1, 2, 5, 20] {
        server.ask(&backend).await;
        let other = server.house.store().await;
        let held = other.begin("operator", NOW).await.unwrap();
        let waiting = keep::flush(server.service());
        let _ = tokio::time::timeout(Duration::from_millis(patience), waiting).await;
        drop(held);
        other.close().await;
        server.ask(&backend).await;
        assert!(flush(&server).await);
    }
    assert_eq!(counts(&server.store, Some(12345)).await, [(0, 10)].into());
    let page = server.store.requests(&RequestFilter::default(), None, 50).await.unwrap();
    assert_eq!(page.requests.len(), 10);
}

#[tokio::test]
async fn a_stop_writes_what_is_left_and_the_next_start_goes_on_from_there() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    server.ask(&backend).await;
    // Looked at, as it is each second.
    let _ = server.usage.recent_minutes(server.time.moment());
    hand.advance(Duration::from_secs(120));
    server.ask(&backend).await;
    server.get("").await;
    let service = Arc::clone(server.service());
    let minutes = service.usage.recent_minutes(service.time.moment());
    let ok: Vec<_> = minutes.iter().map(|minute| (minute.ok, minute.failed)).collect();
    assert_eq!((ok.len(), ok[59]), (60, (1, 1)));
    assert!(service.usage.latency(service.time.moment()).is_some_and(|it| it.answers == 3));
    drop(service);
    let house = server.stop().await;

    let store = house.store().await;
    assert_eq!(counts(&store, None).await, [(0, 2), (100000001, 1)].into());
    store.close().await;
    let (clock, _hand) = tonegate_server::clock::Clock::manual(NOW + 130);
    let server = TestServer::start_with(house, clock, |_| ()).await;
    server.ask(&backend).await;
    let at = server.time.moment();
    let minutes = server.usage.recent_minutes(at);
    let shown: Vec<_> = minutes.iter().map(|minute| (minute.ok, minute.failed)).collect();
    assert_eq!((shown[57], shown[58], shown[59]), ((1, 0), (0, 0), (2, 1)), "{minutes:?}");
    let rates = server.usage.rates(at);
    assert_eq!((rates.len(), rates[0].per_second), (1, 1.0), "rates are of this life");
}

#[tokio::test]
async fn each_hours_license_is_noted_once() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    server.ask(&backend).await;
    server.ask(&backend).await;
    flush(&server).await;
    hand.advance(Duration::from_secs(3_600));
    server.ask(&backend).await;
    let house = server.stop().await;
    // A start holds no licence: it mints that of the hour again, to the same bytes.
    let (clock, _hand) = tonegate_server::clock::Clock::manual(NOW + 3_600);
    let server = TestServer::start_with(house, clock, |_| ()).await;
    server.ask(&backend).await;
    flush(&server).await;
    let issued = server.store.issued(AppId(12345)).await.unwrap();
    assert_eq!(issued.len(), 1, "{issued:?}");
    assert_eq!((issued[0].rev, issued[0].licenses), (1, 2));
    assert_eq!(issued[0].last_hour - issued[0].first_hour, 3_600);
    assert_eq!(server.store.issued(AppId(0)).await.unwrap(), [], "none that it issued to itself");
}

#[tokio::test]
async fn a_kill_loses_the_last_seconds_and_counts_nothing_twice() {
    let house = House::new().await;
    let backend = house.app(12345, settings()).await;
    let child = Child::start(&house).await;
    let kept = child.get(&backend.query(unix_now()).to_string()).await;
    let store = house.store().await;
    eventually("it is written", async || store.request(kept.request_id()).await.unwrap().is_some())
        .await;
    child.get(&backend.query(unix_now()).to_string()).await;
    child.kill().await;
    let child = Child::start(&house).await;
    assert_eq!(counts(&store, Some(12345)).await, [(0, 1)].into());
    assert_eq!(counts(&store, None).await, [(0, 1)].into());
    drop(child);
    store.integrity_check().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn no_query_is_stored() {
    let (server, _hand) = manual().await;
    let backend = server.app(12345).await;
    let nonce = "n0nceThatIsMarked";
    let marked = backend.query_with(nonce, NOW).to_string();
    let signature = marked.rsplit_once('=').unwrap().1.to_owned();
    for query in [marked.clone(), marked.clone(), marked.replace("Action=", "action=")] {
        let answer = server.get(&query).await;
        found(&server, &answer).await;
    }
    let house = server.stop().await;
    for file in ["tonegate.db", "tonegate.db-wal"] {
        let bytes = fs::read(house.path(file)).unwrap_or_default();
        for text in [nonce, &signature] {
            assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
        }
    }
}
