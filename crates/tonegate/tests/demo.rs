//! `tonegate demo`, as a newcomer and as a script meet it.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Stdio};

use serde_json::{Deserializer, Value};

use crate::support::{FREE, House, get, get_with, text};

fn once(more: &[&str]) -> Vec<String> {
    let demo = [&["demo", "--once"], FREE.as_slice(), more].concat();
    demo.into_iter().map(str::to_owned).collect()
}

fn run(house: &House, more: &[&str]) -> crate::support::Ran {
    house.run(&once(more).iter().map(String::as_str).collect::<Vec<_>>())
}

/// A demo that goes on serving, ended with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a demo, and gives the one object that it prints.
fn start(house: &House, more: &[&str]) -> (Demo, Value) {
    let demo = [&["demo", "--json"], FREE.as_slice(), more].concat();
    let mut child = house.command(&demo).stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let demo = Demo(child);
    let object = Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap();
    (demo, object)
}

#[test]
fn it_ends_with_a_valid_license_and_says_all_on_the_way() {
    let ran = run(&House::empty(), &[]).code(0);
    for says in [
        "auto-root",
        "Pins",
        "ServerSecret",
        "{\"Code\":0,\"Message\":\"Success.\"",
        "valid: the licence is valid",
        "Feature ans-ai  runs",
        "curl 'http://127.0.0.1:",
        "Handed to an app by the relay",
        "\"Source\":\"fresh\"",
        "curl -H 'Authorization: Bearer tgrk_",
    ] {
        assert!(ran.stdout.contains(says), "{says}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'), "no colour where there is no terminal");
    assert_eq!(ran.stderr, "");
}

#[test]
fn json_is_one_object_and_a_second_run_finds_the_same() {
    let house = House::empty();
    let first = run(&house, &["--json"]).json();
    let keys: BTreeSet<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["app_id", "pins", "relay", "request_url", "response", "server_secret", "verdict"];
    assert_eq!(keys, BTreeSet::from(expected));
    assert_eq!(first["app_id"], 12345);
    assert_eq!(first["response"]["Code"], 0);
    assert_eq!(first["verdict"]["state"], "valid");
    let second = run(&house, &["--json"]).json();
    assert_eq!(
        (&first["pins"], &first["server_secret"]),
        (&second["pins"], &second["server_secret"])
    );
}

#[test]
fn the_license_verifies_elsewhere_with_the_pins_alone() {
    let demo = run(&House::empty(), &["--json"]).json();
    let license = text(&demo["response"]["Data"]["License"]);
    let pins = text(&demo["pins"]);
    let elsewhere = House::empty();
    let verdict = elsewhere.json(&["license", "verify", &license, "--pins", &pins]);
    assert_eq!(verdict["state"], "valid");
}

#[test]
fn it_goes_on_serving_and_its_url_works_once() {
    let house = House::empty();
    let (_demo, object) = start(&house, &[]);
    let url = text(&object["request_url"]);
    assert!(get(&url).contains("\"Code\":0"));
    let relay = &object["relay"];
    let key = format!("Authorization: Bearer {}\r\n", text(&relay["api_key"]));
    let (status, again) = get_with(&text(&relay["url"]), &key);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((status, &again["License"]), (200, &relay["response"]["License"]));
    assert!(get(&url).contains("100000005"), "a signature is good once");
    run(&house, &[]).refused(5, "another server runs on this data directory");
}

#[test]
fn tls_comes_with_an_authority_that_a_client_can_be_given() {
    let house = House::empty();
    let (demo, object) = start(&house, &["--tls", "--host", "zim-api.example"]);
    let url = text(&object["request_url"]);
    let base = url.split("/?").next().unwrap();
    assert!(base.starts_with("https://"));
    let secret = text(&object["server_secret"]);
    let fetch = ["license", "fetch", "--url", base, "--app-id", "12345", "--secret-stdin"];
    let authority = house.data("tls/authority.pem").display().to_string();
    let trusting = [&fetch[..], &["--ca", &authority]].concat();
    house.run_with(&trusting, &secret).code(0);
    house.run_with(&fetch, &secret).refused(1, "certificate");
    drop(demo);
    let kept = std::fs::read(house.data("tls/authority.pem")).unwrap();
    run(&house, &["--tls"]).code(0);
    assert_eq!(std::fs::read(house.data("tls/authority.pem")).unwrap(), kept, "trusted once");
}

#[test]
fn a_taken_port_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = House::empty();
    let demo = ["demo", "--once", "--address", &address, "--admin-address", "127.0.0.1:0"];
    house.run(&demo).refused(5, "taken by another program");
    let ran = house.run(&[&demo[..], &["--json"]].concat()).code(5);
    let error: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "in_use");
}
