//! The upstream as a process: it goes, it comes back, and nobody takes its place.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;
use tonegate_clock::Clock;
use tonegate_testing::{Behaviour, Upstream};

use crate::wire::{APP, START, exchange, fetch, query};

#[tokio::test]
async fn down_refuses_and_up_answers_on_the_same_port() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    let address = address_of(&upstream);
    for nonce in 0..20 {
        fetch(&upstream, &query(APP, nonce, START)).await.unwrap();
        upstream.down().await;
        let error = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        upstream.up().await;
    }
    assert_eq!((address_of(&upstream), upstream.calls()), (address, 20));
}

#[tokio::test]
async fn nobody_gets_the_port_of_an_upstream_that_is_down() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    upstream.down().await;
    // No request came before: what holds the port is not a connection that lingers.
    let taken = TcpSocket::new_v4().unwrap().bind(address_of(&upstream)).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
}

#[tokio::test]
async fn going_down_breaks_requests_that_wait() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    upstream.set(Behaviour::Hang);
    let request = format!("GET /?{} HTTP/1.1\r\n\r\n", query(APP, 1, START));
    let ((answer, ended), ()) = tokio::join!(exchange(&upstream, &request), async {
        sleep(Duration::from_millis(100)).await;
        upstream.down().await;
    });
    assert_eq!((answer.as_str(), upstream.calls()), ("", 1));
    assert_ne!(ended, "waiting");
}

#[tokio::test]
async fn a_dropped_upstream_leaves_nothing_behind() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    let address = address_of(&upstream);
    drop(upstream);
    sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(address).await.is_err());
    TcpSocket::new_v4().unwrap().bind(address).unwrap();
}

fn address_of(upstream: &Upstream) -> SocketAddr {
    upstream.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
}
