//! Stands between a program and the relay: passes on, or is a relay in trouble; and remembers what was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// Stands before a relay, and can be in trouble.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    mode: Mode,
    /// The status of each answer, or why there was none.
    seen: Vec<String>,
}

#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// The relay's answers as they are.
    Unchanged,
    /// The relay's answers, but to be asked for each time; and the licence ends so many seconds later.
    Through { life: Option<i64> },
    /// A problem, and a wish to be left alone for 2 s.
    Busy,
    /// Sends whoever asks to another host.
    Moved { to: SocketAddr },
    /// Takes the request and says nothing.
    Silent,
    /// Says half of an answer.
    Stalled,
}

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\
                    Retry-After: 2\r\nConnection: close\r\nContent-Length: 22\r\n\r\n\
                    {\"detail\":\"try later\"}";

const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n\
                    {\"License\":\"eyJ";

impl Front {
    pub(super) fn before(relay_url: &str, mode: Mode) -> Self {
        let relay = relay_url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { mode, seen: Vec::new() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, relay, &shared));
            }
        });
        Self { address, state }
    }

    pub(super) fn turn(&self, mode: Mode) {
        self.state.lock().unwrap().mode = mode;
    }

    pub(super) fn seen(&self) -> Vec<String> {
        self.state.lock().unwrap().seen.clone()
    }
}

/// Answers one request, and ends the connection.
fn serve(mut stream: TcpStream, relay: SocketAddr, state: &Mutex<State>) {
    let head = head(&stream);
    if head.is_empty() {
        return;
    }
    let mode = state.lock().unwrap().mode;
    let answer = match mode {
        Mode::Unchanged => answer(relay, &head),
        Mode::Through { life } => changed(&answer(relay, &head), life),
        Mode::Busy => BUSY.to_owned(),
        Mode::Moved { to } => format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{to}/v1/license\r\n\
             Connection: close\r\nContent-Length: 0\r\n\r\n"
        ),
        Mode::Silent => String::new(),
        Mode::Stalled => HALF.to_owned(),
    };
    let seen = answer.split(' ').nth(1).unwrap_or("silence").to_owned();
    state.lock().unwrap().seen.push(seen);
    let _ = stream.write_all(answer.as_bytes());
    if matches!(mode, Mode::Silent | Mode::Stalled) {
        // Until the program has had enough.
        let _ = stream.read(&mut [0]);
    }
}

/// A request's head, but for what concerns the connection alone.
fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let of_the_connection = ["connection:", "upgrade:", "http2-settings:", "keep-alive:"];
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !of_the_connection.iter().any(|name| line.starts_with(name))
        })
        .map(|line| line + "\r\n")
        .collect()
}

/// The whole answer to a request with this head.
pub(super) fn answer(relay: SocketAddr, head: &str) -> String {
    let mut relay = TcpStream::connect(relay).unwrap();
    write!(relay, "{head}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    relay.read_to_string(&mut answer).unwrap();
    answer
}

/// The same, to be asked for each time; and with this many seconds left to the licence.
fn changed(answer: &str, life: Option<i64>) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let lines: Vec<_> = head
        .lines()
        .map(|line| match line.to_ascii_lowercase().contains("max-age=") {
            true => "cache-control: private, max-age=0",
            false => line,
        })
        .collect();
    let mut body = body.to_owned();
    if let Some(life) = life {
        let parsed: Value = serde_json::from_str(&body).unwrap();
        let end = parsed["ServerTime"].as_i64().unwrap() + life;
        let member = |end: i64| format!("\"ExpireAt\":{end}");
        body = body.replace(&member(parsed["ExpireAt"].as_i64().unwrap()), &member(end));
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}
