//! How many connections are let in.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonegate_listener::Limits;

use super::support::{Running, config_with, eventually, read_answer, read_to_end, start};

async fn served(running: &Running) -> TcpStream {
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    stream
}

async fn refused(running: &Running) {
    assert_eq!(read_to_end(&mut running.connect().await).await, "");
}

#[tokio::test]
async fn the_cap_on_all_connections() {
    let running = start(config_with(Limits { connections: 2, ..Limits::default() })).await;
    let (_one, two) = (served(&running).await, served(&running).await);
    refused(&running).await;
    assert_eq!(running.stats.refused_total_cap.get(), 1);
    assert_eq!(running.stats.accepted.get(), 3);

    drop(two);
    eventually(1, || running.stats.open.get()).await;
    served(&running).await;
}

#[tokio::test]
async fn the_cap_on_one_network() {
    let running =
        start(config_with(Limits { connections_per_network: 2, ..Limits::default() })).await;
    let (_one, two) = (served(&running).await, served(&running).await);
    refused(&running).await;
    assert_eq!(running.stats.refused_address_cap.get(), 1);

    drop(two);
    eventually(1, || running.stats.open.get()).await;
    served(&running).await;
}

#[tokio::test]
async fn a_lifted_network_has_no_cap_of_its_own() {
    let mut config = config_with(Limits { connections_per_network: 1, ..Limits::default() });
    config.lifted = vec!["127.0.0.0/8".parse().unwrap()];
    let running = start(config).await;
    let _open = [served(&running).await, served(&running).await, served(&running).await];
}

#[tokio::test]
async fn a_trusted_proxy_has_no_cap_of_its_own() {
    let mut config = config_with(Limits { connections_per_network: 1, ..Limits::default() });
    config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let running = start(config).await;
    let _open = [served(&running).await, served(&running).await];
}

/// Behind PROXY headers the cap is on the clients that they name.
#[tokio::test]
async fn clients_behind_a_proxy_are_capped_each() {
    let mut config = config_with(Limits { connections_per_network: 1, ..Limits::default() });
    config.proxy_protocol = true;
    config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let running = start(config).await;
    let connect = async |last: u8| {
        let mut stream = running.connect().await;
        let header = [
            &b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..],
            &[192, 0, 2, last, 0, 0, 0, 0, 0, 1, 0, 1],
        ];
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        stream.write_all(&[&header.concat(), &request[..]].concat()).await.unwrap();
        stream
    };
    let (mut first, mut other) = (connect(1).await, connect(2).await);
    read_answer(&mut first).await;
    read_answer(&mut other).await;
    assert_eq!(read_to_end(&mut connect(1).await).await, "");
    assert_eq!(running.stats.refused_address_cap.get(), 1);
}
