//! An OpenTelemetry collector that keeps what it is sent.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Takes OTLP/HTTP on loopback, on a thread of its own, until the test's process ends.
#[derive(Debug, Clone)]
pub struct Collector {
    url: String,
    taken: Arc<Mutex<Vec<(String, String)>>>,
}

impl Collector {
    /// One that takes everything.
    #[must_use]
    pub fn start() -> Self {
        Self::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    }

    /// One that answers each request with these bytes. None: it never answers.
    #[must_use]
    pub fn answering(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
        let collector = Self { url, taken: Arc::default() };
        let taking = collector.clone();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = request(&mut stream) else { continue };
                taking.taken.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                // Whoever sent may have gone.
                let _ = stream.write_all(answer.as_bytes());
                // An open connection is what it waits for.
                silent.extend(answer.is_empty().then_some(stream));
            }
        });
        collector
    }

    /// What a server is configured with.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bodies that came to this path, in their order.
    #[must_use]
    pub fn bodies(&self, path: &str) -> Vec<String> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let bodies = taken.iter().filter(|(line, _)| line.contains(&format!(" {path} ")));
        bodies.map(|(_, body)| body.clone()).collect()
    }
}

/// Its first line and its body.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut part = [0; 8_192];
    loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(part.get(..read)?);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some((head.lines().next()?.to_owned(), body.to_owned()));
        }
    }
}
