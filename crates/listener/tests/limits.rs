//! Heads and bodies at and over their bounds.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tonegate_listener::Limits;

use super::support::{PATIENCE, config, config_with, read_to_end, start};

fn request(target_bytes: usize, headers: &str) -> Vec<u8> {
    let target = format!("/?{}", "a".repeat(target_bytes - 2));
    format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

async fn status_of(bytes: &[u8]) -> String {
    let answer = start(config()).await.talk(bytes).await;
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_target_of_4_kib_is_served_and_one_byte_more_is_414() {
    assert_eq!(status_of(&request(4096, "")).await, "HTTP/1.1 200 OK");
    assert_eq!(status_of(&request(4097, "")).await, "HTTP/1.1 414 URI Too Long");
    assert_eq!(status_of(&request(16_000, "")).await, "HTTP/1.1 414 URI Too Long");
}

/// The documented exception: what is too long for the whole head is not read to its end.
#[tokio::test]
async fn a_target_beyond_the_whole_head_is_431() {
    let status = status_of(&request(300_000, "")).await;
    assert_eq!(status, "HTTP/1.1 431 Request Header Fields Too Large");
}

/// A client that is still sending when an early answer comes can send on and then read it: closing
/// with bytes unread would reset the connection under it.
#[tokio::test]
async fn an_early_answer_does_not_reset_the_connection() {
    let limits = Limits { linger: PATIENCE, ..Limits::default() };
    let mut stream = start(config_with(limits)).await.connect().await;
    stream.write_all(&request(300_000, "")).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    // Long enough for a reset to arrive, which would make the write fail.
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream.write_all(b"more").await.expect("no reset");
}

#[tokio::test]
async fn headers_of_16_kib_are_served_and_more_are_431() {
    let padded = |bytes: usize| request(2, &format!("X: {}\r\n", "a".repeat(bytes)));
    // The request has two headers of its own: 9 and 19 bytes; X adds 5.
    let most = (16 << 10) - 9 - 19 - 5;
    assert_eq!(status_of(&padded(most)).await, "HTTP/1.1 200 OK");
    for bytes in [most + 1, 40_000, 500_000] {
        let status = status_of(&padded(bytes)).await;
        assert_eq!(status, "HTTP/1.1 431 Request Header Fields Too Large", "{bytes}");
    }
}

#[tokio::test]
async fn sixty_four_headers_are_served_and_more_are_431() {
    let many = |count: usize| request(2, &"X: a\r\n".repeat(count - 2));
    assert_eq!(status_of(&many(64)).await, "HTTP/1.1 200 OK");
    for count in [65, 101, 1000] {
        let status = status_of(&many(count)).await;
        assert_eq!(status, "HTTP/1.1 431 Request Header Fields Too Large", "{count}");
    }
}

fn post(bytes: usize) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n"
    );
    [head.into_bytes(), vec![b'x'; bytes]].concat()
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_not() {
    let running = start(config()).await;
    assert!(running.talk(&post(65_536)).await.ends_with("body:65536\n"));
    for bytes in [65_537, 700_000] {
        let answer = running.talk(&post(bytes)).await;
        assert!(
            answer.ends_with("error:the body has more than 65536 bytes\n"),
            "{bytes}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_chunked_body_is_bounded_too() {
    let running = start(config()).await;
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    let answer = running.talk(format!("{head}{}0\r\n\r\n", chunk.repeat(3)).as_bytes()).await;
    assert!(answer.ends_with("error:the body has more than 65536 bytes\n"), "{answer}");
}

#[tokio::test]
async fn broken_chunks_are_a_broken_body() {
    let running = start(config()).await;
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    let answer = running.talk(head.as_bytes()).await;
    assert!(answer.ends_with("error:the body broke off or is malformed\n"), "{answer}");
}
