//! Connections that say nothing, or half of it, are closed within 6 s, with the defaults that
//! production has.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use tonegate_listener::Limits;

use super::support::{Running, config, config_with, eventually, read_answer, read_to_end, start};
use super::tls::Authority;

const BOUND: Duration = Duration::from_secs(6);

/// All at once: each takes the five seconds that it is about.
#[tokio::test]
async fn too_little_said_is_closed_within_6_s() {
    tokio::join!(
        a_silent_connection(),
        a_half_sent_header(),
        a_header_in_drops(),
        a_half_sent_second_header(),
        a_silent_connection_before_tls(),
        half_a_tls_handshake(),
        a_half_sent_body_gets_an_answer_and_a_close(),
        a_proxy_that_does_not_send_its_header(),
        a_silent_connection_after_the_tls_handshake("http/1.1"),
        a_silent_connection_after_the_tls_handshake("h2"),
    );
}

async fn closed_in_time(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let read = timeout(BOUND, read_to_end(stream)).await;
    read.expect("closed within 6 s")
}

async fn counted_once(running: &Running) {
    eventually(1, || running.stats.closed_header_timeout.get()).await;
    eventually(0, || running.stats.open.get()).await;
}

async fn a_silent_connection() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    assert_eq!(closed_in_time(&mut stream).await, "");
    counted_once(&running).await;
}

async fn a_half_sent_header() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    closed_in_time(&mut stream).await;
    counted_once(&running).await;
}

/// Bytes that keep coming do not buy time.
async fn a_header_in_drops() {
    let running = start(config()).await;
    let (mut reader, mut writer) = running.connect().await.into_split();
    let drip = async {
        writer.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        while writer.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(200)).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = closed_in_time(&mut reader) => {}
        () = drip => {}
    }
    counted_once(&running).await;
}

/// The second header of a kept connection has its own clock, from its first byte, not the idle one.
async fn a_half_sent_second_header() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_answer(&mut stream).await;
    stream.write_all(b"GET / HT").await.unwrap();
    assert_eq!(closed_in_time(&mut stream).await, "");
    counted_once(&running).await;
}

async fn a_silent_connection_before_tls() {
    let running = start(Authority::new().config()).await;
    let mut stream = running.connect().await;
    closed_in_time(&mut stream).await;
    counted_once(&running).await;
}

async fn half_a_tls_handshake() {
    let running = start(Authority::new().config()).await;
    let mut stream = running.connect().await;
    // A TLS record of type handshake that announces 512 bytes and brings 4.
    stream.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252]).await.unwrap();
    closed_in_time(&mut stream).await;
    counted_once(&running).await;
}

async fn a_silent_connection_after_the_tls_handshake(alpn: &str) {
    let authority = Authority::new();
    let running = start(authority.config()).await;
    let mut stream = authority.connect(&running, &[alpn]).await;
    closed_in_time(&mut stream).await;
    counted_once(&running).await;
}

async fn a_half_sent_body_gets_an_answer_and_a_close() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc").await.unwrap();
    let answer = closed_in_time(&mut stream).await;
    assert!(answer.contains("error:the body was not complete within 5s"), "{answer}");
}

async fn a_proxy_that_does_not_send_its_header() {
    let mut config = config();
    config.proxy_protocol = true;
    config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let running = start(config).await;
    let mut stream = running.connect().await;
    stream.write_all(b"\r\n\r\n\0\r\nQU").await.unwrap();
    closed_in_time(&mut stream).await;
    counted_once(&running).await;
}

/// An idle connection outlives the header time and ends by the idle time; that is no header
/// timeout.
#[tokio::test]
async fn an_idle_connection() {
    let limits = Limits {
        header: Duration::from_millis(100),
        idle: Duration::from_millis(600),
        ..Limits::default()
    };
    let running = start(config_with(limits)).await;
    let mut stream = running.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        read_answer(&mut stream).await;
        sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(closed_in_time(&mut stream).await, "");
    assert_eq!(running.stats.closed_header_timeout.get(), 0);
}
