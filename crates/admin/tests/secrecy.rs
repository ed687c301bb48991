//! What proves who somebody is never shows: not in the database, nor in logs at their most talkative.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tonegate_server::model::Role;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{House, PASSWORD, Persona, text};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_proof_is_kept_or_logged() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let (house, hand) = House::manual().await;
    let (anna, browser) = house.first_owner().await;
    let signed_in = house.sign_in(&anna, &hand).await;
    let made = browser.post("/users", json!({ "name": "ben", "role": "viewer" })).await.expect(201);
    let invitation = text(&made["invitation_token"]).to_owned();
    let half = json!({ "token": invitation, "password": "half horse staple 9" });
    let half = house.anonymous().post("/enrollments", half).await.expect(201);
    house
        .try_sign_in("anna", "wrong horse staple 3", "000000")
        .await
        .refused(401, "wrong_credentials");
    let api_token = house.token_text(Role::Viewer, None, false).await;
    Persona::token(house.admin, &api_token).get("/session").await.expect(200);
    let session = signed_in.header("set-cookie").unwrap();
    let session = session.split(['=', ';']).nth(1).unwrap().to_owned();
    let csrf = text(&signed_in.expect(201)["csrf_token"]).to_owned();
    let data = house.data();
    let _directory = house.stop().await;

    let secrets = [
        PASSWORD.to_owned(),
        "half horse staple 9".to_owned(),
        "wrong horse staple 3".to_owned(),
        anna.phone.secret.clone(),
        text(&half["totp_secret"]).to_owned(),
        invitation,
        api_token,
        session,
        csrf,
    ];
    let log = log.0.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&log);
    assert!(text.contains("DEBUG") && text.contains("setup token"), "it did log: {text}");
    for secret in secrets {
        assert!(!holds(&log, secret.as_bytes()), "{secret}");
        assert_eq!(search(data.path(), secret.as_bytes()), [""; 0], "{secret}");
        let raw = data_encoding::BASE32_NOPAD.decode(secret.as_bytes());
        if let Ok(raw) = raw {
            assert_eq!(search(data.path(), &raw), [""; 0], "{secret}");
        }
    }
    // The search finds what is there.
    assert!(!search(data.path(), b"argon2id").is_empty());
    assert!(!search(data.path(), b"anna").is_empty());
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The files under `folder` that hold these bytes.
fn search(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(search(&path, bytes));
        } else if holds(&std::fs::read(&path).unwrap(), bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}
