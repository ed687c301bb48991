//! Somebody plays Valkey, or a Sentinel.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::super::*;
use super::{ask, node_of, one, section};
use crate::config::Topology;

/// A server that does as told with what each connection sends; it ends with the test's process.
fn played(answer: impl Fn(&mut TcpStream, &[u8]) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                // A script is one read, and many signatures at once are several: none waits for an answer.
                let mut bytes = [0; 8_192];
                while let Ok(read @ 1..) = stream.read(&mut bytes) {
                    answer(&mut stream, &bytes[..read]);
                }
            });
        }
    });
    url
}

/// A Valkey that answers requests with these bytes, one each 20 ms.
fn slow(bytes: &'static [u8]) -> SharedGuard {
    let url = played(move |stream, call| {
        let has = |word: &[u8]| call.windows(word.len()).any(|it| it == word);
        let _ = match (has(b":rate"), has(b"SCRIPT")) {
            (false, true) => stream.write_all(b"$2\r\nab\r\n"),
            (false, false) => stream.write_all(b"$0\r\n\r\n"),
            (true, _) => bytes.iter().cycle().try_for_each(|byte| {
                std::thread::sleep(Duration::from_millis(20));
                stream.write_all(&[*byte])
            }),
        };
    });
    let node = node_of(&section(&url));
    assert!(!node.is_lost());
    node
}

#[test]
fn a_slow_valkey_counts_as_back_though_requests_come_meanwhile() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let url = played(move |stream, call| {
        std::thread::sleep(Duration::from_millis(20));
        let loads = call.windows(6).any(|it| it == b"SCRIPT");
        let _ = match (is_up.load(Ordering::Relaxed), loads) {
            (false, _) => stream.shutdown(Shutdown::Both),
            (_, true) => stream.write_all(b"$2\r\nab\r\n"),
            (_, false) => stream.write_all(b"$0\r\n\r\n"),
        };
    });
    let node = node_of(&section(&url));
    assert!(node.is_lost());
    up.store(true, Ordering::Relaxed);
    let start = Instant::now();
    for number in 0.. {
        if !node.is_lost() {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "never back");
        node.accepted_alone(&ask(1, number), super::NOW);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_answer_in_drops_or_without_end_keeps_nobody() {
    for bytes in [&b"$9\r\n"[..], b"+", b"*", b"*1\r\n", b"$500000000\r\n"] {
        let node = slow(bytes);
        let start = Instant::now();
        assert_eq!(one(&node, ask(1, 1)), Answer::Lost);
        let took = start.elapsed();
        assert!(took < Duration::from_millis(120), "{bytes:?}: {took:?}");
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_read() {
    let url = played(|stream, _| {
        let _ = stream.write_all(b"$500000000\r\n");
    });
    let start = Instant::now();
    assert!(node_of(&section(&url)).is_lost());
    assert!(start.elapsed() < Duration::from_millis(400), "refused by its head alone");
}

#[test]
fn only_a_sentinel_that_asks_for_the_password_gets_it() {
    for (answer, gets_it) in [("-ERR no\r\n", false), ("*-1\r\n", false), ("-NOAUTH\r\n", true)] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        let url = played(move |stream, bytes| {
            hears.lock().unwrap().extend_from_slice(bytes);
            let _ = stream.write_all(answer.as_bytes());
        });
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "open sesame").unwrap();
        let mut section = section(&url);
        section.topology = Topology::Sentinel;
        section.password_file = file.path().to_owned();
        assert!(node_of(&section).is_lost());
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        assert!(heard.contains("SENTINEL"), "{heard}");
        assert_eq!(heard.contains("open sesame"), gets_it, "{answer}: {heard}");
    }
}
