//! `/.well-known/jwks.json`.

use std::time::Duration;

use tonegate_server::keys::{Rotation, Start, rotate};

use crate::support::{NOW, TestServer, manual};

#[tokio::test]
async fn lists_staged_and_current_keys_until_their_certificates_end() {
    let (server, hand) = manual().await;
    let backend = server.app(12345).await;
    let store = server.house.store().await;
    let planned = Rotation { start: Start::Planned, ..Rotation::first() };
    let next = rotate(&store, None, "operator", NOW, planned).await.unwrap();
    store.close().await;
    server.caught_up().await;

    let answer = key_set(&server).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 2, "the staged one is listed before it signs");
    for key in &keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!((&key["kty"], &key["crv"]), (&"OKP".into(), &"Ed25519".into()));
        assert_eq!((&key["alg"], &key["use"]), (&"EdDSA".into(), &"sig".into()));
        assert_eq!(key["x"].as_str().unwrap().len(), 43);
    }
    assert_eq!(keys[1]["kid"], next.kid.as_str());
    let signed_by = server.ask(&backend).await.claims().key_id().to_string();
    assert_eq!(keys[0]["kid"], signed_by.as_str());

    hand.advance(Duration::from_secs(45 * 86_400));
    let left = key_set(&server).await.json()["keys"].as_array().unwrap().len();
    assert_eq!(left, 1, "the first one's certificate has ended");
}

#[tokio::test]
async fn a_withdrawn_key_leaves_when_its_successor_begins() {
    let (server, hand) = manual().await;
    let store = server.house.store().await;
    let planned = Rotation { start: Start::Planned, raise_floor: true, ..Rotation::first() };
    let next = rotate(&store, None, "operator", NOW, planned).await.unwrap();
    server.caught_up().await;
    let kids = async || {
        let keys = key_set(&server).await.json()["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids().await.len(), 2, "its licences are good until then");
    hand.advance(Duration::from_secs(u64::try_from(next.sign_from - NOW).unwrap()));
    assert_eq!(kids().await, [next.kid]);
    // A stolen key is withdrawn at once.
    let at_once = Rotation { start: Start::Now, raise_floor: true, ..Rotation::first() };
    let last = rotate(&store, None, "operator", server.now(), at_once).await.unwrap();
    server.caught_up().await;
    assert_eq!(kids().await, [last.kid]);
    // So is every key of a stolen root.
    let other_root = Rotation { standby: true, ..Rotation::first() };
    let last = rotate(&store, None, "operator", server.now(), other_root).await.unwrap();
    store.close().await;
    server.caught_up().await;
    assert_eq!(kids().await, [last.kid]);
}

async fn key_set(server: &TestServer) -> crate::support::Answer {
    server.send("GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n").await
}
