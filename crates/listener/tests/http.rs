//! The dialects of HTTP/1 that real clients speak.

use tokio::io::AsyncWriteExt;

use super::support::{config, read_answer, read_to_end, start};

#[tokio::test]
async fn http_1_1_keeps_the_connection() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    for target in ["/?a=1", "/?b=2"] {
        stream
            .write_all(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.ends_with(&format!("127.0.0.1 false GET {target} body:0\n")), "{answer}");
    }
}

#[tokio::test]
async fn http_1_1_closes_when_asked() {
    let answer =
        start(config()).await.talk(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn http_1_0_closes_unless_asked_not_to() {
    let running = start(config()).await;
    let answer = running.talk(b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");

    let mut stream = running.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await.unwrap();
        assert!(read_answer(&mut stream).await.ends_with("body:0\n"));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let answers = start(config())
        .await
        .talk(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    let (first, second) = (answers.find("GET /1").unwrap(), answers.find("GET /2").unwrap());
    assert!(first < second);
}

#[tokio::test]
async fn head_has_no_body() {
    let answer = start(config())
        .await
        .talk(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn expect_100_continue_is_answered() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    stream.write_all(head).await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 100 Continue"));
    stream.write_all(b"abc").await.unwrap();
    assert!(read_answer(&mut stream).await.ends_with("body:3\n"));
}

#[tokio::test]
async fn expect_100_continue_on_a_get_without_a_body() {
    let running = start(config()).await;
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    let answer = running.talk(request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

/// A client that has said all it will say closes its side and still gets its answer.
#[tokio::test]
async fn a_half_closed_connection_is_answered() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    running.holding.acquire().await.unwrap().forget();
    running.release.add_permits(1);
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn nonsense_is_a_bad_request() {
    let running = start(config()).await;
    for bytes in
        ["nonsense\r\n\r\n", "GET / HTTP/3.7\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"]
    {
        let answer = running.talk(bytes.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{bytes}: {answer}");
    }
}

/// `?…` without a path is no request target (RFC 9112 §3.2); clients that are given such a URL send
/// `/?…`.
#[tokio::test]
async fn a_target_without_a_slash_is_a_bad_request() {
    let answer = start(config()).await.talk(b"GET ?a=1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}
