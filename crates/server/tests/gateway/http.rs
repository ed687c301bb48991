//! HTTP as real clients speak it: old, reused, pipelined, hesitant.

use crate::support::{Query, TestServer, Wire};

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let mut wire = Wire::connect(server.gateway).await;
    wire.send(format!("GET /?{} HTTP/1.0\r\n\r\n", backend.query(server.now()))).await;
    assert_eq!(wire.answer().await.code(), 0);
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn one_connection_serves_many_requests_also_pipelined() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let mut wire = Wire::connect(server.gateway).await;
    let request = || format!("GET /?{} HTTP/1.1\r\nHost: a\r\n\r\n", backend.query(server.now()));
    for _ in 0..3 {
        wire.send(request()).await;
        assert_eq!(wire.answer().await.code(), 0);
    }
    let bad = "GET /?AppId=x HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = format!(
        "POST /?{} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        backend.query(server.now())
    );
    wire.send([&request(), bad, &post, &request()].concat()).await;
    for code in [0, 100000001, 0, 0] {
        assert_eq!(wire.answer().await.code(), code);
    }
    wire.send(request().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).await;
    assert_eq!(wire.answer().await.code(), 0);
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_client_that_expects_100_continue_is_told_to_go_on() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let mut wire = Wire::connect(server.gateway).await;
    let query = backend.query(server.now());
    wire.send(format!(
        "POST /?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert_eq!(wire.answer_to_head().await.status, 100);
    wire.send("hello").await;
    assert_eq!(wire.answer().await.code(), 0);
}

#[tokio::test]
async fn a_body_of_any_type_up_to_64_kib_is_ignored() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    for (method, kind, body) in [
        ("POST", "application/json", "{not json".to_owned()),
        ("POST", "multipart/form-data", "no boundary".to_owned()),
        ("POST", "application/x-www-form-urlencoded", "AppId=1&AppId=2&%ff".to_owned()),
        ("GET", "text/plain", "a body with GET".to_owned()),
        ("POST", "", "x".repeat(65_536)),
    ] {
        let query = backend.query(server.now());
        let length = body.len();
        let answer = server
            .send(format!(
                "{method} /?{query} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            ))
            .await;
        assert_eq!(answer.code(), 0, "{kind}");
    }
    let chunks = "3\r\nabc\r\n0\r\n\r\n";
    let query = backend.query(server.now());
    let head = format!("POST /?{query} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(server.send(head + chunks).await.code(), 0);
}

#[tokio::test]
async fn a_body_too_long_in_chunks_or_malformed_is_100000012() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let head = |query: &Query| {
        format!("POST /?{query} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    };
    let long = format!("{:x}\r\n{}\r\n", 70_000, "x".repeat(70_000));
    for chunks in [long.as_str(), "zz\r\n"] {
        let query = backend.query(server.now());
        let answer = server.send(head(&query) + chunks).await;
        assert_eq!(answer.code(), 100000012);
        assert_eq!(server.get(&query.to_string()).await.code(), 0, "the signature is not used up");
    }
}
