//! Issuing keys in a hardware token, as SoftHSM makes one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::keys::{carry, offline_roots, sign};
use crate::support::{House, text};

const PIN: &str = "739154";

/// Where Debian and others put it.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// Gives the house a token, and a configuration that names it.
fn plug_in(house: &House) {
    let module = MODULES.iter().find(|path| Path::new(path).exists());
    let module = module.expect("SoftHSM is not installed: apt-get install softhsm2");
    let tokens = house.path("tokens");
    fs::create_dir(&tokens).unwrap();
    house.write("softhsm2.conf", &format!("directories.tokendir = {}\n", tokens.display()));
    set_pin(house, PIN);
    let config = "[pkcs11]\ntoken = 'left rack'\npin_file = 'pin'\n";
    house.write("tonegate.toml", &format!("{config}module = '{module}'\n"));
    let mut init = Command::new("softhsm2-util");
    init.args([
        "--init-token",
        "--free",
        "--label",
        "left rack",
        "--pin",
        PIN,
        "--so-pin",
        "51379",
    ]);
    init.env("SOFTHSM2_CONF", house.path("softhsm2.conf")).stdout(Stdio::null());
    assert!(init.status().expect("softhsm2-util: apt-get install softhsm2").success());
}

fn set_pin(house: &House, pin: &str) {
    house.write("pin", pin);
    fs::set_permissions(house.path("pin"), Permissions::from_mode(0o600)).unwrap();
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
    plug_in(&house);
    house.run(&["key", "rotate", "--now", "--in-token"]).code(0);
    let well = finding(&house, "token");
    assert_eq!(well["health"], "ok");
    assert!(text(&well["found"]).contains("takes the PIN; 1 keys sign"), "{well}");
    set_pin(&house, "000000");
    let refused = finding(&house, "token");
    assert_eq!(refused["health"], "fail");
    assert!(text(&refused["found"]).contains("refused the PIN (it is wrong)"), "{refused}");
    set_pin(&house, PIN);
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
