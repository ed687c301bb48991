//! Whose address a handler sees.

use tonegate_listener::ListenerConfig;

use super::support::{config, eventually, start};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const V4: &[u8] = b"\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\x12\x34\x01\xbb";
const LOCAL: &[u8] = b"\x20\0\0\0";

fn trusting(proxy_protocol: bool) -> ListenerConfig {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    ListenerConfig { trusted_proxies, proxy_protocol, ..config() }
}

/// The client address that the handler saw, or "" when the connection was closed unserved.
async fn client(config: ListenerConfig, before: &[u8], headers: &str) -> String {
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n");
    let answer = start(config).await.talk(&[before, request.as_bytes()].concat()).await;
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    body.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn without_trusted_proxies_the_socket_is_the_client() {
    let headers = "X-Forwarded-For: 198.51.100.1\r\n";
    assert_eq!(client(config(), b"", headers).await, "127.0.0.1");
}

#[tokio::test]
async fn a_trusted_proxy_names_the_client() {
    let headers = "X-Forwarded-For: 203.0.113.9, 198.51.100.1, 10.1.1.1\r\n";
    assert_eq!(client(trusting(false), b"", headers).await, "198.51.100.1");
}

#[tokio::test]
async fn a_garbled_chain_leaves_the_last_good_hop() {
    let headers = "X-Forwarded-For: 198.51.100.1, ???, 10.1.1.1\r\n";
    assert_eq!(client(trusting(false), b"", headers).await, "10.1.1.1");
}

#[tokio::test]
async fn a_v4_client_on_a_v6_socket_is_a_v4_client() {
    let listener = ListenerConfig { address: "[::]:0".parse().unwrap(), ..config() };
    let mut running = start(listener).await;
    running.address = ([127, 0, 0, 1], running.address.port()).into();
    let answer = running.talk(b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains("127.0.0.1 false"), "{answer}");
}

#[tokio::test]
async fn proxy_headers_name_the_client() {
    let v6 = [&b"\x21\x21\0\x24\x20\x01\x0d\xb8"[..], &[0; 11], &[9], &[0; 20]].concat();
    for (header, address) in
        [(V4.to_vec(), "192.0.2.7"), (v6, "2001:db8::9"), (LOCAL.to_vec(), "127.0.0.1")]
    {
        let header = [SIGNATURE, &header].concat();
        assert_eq!(client(trusting(true), &header, "").await, address);
    }
}

/// The client that the PROXY header names is no proxy of ours, so its own claim is not taken.
#[tokio::test]
async fn a_client_behind_the_proxy_cannot_forward() {
    let header = [SIGNATURE, V4].concat();
    let headers = "X-Forwarded-For: 198.51.100.1\r\n";
    assert_eq!(client(trusting(true), &header, headers).await, "192.0.2.7");
}

#[tokio::test]
async fn a_trusted_proxy_without_a_good_header_is_closed() {
    let version_1 = b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n".to_vec();
    let garbage = [SIGNATURE, b"\x21\x11\0\x02\0\0"].concat();
    for before in [Vec::new(), version_1, garbage] {
        let running = start(trusting(true)).await;
        let request = [&before[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
        assert_eq!(running.talk(&request).await, "");
        eventually(1, || running.stats.proxy_header_bad.get()).await;
    }
}

#[tokio::test]
async fn a_proxy_header_cut_by_the_end_of_the_connection() {
    use tokio::io::AsyncWriteExt;
    let running = start(trusting(true)).await;
    let mut stream = running.connect().await;
    stream.write_all(&[SIGNATURE, &V4[..9]].concat()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(super::support::read_to_end(&mut stream).await, "");
    eventually(1, || running.stats.proxy_header_bad.get()).await;
}

#[tokio::test]
async fn a_proxy_header_from_a_stranger_is_a_bad_request() {
    let mut config = trusting(true);
    config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let request = [SIGNATURE, V4, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let answer = start(config).await.talk(&request).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn a_stranger_without_a_proxy_header_is_served() {
    let mut config = trusting(true);
    config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    assert_eq!(client(config, b"", "").await, "127.0.0.1");
}
