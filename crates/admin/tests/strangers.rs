//! What strangers get from the listener before anything of theirs is looked at.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonegate_clock::Clock;
use tonegate_server::model::Role;

use crate::support::{House, NOW, PASSWORD, PATIENCE, Persona};

/// Sends a head that promises a body, none of it, and gives what is answered before it came.
async fn promise(house: &House, path: &str, bytes: usize, more: &str) -> String {
    let mut stream = TcpStream::connect(house.admin).await.unwrap();
    let head = format!(
        "POST /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n\
         Content-Type: application/json\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64 << 10];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await;
    let read = read.expect("an answer without the body").unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn no_body_of_a_stranger_is_read_where_somebody_must_be_known() {
    let house = House::new().await;
    let anybody = promise(&house, "/apps/import", 8 << 20, "").await;
    assert!(anybody.starts_with("HTTP/1.1 401") && anybody.contains("not_signed_in"), "{anybody}");
    let bad = promise(&house, "/apps", 100, "Authorization: Bearer tgt_bad\r\n").await;
    assert!(bad.starts_with("HTTP/1.1 401") && bad.contains("token_refused"), "{bad}");
    let none = promise(&house, "/nothing", 100, "").await;
    assert!(none.starts_with("HTTP/1.1 404"), "{none}");
    let large = promise(&house, "/session", (256 << 10) + 1, "").await;
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    let token = house.token_text(Role::Operator, None, false).await;
    let header = format!("Authorization: Bearer {token}\r\n");
    let large = promise(&house, "/apps", (256 << 10) + 1, &header).await;
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    // Not said in advance: it is read no further than this.
    let csv = house.operator().with("Content-Type", "text/csv");
    csv.send_bytes("POST", "/apps", &vec![b'x'; 300 << 10]).await.refused(413, "body_too_large");
}

#[tokio::test]
async fn four_imports_are_read_at_once() {
    let house = House::new().await;
    let token = house.token_text(Role::Operator, None, false).await;
    let mut under_way = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(house.admin).await.unwrap();
        let head = format!(
            "POST /api/v1/apps/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\
             Expect: 100-continue\r\nContent-Type: text/csv\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut go_on = [0; 25];
        let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut go_on)).await;
        read.expect("it is read").unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100"));
        under_way.push(stream);
    }
    let csv = house.operator().with("Content-Type", "text/csv");
    let one_more = async || csv.send_bytes("POST", "/apps/import", b"name\nBo\n").await;
    one_more().await.refused(429, "too_many_requests");
    // Strangers take no place.
    let nobody = promise(&house, "/apps/import", 9, "").await;
    assert!(nobody.starts_with("HTTP/1.1 401"), "{nobody}");
    let mut done = under_way.pop().unwrap();
    done.write_all(b"name\nAda\n").await.unwrap();
    let mut answer = [0; 12];
    done.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    one_more().await.expect(200);
}

#[tokio::test]
async fn another_hosts_page_gets_nothing() {
    let house = House::at(Clock::system(), |config| {
        config.admin.hosts = vec!["admin.example.com".into()];
    })
    .await;
    let asked = async |host: &str| house.viewer().with("Host", host).get("/session").await;
    for host in ["localhost:8081", "127.0.0.1", "[::1]", "192.0.2.1:80", "Admin.Example.com"] {
        asked(host).await.expect(200);
    }
    for host in ["evil.example", "localhost.evil.example"] {
        let answer = asked(host).await;
        assert_eq!(answer.status, 421, "{answer:?}");
        assert!(answer.body.contains("admin.hosts"), "{answer:?}");
    }
}

#[tokio::test]
async fn behind_a_proxy_each_client_is_its_own_network() {
    let (clock, hand) = Clock::manual(NOW);
    let house = House::at(clock, |config| {
        config.admin.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let (anna, _) = house.first_owner().await;
    let from = |client: &str| house.anonymous().with("X-Forwarded-For", client);
    let sign_in = async |client: &Persona, password: &str| {
        let code = anna.phone.code(house.now());
        let body = json!({ "name": "anna", "password": password, "code": code });
        client.post("/session", body).await
    };
    house.pass(&hand, Duration::from_secs(30));
    for _ in 0..5 {
        sign_in(&from("192.0.2.1"), "wrong").await.refused(401, "wrong_credentials");
    }
    sign_in(&from("192.0.2.99"), PASSWORD).await.refused(429, "locked");
    // What a client says of itself counts for nothing.
    sign_in(&from("198.51.100.7, 192.0.2.1"), PASSWORD).await.refused(429, "locked");
    let answer = sign_in(&from("198.51.100.7"), PASSWORD).await;
    let sessions = Persona::browser(&house, &answer).get("/sessions").await.expect(200);
    assert_eq!(sessions["items"][0]["network"], "198.51.100.7");
}
