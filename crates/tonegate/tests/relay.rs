//! `tonegate relay`, as an operator and an app's backend meet it: before a real issuer.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{House, Server, eventually, get, get_with, text};

/// An issuer with the app 7, and a relay's configuration before it.
pub(crate) struct Place {
    pub(crate) house: House,
    pub(crate) issuer: Server,
    pub(crate) secret: String,
    pub(crate) api_key: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let house = House::new();
        let secret = house.app("7");
        let issuer = house.serve(&[]);
        let pins = house.json(&["key", "pins"]);
        house.write("7.secret", &format!("{secret}\n"));
        std::fs::set_permissions(house.path("7.secret"), Permissions::from_mode(0o600)).unwrap();
        let config = format!(
            "[[apps]]\napp_id = 7\nsecret_file = '7.secret'\nfeatures = ['ans']\n\
             [upstreams.ours]\nendpoints = ['{}']\npins = '{}'\nissuer = '{}'\n\
             [auth]\napi_keys = 'keys.json'\n",
            issuer.url(),
            text(&pins["pins"]),
            text(&pins["issuer"]),
        );
        house.write("relay.toml", &config);
        let api_key = text(&house.json(&["relay", "key", "add", "backend"])["api_key"]);
        Self { house, issuer, secret, api_key }
    }

    /// Status and body of what the relay answers with this key.
    pub(crate) fn ask(&self, relay: &Server, key: &str) -> (u16, Value) {
        let url = format!("{}/v1/license", relay.url());
        let (status, body) = get_with(&url, &format!("Authorization: Bearer {key}\r\n"));
        (status, serde_json::from_str(&body).unwrap())
    }
}

#[test]
fn a_licence_goes_from_the_issuer_to_an_app() {
    let place = Place::new();
    let relay = place.house.relay("relay.toml");
    let (status, answer) = place.ask(&relay, &place.api_key);
    assert_eq!((status, &answer["AppId"], &answer["Source"]), (200, &7.into(), &"fresh".into()));
    let data = place.house.data("").display().to_string();
    let license = text(&answer["License"]);
    let verify = ["license", "verify", &license, "--app-id", "7", "--data", &data];
    place.house.run(&verify).code(0);

    let admin = relay.admin.to_string();
    let status = place.house.run(&["relay", "status", "--admin-address", &admin]).code(0).stdout;
    assert!(
        status.contains("APP  UPSTREAM  STATE") && status.contains("7    ours      fresh"),
        "{status}"
    );
    let document = place.house.json(&["relay", "status", "--admin-address", &admin]);
    assert_eq!(document["apps"][0]["expire_at_basis"], "license");

    relay.signal(Signal::TERM);
    let (code, log) = relay.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
    assert!(!log.contains(&place.secret) && !log.contains(&place.api_key));
}

#[test]
fn it_goes_on_without_the_issuer_also_after_a_restart() {
    let place = Place::new();
    let relay = place.house.relay("relay.toml");
    let (_, before) = place.ask(&relay, &place.api_key);
    relay.signal(Signal::KILL);
    relay.ended();
    place.issuer.signal(Signal::TERM);
    let relay = place.house.relay("relay.toml");
    let (status, after) = place.ask(&relay, &place.api_key);
    assert_eq!((status, &after["License"]), (200, &before["License"]));
    assert!(get(&format!("http://{}/readyz", relay.admin)).contains("\"ready\":true"));
}

#[test]
fn the_cause_and_its_cure_are_shown() {
    let place = Place::new();
    place.house.write("7.secret", "0123456789abcdef0123456789abcdef");
    let check = place.house.run(&["relay", "check"]).code(3).stdout;
    assert!(
        check.contains("none") && check.contains("with the ServerSecret, not the AppSign"),
        "{check}"
    );
    let relay = place.house.relay("relay.toml");
    let (status, problem) = place.ask(&relay, &place.api_key);
    assert_eq!((status, &problem["code"]), (503, &"no_license".into()));
    assert!(text(&problem["detail"]).contains("refused 100000005"), "{problem}");
    let admin = relay.admin.to_string();
    let status = place.house.run(&["relay", "status", "--admin-address", &admin]).code(3).stdout;
    assert!(status.contains("expired") && status.contains("used before"), "{status}");

    // The right secret is taken without a restart.
    place.house.write("7.secret", &place.secret);
    eventually(|| place.ask(&relay, &place.api_key).0, |status| *status == 200);
}

#[test]
fn a_check_tells_what_an_operator_wants_to_know() {
    let place = Place::new();
    let check = place.house.run(&["relay", "check"]).code(0).stdout;
    assert!(check.contains("verified") && check.contains("right"), "{check}");
    assert!(check.contains("same string"), "{check}");
    let found = &place.house.json(&["relay", "check"])["apps"][0]["found"];
    assert_eq!((&found["clock_offset"], &found["same_string"]), (&0.into(), &true.into()));
}

#[test]
fn keys_are_made_listed_and_revoked_while_it_runs() {
    let place = Place::new();
    let relay = place.house.relay("relay.toml");
    let add = ["relay", "key", "add", "second", "--app", "7", "--expires", "+90d"];
    let added = place.house.json(&add);
    let key = text(&added["api_key"]);
    eventually(|| place.ask(&relay, &key).0, |status| *status == 200);
    let list = place.house.run(&["relay", "key", "list"]).code(0).stdout;
    assert!(list.contains("backend") && list.contains("every app") && list.contains("second"));
    assert!(!list.contains(&key));
    place.house.run(&["relay", "key", "revoke", &text(&added["id"])]).code(0);
    eventually(|| place.ask(&relay, &key).0, |status| *status == 401);
    assert_eq!(place.ask(&relay, &place.api_key).0, 200);
    place.house.run(&["relay", "key", "revoke", "k_00000000"]).refused(4, "k_00000000");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let place = Place::new();
    let house = &place.house;
    let good = std::fs::read_to_string(house.path("relay.toml")).unwrap();
    let refused = |from: &str, to: &str, code: i32, why: &str| {
        house.write("bad.toml", &good.replace(from, to));
        house.run(&["relay", "--config", "bad.toml"]).refused(code, why);
    };
    refused("api_keys = 'keys.json'", "", 2, "nobody could ask this relay");
    refused("app_id = 7", "app_id = 'x'", 2, "bad.toml");
    refused("secret_file", "secret", 2, "unknown field `secret`");
    refused("issuer = ", "isuer = ", 2, "unknown field `isuer`");
    refused("[auth]", "[auth]\nkey = 1", 2, "unknown field `key`");
    refused("secret_file = '7.secret'", "", 2, "ServerSecret is missing");
    refused("7.secret", "missing", 4, "cannot read the secret");
    house.run(&["relay", "--config", "missing.toml"]).refused(2, "missing.toml");
    let empty = House::empty();
    empty.run(&["relay"]).refused(2, "there is no [[apps]] table");
    std::fs::set_permissions(house.path("7.secret"), Permissions::from_mode(0o644)).unwrap();
    house.run(&["relay"]).refused(4, "chmod 600");
    let status = ["relay", "status", "--admin-address", "127.0.0.1:1"];
    house.run(&status).refused(1, "Is the relay running?");
}

#[test]
fn the_configuration_that_is_printed_is_one_that_works() {
    let place = Place::new();
    let printed = place.house.run(&["relay", "--print-config"]).code(0).stdout;
    let own = std::fs::read_to_string(place.house.path("relay.toml")).unwrap();
    let printed = printed.replace("apps = []", "").replace("[upstreams]", "");
    let printed = printed.replace("api_keys = \"\"", "api_keys = 'keys.json'");
    let own = own.split("[auth]").next().unwrap();
    place.house.write("whole.toml", &format!("{own}{printed}"));
    let relay = place.house.relay("whole.toml");
    assert_eq!(place.ask(&relay, &place.api_key).0, 200);
}
