//! Answers that are lost or late, and what travels.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::elsewhere::Elsewhere;
use crate::support::House;

/// A whole HTTP message.
fn message(stream: &mut TcpStream) -> String {
    let (mut reader, mut text, mut length) = (BufReader::new(stream), String::new(), 0);
    loop {
        let start = text.len();
        reader.read_line(&mut text).unwrap();
        let line = text[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

/// Answers each request in turn with what `answer` says; `None`: it hangs up. Gives what it was sent.
fn server(
    answers: usize,
    mut answer: impl FnMut(usize, &str) -> Option<String> + Send + 'static,
) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        for number in 0..answers {
            let (mut stream, _) = listener.accept().unwrap();
            let request = message(&mut stream);
            if let Some(answer) = answer(number, &request) {
                stream.write_all(answer.as_bytes()).unwrap();
            }
            sender.send(request).unwrap();
        }
    });
    (url, seen)
}

#[test]
fn a_lost_answer_makes_nothing_twice() {
    let there = Elsewhere::new(House::new());
    let admin = there.server.admin;
    let (url, seen) = server(4, move |number, request| {
        let mut stream = TcpStream::connect(admin).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let answer = message(&mut stream);
        (number % 2 == 1).then_some(answer)
    });
    let run = |arguments: &[&str]| {
        let to = ["--json", "--server", &url, "--token-file", "token"];
        there.house.run(&[arguments, &to].concat()).json()
    };
    let created = run(&["app", "create", "Karaoke"]);
    let id = created["app_id"].to_string();
    let rotated = run(&["app", "secret", "rotate", &id]);
    assert_eq!(rotated["generation"], 2);
    let keys: Vec<_> = seen.iter().map(|request| key(&request)).collect();
    assert_eq!((&keys[0], &keys[2]), (&keys[1], &keys[3]));
    assert_ne!(keys[0], keys[2]);
    assert_eq!(there.json(&["app", "list"])["apps"].as_array().unwrap().len(), 1);
    let shown = there.json(&["app", "secret", "show", &id, "--yes"]);
    assert_eq!(shown["server_secret"], rotated["server_secret"]);
}

fn key(request: &str) -> String {
    let mut lines = request.lines();
    lines.find(|line| line.starts_with("idempotency-key: ")).unwrap().to_owned()
}

#[test]
fn what_is_not_to_be_repeated_is_sent_once_and_says_so() {
    let there = Elsewhere::new(House::new());
    there.house.app("5");
    let admin = there.server.admin;
    let (url, seen) = server(2, move |number, request| {
        let mut stream = TcpStream::connect(admin).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let answer = message(&mut stream);
        (number == 0).then_some(answer)
    });
    let delete = ["app", "delete", "5", "--yes", "Karaoke", "--token-file", "token"];
    let ran = there.house.run(&[&delete[..], &["--server", &url]].concat());
    ran.refused(1, "look whether it was done");
    let requests: Vec<_> = seen.iter().collect();
    assert!(requests[0].starts_with("GET ") && requests[1].starts_with("DELETE "));
    assert!(requests[1].contains("if-match: \"1\""), "{}", requests[1]);
}

fn busy(seconds: u32) -> String {
    let body = r#"{"code":"too_many_requests","detail":"wait a second"}"#;
    let length = body.len();
    format!("HTTP/1.1 429 x\r\nRetry-After: {seconds}\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[test]
fn a_server_that_asks_for_patience_gets_it_once() {
    let there = Elsewhere::new(House::new());
    let list =
        |url: &str| there.house.run(&["app", "list", "--server", url, "--token-file", "token"]);
    let page = r#"{"items":[],"next":null}"#;
    let good = format!("HTTP/1.1 200 x\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    let (url, _seen) =
        server(2, move |number, _| Some(if number == 0 { busy(1) } else { good.clone() }));
    list(&url).code(0);
    let (url, _seen) = server(2, |_, _| Some(busy(1)));
    list(&url).refused(1, "wait a second");
    let (url, _seen) = server(1, |_, _| Some(busy(3_600)));
    list(&url).refused(1, "cannot do it now");
}

#[test]
fn the_token_is_in_the_header_and_not_in_the_process_list() {
    let there = Elsewhere::new(House::new());
    let (shown, line) = mpsc::channel();
    let (url, seen) = server(1, move |_, _| {
        let mut lines = String::new();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            lines += &String::from_utf8_lossy(&line);
        }
        shown.send(lines).unwrap();
        Some("HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".into())
    });
    let list = ["app", "list", "--server", &url, "--token-file", "token"];
    there.house.run(&list).refused(1, "status 302");
    assert!(seen.recv().unwrap().contains(&format!("authorization: Bearer {}", there.owner)));
    let lines = line.recv().unwrap();
    assert!(lines.contains(&url) && !lines.contains(&there.owner));
}
