//! A secret never shows: not in logs at their most talkative, nor in metrics, files, answers, panics.

use std::path::Path;

use tonegate_protocol::Signature;
use tonegate_server::model::{AppId, NewSecret};

use crate::child::Child;
use crate::support::house::settings;
use crate::support::{Answer, Backend, House, Wire, unix_now};

const MARKED: &str = "mArKeDs3cr3tQw7Zx9PlB2vN5tYh8uKd";

#[tokio::test]
async fn a_marked_secret_is_nowhere_to_be_found() {
    let house = House::new().await;
    let marked = NewSecret::import(MARKED).unwrap();
    let backend = house.app_with(12345, settings(), &marked).await;
    let never_minted = house.app(7, settings()).await;
    let child = Child::start_with(&house, true).await;

    let mut seen = Vec::new();
    seen.extend(ask_all(&child, &backend).await);
    seen.push(child.get(&never_minted.query(unix_now()).to_string()).await.body);
    assert!(seen.iter().any(|body| body.contains("100000015")), "a panic was among them");
    seen.push(child.admin("/metrics").await.body);
    seen.push(child.admin("/readyz").await.body);
    let log = house.path("log");
    let read = async || std::fs::read_to_string(&log).unwrap();
    let changes = async || read().await.matches("the store has changed").count();
    let before = changes().await;
    // A change while it runs, so that the row is read again, and taken over by the log.
    let other = NewSecret::import("oTh3rM4rk3dZz7Qw9PlB2vN5tYh8uKdX").unwrap();
    house.change(async |tx| tx.rotate_secret(AppId(12345), &other, 60).await.unwrap()).await;
    crate::support::eventually("the change is seen", async || changes().await > before).await;
    child.kill().await;

    let log = read().await;
    assert!(log.contains("DEBUG") && log.contains("refused"), "it did log: {log}");
    assert!(log.contains("panicked"), "and panic");
    assert!(!log.contains("SignatureNonce="), "no query is logged");
    for secret in [MARKED, other.secret().expose()] {
        seen.iter().for_each(|text| assert!(!text.contains(secret), "{text}"));
        let files = search(house.data().path(), secret.as_bytes());
        assert_eq!(files, [""; 0]);
        // Nor as hex, nor halves of it.
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(search(house.data().path(), hex.as_bytes()), [""; 0]);
        assert_eq!(search(house.data().path(), &secret.as_bytes()[..16]), [""; 0]);
    }
    // The search finds what is there: the app's name is in the database.
    assert!(!search(house.data().path(), b"Karaoke").is_empty());
}

/// Good and bad requests, in which the secret itself stands where it should not.
async fn ask_all(child: &Child, backend: &Backend) -> Vec<String> {
    let now = unix_now();
    let good = backend.query(now);
    let mut seen = Vec::new();
    let queries = [
        good.to_string(),
        good.to_string(),
        good.clone().set("Timestamp", "1").to_string(),
        good.clone().set("Signature", &Signature([0; 16]).to_string()).to_string(),
        good.clone().set("AppId", "8").to_string(),
        backend.query(now).set("Action", "Other").to_string(),
        good.and("AppId", "1").to_string(),
    ];
    for query in queries {
        seen.push(child.get(&query).await.body);
    }
    for path in ["/nowhere", "/.well-known/jwks.json"] {
        let mut wire = Wire::connect(child.gateway).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let Answer { head, body, .. } = wire.answer().await;
        seen.extend([head, body]);
    }
    seen
}

/// The files under `folder` that hold these bytes.
pub(crate) fn search(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(search(&path, bytes));
        } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|part| part == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}
