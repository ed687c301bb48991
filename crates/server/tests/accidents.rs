//! Keys are lost by accident: each part of an installation replaced by another's. Every start is
//! refused, with a line that names what moved.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tonegate_server::clock::Clock;
use tonegate_server::keys::{Rotation, rotate};
use tonegate_server::{Server, StartError};

use crate::support::{House, NOW};

/// Why the house's server does not start.
async fn refusal(house: &House) -> String {
    match Server::bind(house.config(), Clock::manual(NOW).0).await {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    }
}

fn take(from: &House, to: &House, name: &str) {
    fs::copy(from.path(name), to.path(name)).unwrap();
}

fn assert_names(refusal: &str, words: &[&str]) {
    for word in words {
        assert!(refusal.contains(word), "`{word}` in: {refusal}");
    }
    assert!(!refusal.contains('\n'), "one line: {refusal}");
}

#[tokio::test]
async fn pins_of_another_installation() {
    let (ours, theirs) = (House::at(NOW).await, House::at(NOW).await);
    take(&theirs, &ours, "pins.json");
    assert_names(&refusal(&ours).await, &["pins.json", "database", "the installation is"]);
}

#[tokio::test]
async fn pins_edited_by_hand() {
    let (ours, theirs) = (House::at(NOW).await, House::at(NOW).await);
    let read = |house: &House| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(house.path("pins.json")).unwrap()).unwrap()
    };
    let mut pins = read(&ours);
    pins["pins"] = read(&theirs)["pins"].clone();
    fs::write(ours.path("pins.json"), pins.to_string()).unwrap();
    assert_names(&refusal(&ours).await, &["pins.json", "the pins is", "put the right one back"]);
}

#[tokio::test]
async fn pins_missing_or_damaged() {
    let ours = House::at(NOW).await;
    fs::write(ours.path("pins.json"), "{").unwrap();
    assert_names(&refusal(&ours).await, &["cannot read", "pins.json"]);
    fs::remove_file(ours.path("pins.json")).unwrap();
    assert_names(&refusal(&ours).await, &["cannot read", "pins.json", "key pins --restore"]);
}

#[tokio::test]
async fn key_encryption_key_of_another_installation_or_missing() {
    let (ours, theirs) = (House::at(NOW).await, House::at(NOW).await);
    fs::remove_file(ours.path("kek.key")).unwrap();
    assert_names(&refusal(&ours).await, &["key-encryption key", "kek.key"]);
    take(&theirs, &ours, "kek.key");
    fs::set_permissions(ours.path("kek.key"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_names(&refusal(&ours).await, &["key-encryption key", "database was sealed with"]);
}

#[tokio::test]
async fn database_of_another_installation_or_missing() {
    let (ours, theirs) = (House::at(NOW).await, House::at(NOW).await);
    take(&theirs, &ours, "tonegate.db");
    assert_names(&refusal(&ours).await, &["key-encryption key", "database was sealed with"]);
    // With its key, the pins still tell.
    take(&theirs, &ours, "kek.key");
    assert_names(&refusal(&ours).await, &["pins.json", "database"]);
    fs::remove_file(ours.path("tonegate.db")).unwrap();
    assert_names(&refusal(&ours).await, &["there is no database at", "tonegate.db"]);
    let empty = House::at(NOW).await;
    fs::remove_dir_all(empty.data().path()).unwrap();
    assert_names(&refusal(&empty).await, &["there is no installation in"]);
}

#[tokio::test]
async fn certificate_of_another_root() {
    let (ours, theirs) = (House::at(NOW).await, House::at(NOW).await);
    let store = theirs.store().await;
    let foreign = store.issuing_keys().await.unwrap().remove(0).key;
    store.close().await;
    let sql = format!("UPDATE issuing_keys SET certificate = '{}'", foreign.certificate);
    ours.vandalise(&sql).await;
    assert_names(&refusal(&ours).await, &["issuing key 1", "pins do not accept"]);
}

#[tokio::test]
async fn certificate_of_another_key() {
    let ours = House::at(NOW).await;
    let store = ours.store().await;
    let second = rotate(&store, None, "operator", NOW, Rotation::first()).await.unwrap();
    store.close().await;
    let swap =
        format!("UPDATE issuing_keys SET certificate = '{}' WHERE serial = 1", second.certificate);
    ours.vandalise(&swap).await;
    let kid = second.kid;
    assert_names(&refusal(&ours).await, &["issuing key 1", "the certificate is for key", &kid]);
}

#[tokio::test]
async fn root_that_no_app_pins() {
    let (ours, theirs) = (House::at(NOW).await, House::at(NOW).await);
    let store = theirs.store().await;
    let foreign = store.root_keys().await.unwrap().remove(0);
    store.close().await;
    let kid = foreign.kid.clone();
    ours.change(async |tx| tx.add_root_key(&foreign.kid, &foreign.seed).await.unwrap()).await;
    assert_names(&refusal(&ours).await, &["root key", &kid, "not among the pins"]);
}

#[tokio::test]
async fn no_key_that_signs_now() {
    let ours = House::at(NOW).await;
    ours.vandalise("DELETE FROM root_keys").await;
    let later = Clock::manual(NOW + 60 * 86_400).0;
    let refused = Server::bind(ours.config(), later).await.err().unwrap();
    assert!(matches!(refused, StartError::SelfIssue(_)));
    assert_names(
        &refused.to_string(),
        &["cannot issue a licence to itself", "issuing key", "doctor"],
    );
}

#[tokio::test]
async fn another_server_on_the_same_data() {
    let server = crate::support::TestServer::new().await;
    let refused = Server::bind(server.house.config(), Clock::system()).await.err().unwrap();
    assert_names(&refused.to_string(), &["another server runs on this data directory"]);
}

#[tokio::test]
async fn port_taken() {
    let server = crate::support::TestServer::new().await;
    let other = House::new().await;
    let mut config = other.config();
    config.gateway.address = server.gateway;
    let refused = Server::bind(config, Clock::system()).await.err().unwrap();
    assert_names(&refused.to_string(), &[&server.gateway.to_string()]);
}
