//! What every answer has, whatever it says.

use std::collections::HashSet;
use std::time::Duration;

use tonegate_server::clock::Clock;

use crate::support::{Answer, Backend, House, NOW, TestServer, Wire, manual};

fn check(answer: &Answer) -> String {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let json = answer.json();
    let (code, id) = (json["Code"].as_i64().unwrap(), json["RequestId"].as_str().unwrap());
    assert!(json["Message"].is_string());
    assert_eq!(json.get("Data").is_some(), code == 0);
    assert!((18..=19).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_digit()), "{id}");
    id.to_owned()
}

async fn ids(server: &TestServer, backend: &Backend) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(check(&server.ask(backend).await));
        ids.push(check(&server.get("AppId=1").await));
        ids.push(check(&server.get("").await));
    }
    ids
}

#[tokio::test]
async fn is_an_envelope_with_a_request_id_of_its_own() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let ids = ids(&server, &backend).await;
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    let license = server.ask(&backend).await;
    assert_eq!(license.message(), "Success.");
    assert_eq!(license.json()["Data"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn is_dated_by_gateway_time() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    let expired = server.get(&backend.query(NOW - 700).to_string()).await;
    assert_eq!(expired.header("date"), Some("Sat, 22 Nov 2025 19:33:20 GMT"));
    assert!(expired.message().ends_with("server time 1763840000, request is 700 s behind"));
    // A wall that steps moves neither.
    hand.step_wall(86_400);
    server.pass(&hand, Duration::from_secs(1)).await;
    let next = server.ask(&backend).await;
    assert_eq!(next.header("date"), Some("Sat, 22 Nov 2025 19:33:21 GMT"));
}

#[tokio::test]
async fn to_head_is_the_same_without_its_body() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let query = backend.query(server.now());
    let mut wire = Wire::connect(server.gateway).await;
    wire.send(format!("HEAD /?{query} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    let head = wire.answer_to_head().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("application/json")));
    let length: usize = head.header("content-length").unwrap().parse().unwrap();
    assert!(length > 1_000, "as long as with a licence: {length}");
    wire.send(format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    assert_eq!(wire.answer().await.code(), 100000005, "HEAD has used the signature");
}

#[tokio::test]
async fn other_paths_and_methods_are_plain_http() {
    let server = TestServer::new().await;
    let cases = [
        ("GET", "/licenses", 404),
        ("GET", "/?/../x", 200),
        ("GET", "//", 404),
        ("GET", "/.well-known/", 404),
        ("POST", "/.well-known/jwks.json", 405),
        ("PUT", "/?AppId=1", 405),
        ("DELETE", "/", 405),
        ("OPTIONS", "/", 405),
        ("BREW", "/", 405),
    ];
    for (method, path, status) in cases {
        let answer = server.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("allow").is_some(), status == 405, "{method} {path}");
    }
}

#[tokio::test]
async fn tells_no_page_of_another_origin_by_default() {
    let server = TestServer::new().await;
    for method in ["GET", "OPTIONS"] {
        let request =
            format!("{method} / HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n\r\n");
        let answer = server.send(request).await;
        assert!(!answer.head.to_lowercase().contains("access-control"), "{answer:?}");
    }
}

#[tokio::test]
async fn tells_the_pages_of_allowed_origins() {
    let house = House::new().await;
    let server = TestServer::start_with(house, Clock::system(), |config| {
        config.gateway.cors_origins = vec!["https://app.example".into()];
    })
    .await;
    let ask = async |method: &str, path: &str, origin: &str| {
        let origin =
            if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
        server.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{origin}\r\n")).await
    };
    for path in ["/?AppId=1", "/.well-known/jwks.json"] {
        let answer = ask("GET", path, "https://app.example").await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!((answer.status, allowed), (200, Some("https://app.example")));
        for other in ["https://app.example.evil", "http://app.example", "null", ""] {
            let answer = ask("GET", path, other).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{other}");
            assert_eq!(answer.header("vary"), Some("Origin"), "caches keep them apart");
        }
    }
    let preflight = ask("OPTIONS", "/", "https://app.example").await;
    assert_eq!(preflight.status, 204);
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("GET"));
    assert_eq!(ask("OPTIONS", "/", "https://evil.example").await.status, 405);
}

#[tokio::test]
async fn with_a_list_of_hosts_others_get_100000000() {
    let house = House::new().await;
    let server = TestServer::start_with(house, Clock::system(), |config| {
        config.gateway.hosts = vec!["zim-api.example".into()];
    })
    .await;
    let backend = server.app(12345).await;
    for (target, host, code) in [
        ("", "Host: zim-api.example\r\n", 0),
        ("", "Host: ZIM-API.example:8443\r\n", 0),
        ("http://zim-api.example", "Host: zim-api.example\r\n", 0),
        ("", "Host: auth-api.example\r\n", 100000000),
        ("", "Host: zim-api.example.evil\r\n", 100000000),
        ("http://evil.example", "Host: zim-api.example\r\n", 100000000),
    ] {
        let query = backend.query(server.now());
        let answer = server.send(format!("GET {target}/?{query} HTTP/1.1\r\n{host}\r\n")).await;
        assert_eq!(answer.code(), code, "{target} {host}");
    }
    let query = backend.query(server.now());
    let nameless = server.send(format!("GET /?{query} HTTP/1.0\r\n\r\n")).await;
    assert_eq!(nameless.code(), 100000000);
}
