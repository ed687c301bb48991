//! Issuing keys in a hardware token, as SoftHSM makes one.

use std::fs;

use tonegate_testing::SoftHsm;

use crate::keys::{carry, offline_roots, sign};
use crate::support::{House, text};

/// Gives the house a token, and a configuration that names it.
fn plug_in(house: &House) -> SoftHsm {
    let token = SoftHsm::make(&house.path(""));
    let (module, label) = (SoftHsm::module(), SoftHsm::LABEL);
    let config = format!("[pkcs11]\ntoken = '{label}'\npin_file = 'pin'\n");
    house.write("tonegate.toml", &format!("{config}module = '{}'\n", module.display()));
    token
}

fn finding(house: &House, check: &str) -> serde_json::Value {
    let ran = house.run(&["doctor", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = all["checks"].as_array().unwrap().iter().find(|found| found["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} in {all}")).clone()
}

#[test]
fn a_key_in_the_token_signs_and_is_shown_there() {
    let house = House::new();
    house.run(&["key", "rotate", "--in-token"]).refused(1, "no hardware token is configured");
    plug_in(&house);
    let rotated = house.json(&["key", "rotate", "--now", "--in-token"]);
    assert_eq!((&rotated["serial"], &rotated["token"]), (&2.into(), &"left rack".into()));
    let keys = house.json(&["key", "list"]);
    assert_eq!(keys["keys"][0]["token"], serde_json::Value::Null);
    assert_eq!(keys["keys"][1]["token"], "left rack");
    let list = house.run(&["key", "list"]).code(0).stdout;
    assert!(list.contains("token left rack") && list.contains("database"), "{list}");
    let secret = house.app("5");
    let server = house.serve(&[]);
    let license = server.fetch(&house, "5", &secret).code(0).stdout;
    let verdict = house.json(&["license", "verify", license.trim(), "--data", "tonegate-data"]);
    assert_eq!(verdict["state"], "valid");
    assert_eq!(verdict["license"]["kid"], rotated["kid"]);
}

#[test]
fn the_doctor_says_how_the_token_is_and_tries_its_pin_once() {
    let house = House::new();
    let token = plug_in(&house);
    house.run(&["key", "rotate", "--now", "--in-token"]).code(0);
    let well = finding(&house, "token");
    assert_eq!(well["health"], "ok");
    assert!(text(&well["found"]).contains("takes the PIN; 1 keys sign"), "{well}");
    token.set_pin("000000");
    let refused = finding(&house, "token");
    assert_eq!(refused["health"], "fail");
    assert!(text(&refused["found"]).contains("refused the PIN (it is wrong)"), "{refused}");
    token.set_pin(SoftHsm::PIN);
    fs::rename(house.path("tokens"), house.path("away")).unwrap();
    fs::create_dir(house.path("tokens")).unwrap();
    let absent = finding(&house, "token");
    assert!(text(&absent["found"]).contains("the token left rack is in no slot"), "{absent}");
    fs::remove_file(house.path("tonegate.toml")).unwrap();
    let nowhere = finding(&house, "token");
    assert!(text(&nowhere["found"]).contains("none is configured"), "{nowhere}");
}

#[test]
fn a_ceremony_certifies_keys_in_the_token() {
    let (offline, house) = offline_roots();
    plug_in(&house);
    let request = ["key", "ceremony", "request", "--out", "request", "--count", "2", "--in-token"];
    house.run(&request).code(0);
    let pending = fs::read_to_string(house.data("pending-keys.json")).unwrap();
    assert!(pending.contains("left rack") && !pending.contains("sealed\":"), "{pending}");
    carry(&house, "request", &offline);
    sign(&offline, &["--yes"]).code(0);
    carry(&offline, "certificates", &house);
    house.run(&["key", "ceremony", "install", "certificates"]).code(0);
    let keys = house.json(&["key", "list"]);
    assert_eq!(
        (&keys["keys"][0]["state"], &keys["keys"][1]["state"]),
        (&"signing".into(), &"next".into())
    );
    let secret = house.app("5");
    let server = house.serve(&[]);
    let license = server.fetch(&house, "5", &secret).code(0).stdout;
    let verdict = house.json(&["license", "verify", license.trim(), "--data", "tonegate-data"]);
    assert_eq!(verdict["license"]["kid"], keys["keys"][0]["kid"]);
}
