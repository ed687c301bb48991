//! What only the fast path can get wrong: who answers what, in which order, and when.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tonegate_listener::Limits;

use super::support::{LARGE, config, config_with, eventually, read_answer, read_to_end, start};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

#[tokio::test]
async fn answers_keep_their_order_whoever_makes_them() {
    let running = start(config()).await;
    let targets = ["/1", "/2", "/hold", "/3", "/hyper", "/4", "/5"];
    let mut stream = running.connect().await;
    stream.write_all(targets.map(get).concat().as_bytes()).await.unwrap();
    running.release.add_permits(1);
    for target in targets {
        assert!(read_answer(&mut stream).await.contains(&format!(" GET {target} ")), "{target}");
    }
}

#[tokio::test]
async fn answers_keep_their_order_whenever_they_come() {
    let running = start(config()).await;
    let targets = ["/later1", "/1", "/2", "/later2", "/later3", "/3", "/hyper", "/later4", "/4"];
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = running.connect().await;
        stream.write_all(targets.map(get).concat().as_bytes()).await.unwrap();
        streams.push(stream);
    }
    for mut stream in streams {
        for target in targets {
            let answer = read_answer(&mut stream).await;
            assert!(answer.contains(&format!(" GET {target} ")), "{target}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_flood_of_requests_is_answered_in_order_and_never_held_whole() {
    let running = start(config()).await;
    let (mut reader, mut writer) = running.connect().await.into_split();
    let kind = |number| if number % 3 == 0 { "later" } else { "" };
    let targets: Vec<_> = (0..5_000).map(|number| format!("/{}{number}", kind(number))).collect();
    let flood: String = targets.iter().map(|target| get(target)).collect();
    let sent =
        tokio::spawn(async move { writer.write_all(flood.as_bytes()).await.map(|()| writer) });
    for target in &targets {
        let answer = read_answer(&mut reader).await;
        assert!(answer.contains(&format!(" GET {target} ")), "{target}: {answer}");
    }
    drop(sent.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_connection_goes_on_at_hyper_with_what_was_read() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all(get("/1").as_bytes()).await.unwrap();
    read_answer(&mut stream).await;
    stream.write_all(b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Len").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream.write_all(b"gth: 3\r\n\r\nabc").await.unwrap();
    assert!(read_answer(&mut stream).await.ends_with("POST /2 body:3\n"));
    stream.write_all(get("/3").as_bytes()).await.unwrap();
    assert!(read_answer(&mut stream).await.contains("GET /3"));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_sent_as_the_client_reads() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all((get("/large") + &get("/1") + &get("/2")).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let all = read_to_end(&mut stream).await;
    assert!(all.len() > LARGE && all.contains(" GET /1 ") && all.ends_with(" GET /2 body:0\n"));
    eventually(0, || running.stats.open.get()).await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let limits = Limits { idle: Duration::from_millis(300), ..Limits::default() };
    let running = start(config_with(limits)).await;
    let mut stream = running.connect().await;
    stream.write_all(get("/large").as_bytes()).await.unwrap();
    eventually(1, || running.stats.open.get()).await;
    eventually(0, || running.stats.open.get()).await;
}

#[tokio::test]
async fn many_connections_are_served_at_once() {
    let running = start(config()).await;
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(running.connect().await);
    }
    for round in 0..3 {
        for stream in &mut streams {
            stream.write_all(get(&format!("/{round}")).as_bytes()).await.unwrap();
        }
        for stream in &mut streams {
            assert!(read_answer(stream).await.contains(&format!(" GET /{round} ")));
        }
    }
    drop(streams);
    eventually(0, || running.stats.open.get()).await;
}

#[tokio::test]
async fn a_fault_of_ours_in_an_event_loop_begins_the_drain() {
    let running = start(config()).await;
    let mut stream = running.connect().await;
    stream.write_all(get("/panic").as_bytes()).await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, "");
    let stats = std::sync::Arc::clone(&running.stats);
    running.stopped().await;
    assert_eq!(stats.event_loops_failed.get(), 1);
}
