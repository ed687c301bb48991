//! /livez, /readyz, /metrics.

use serde_json::json;

use crate::support::{TestServer, Wire, eventually};

#[tokio::test]
async fn a_server_that_can_issue_is_alive_and_ready() {
    let server = TestServer::new().await;
    let live = server.admin("/livez").await;
    assert_eq!((live.status, &*live.body), (200, "alive\n"));
    let ready = server.admin("/readyz").await;
    assert_eq!((ready.status, ready.json()), (200, json!({ "ready": true, "degraded": [] })));
    assert_eq!(ready.header("content-type"), Some("application/json"));
    assert_eq!(ready.header("cache-control"), Some("no-store"));
    assert_eq!(server.admin("/").await.status, 404);
    let mut wire = Wire::connect(server.admin).await;
    wire.send("POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 405);
    let gateway = server.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(gateway.status, 404, "not on the gateway");
}

#[tokio::test]
async fn the_metrics_count_answers_by_code_and_name_no_app() {
    let server = TestServer::new().await;
    let backend = server.app(3_141_592_653).await;
    server.ask(&backend).await;
    server.get("AppId=x").await;
    server.get("AppId=x").await;
    let answer = server.admin("/metrics").await;
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "tonegate_answers_total{code=\"0\"} 1",
        "tonegate_answers_total{code=\"100000001\"} 2",
        "tonegate_licenses_minted_total 1",
        "tonegate_apps 1",
        "tonegate_ready 1",
        "tonegate_degraded{reason=\"clock_suspect\"} 0",
        "tonegate_proxy_headers_bad_total 0",
        "tonegate_replay_guard_entries 1",
        "tonegate_replay_guard_capacity 16000000",
        "# EOF",
    ] {
        assert!(answer.body.lines().any(|found| found == line), "{line} in {}", answer.body);
    }
    assert!(!answer.body.contains("3141592653"));
}

#[tokio::test]
async fn while_it_drains_it_is_not_ready_and_finishes_what_it_began() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let mut slow = Wire::connect(server.gateway).await;
    let query = backend.query(server.now());
    slow.send(format!("POST /?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n.")).await;
    eventually("the request is in flight", async || {
        server.metric("tonegate_connections_open").await == 1
    })
    .await;
    server.drain.begin();
    eventually("not ready", async || server.admin("/readyz").await.status == 503).await;
    assert_eq!(server.admin("/readyz").await.json()["ready"], json!(false));
    assert_eq!(server.admin("/livez").await.status, 200, "draining is no reason to kill it");
    assert_eq!(server.metric("tonegate_ready").await, 0);
    eventually("no new connections", async || {
        tokio::net::TcpStream::connect(server.gateway).await.is_err()
    })
    .await;
    slow.send(".").await;
    assert_eq!(slow.answer().await.code(), 0);
    server.stop().await;
}
