//! Stopping: gracefully, then hard.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonegate_listener::{Limits, ListenError, Listener};

use super::support::{Running, config, config_with, read_answer, read_to_end, start};

async fn request_in_flight(running: &Running) -> TcpStream {
    let mut stream = running.connect().await;
    stream.write_all(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    running.holding.acquire().await.unwrap().forget();
    stream
}

#[tokio::test]
async fn idle_connections_close_and_requests_in_flight_finish() {
    let running = start(config()).await;
    let mut fresh = running.connect().await;
    let mut idle = running.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_answer(&mut idle).await;
    let mut busy = request_in_flight(&running).await;

    running.drain.begin();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert_eq!(read_to_end(&mut fresh).await, "");
    assert!(!running.task.is_finished());

    running.release.add_permits(1);
    assert!(read_to_end(&mut busy).await.ends_with("GET /hold body:0\n"));
    let address = running.address;
    running.stopped().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn kept_connections_hear_of_the_end_with_an_answer_before_any_is_closed() {
    let limits = Limits { farewell: Duration::from_secs(60), ..Limits::default() };
    let running = start(config_with(limits)).await;
    let get = |path| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    // `/hyper` is none that the fast path takes.
    let mut kept = Vec::new();
    for path in ["/", "/hyper"] {
        let mut stream = running.connect().await;
        stream.write_all(get(path).as_bytes()).await.unwrap();
        assert!(!read_answer(&mut stream).await.contains("connection: close"), "{path}");
        kept.push((path, stream));
    }
    running.drain.begin();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut late = running.connect().await;
    late.write_all(get("/").as_bytes()).await.unwrap();
    assert!(read_to_end(&mut late).await.contains("connection: close"), "a new one");
    for (path, mut stream) in kept {
        stream.write_all(get(path).as_bytes()).await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert!(answer.contains("connection: close") && answer.contains(path), "{answer}");
    }
    // Nobody is left to wait for.
    running.stopped().await;
}

#[tokio::test]
async fn who_comes_again_after_a_farewell_is_still_answered() {
    let limits = Limits { farewell: Duration::from_secs(60), ..Limits::default() };
    let running = start(config_with(limits)).await;
    running.drain.begin();
    // Between one and the next nobody is connected, as when a balancer has not yet looked.
    for _ in 0..3 {
        let mut stream = running.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(read_to_end(&mut stream).await.contains("connection: close"));
        drop(stream);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    running.stopped().await;
}

#[tokio::test]
async fn a_farewell_ends_though_somebody_stays() {
    let limits = Limits { farewell: Duration::from_millis(200), ..Limits::default() };
    let running = start(config_with(limits)).await;
    let mut idle = running.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_answer(&mut idle).await;
    running.drain.begin();
    assert_eq!(read_to_end(&mut idle).await, "");
    running.stopped().await;
}

#[tokio::test]
async fn new_connections_are_not_taken_while_draining() {
    let running = start(config()).await;
    let busy = request_in_flight(&running).await;
    running.drain.begin();
    // The socket is gone once the drain was noticed; until then a connection may queue and is
    // reset.
    let answer = match TcpStream::connect(running.address).await {
        Ok(mut stream) => {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            read_to_end(&mut stream).await
        }
        Err(_) => String::new(),
    };
    assert_eq!(answer, "");
    drop(busy);
}

#[tokio::test]
async fn a_drain_does_not_wait_for_ever() {
    let limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
    let running = start(config_with(limits)).await;
    let mut busy = request_in_flight(&running).await;
    running.drain.begin();
    assert_eq!(read_to_end(&mut busy).await, "");
    running.stopped().await;
}

#[tokio::test]
async fn a_hard_stop_cuts_requests_in_flight() {
    let running = start(config()).await;
    let mut busy = request_in_flight(&running).await;
    running.drain.begin();
    running.drain.begin_hard();
    assert_eq!(read_to_end(&mut busy).await, "");
    running.stopped().await;
}

#[tokio::test]
async fn a_panicking_handler_costs_its_connection_only() {
    let listener = Listener::bind(config()).await.unwrap();
    let (address, drain) = (listener.local_addr(), tonegate_listener::Drain::new());
    let handler = |request: tonegate_listener::Request<_>, _| async move {
        assert_ne!(request.uri().path(), "/panic", "on purpose");
        tonegate_listener::Response::new("alive".into())
    };
    let task = tokio::spawn(listener.serve(handler, drain.clone()));
    for (path, alive) in [("/panic", false), ("/", true)] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
        assert_eq!(read_to_end(&mut stream).await.ends_with("alive"), alive);
    }
    drain.begin();
    task.await.unwrap();
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let running = start(config()).await;
    let mut config = config();
    config.address = running.address;
    let Err(error) = Listener::bind(config).await else { panic!("bound twice") };
    assert!(matches!(error, ListenError::AddressInUse { .. }));
    let said = error.to_string();
    assert!(
        said.starts_with(&running.address.to_string()) && said.contains("stop that program"),
        "{said}"
    );
}
