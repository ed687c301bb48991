//! `tonegate app`, also while a server runs on the same data.

use crate::support::{House, eventually, text};

#[test]
fn every_change_reaches_a_running_server() {
    let house = House::new();
    let server = house.serve(&[]);
    let first = house.app("777");
    let fetch = |secret: &str| server.fetch(&house, "777", secret);
    let until = |secret: &str, says: &str| {
        eventually(|| fetch(secret), |ran| ran.stderr.contains(says));
    };
    eventually(|| fetch(&first).code, |code| *code == 0);

    house.run(&["app", "suspend", "777"]).code(0);
    until(&first, "100000017");
    fetch(&first).refused(3, "100000017");
    house.run(&["app", "resume", "777"]).code(0);
    eventually(|| fetch(&first).code, |code| *code == 0);

    house.run(&["app", "set", "777", "--feature", "ans-ai", "--name", "卡拉"]).code(0);
    let has_feature = |license: &String| {
        let explained = house.json(&["license", "explain", license]);
        explained["license"]["features"][0]["name"] == "ans-ai"
    };
    eventually(|| fetch(&first).stdout.trim().to_owned(), has_feature);

    let rotated = house.json(&["app", "secret", "rotate", "777"]);
    let second = text(&rotated["server_secret"]);
    eventually(|| fetch(&second).code, |code| *code == 0);
    fetch(&first).code(0);
    house.run(&["app", "secret", "revoke", "777", "1"]).code(0);
    until(&first, "910004");
    fetch(&second).code(0);

    house.run(&["app", "delete", "777", "--yes", "Karaoke"]).refused(2, "卡拉");
    house.run_with(&["app", "delete", "777"], "卡拉\n").code(0);
    until(&second, "100000010");
    house.run(&["app", "show", "777"]).refused(1, "there is no app 777");
}

#[test]
fn a_backends_secret_comes_from_a_file_or_the_environment() {
    let house = House::new();
    let secret = house.app("5");
    let server = house.serve(&[]);
    eventually(|| server.fetch(&house, "5", &secret).code, |code| *code == 0);
    let url = server.url();
    let fetch = ["license", "fetch", "--url", &url, "--app-id", "5"];
    house.write("secret", &format!("{secret}\n"));
    house.run(&[&fetch[..], &["--secret-file", "secret"]].concat()).code(0);
    let status = house.command(&fetch).env("TONEGATE_SERVER_SECRET", &secret).output().unwrap();
    assert!(status.status.success());
    house.run(&fetch).refused(2, "TONEGATE_SERVER_SECRET");
}

#[test]
fn settings_read_back_and_none_takes_them_away() {
    let house = House::new();
    house.app("9");
    let listed = house.json(&["app", "list"]);
    assert_eq!((&listed["apps"][0]["app_id"], &listed["apps"][0]["rev"]), (&9.into(), &1.into()));
    let set = [
        "app",
        "set",
        "9",
        "--feature",
        "ans:2026-01-01..2036-01-01",
        "--lifetime",
        "3d",
        "--rate",
        "50",
        "--on-expiry",
        "ans:grace:24",
        "--bind",
        "ios:com.example.karaoke",
        "--allow-network",
        "192.0.2.7/24",
        "--until",
        "2036-01-01",
        "--replay-mode",
        "repeatable",
        "--nonce",
        "hex16",
        "--note",
        "ours",
    ];
    let app = house.json(&set);
    assert_eq!(app["features"][0]["from"], 1_767_225_600);
    assert_eq!((&app["lifetime"], &app["rate_per_second"]), (&259_200.into(), &50.into()));
    assert_eq!(app["on_expiry"][0], "ans:grace:24");
    assert_eq!(app["allowed_networks"][0], "192.0.2.0/24");
    assert_eq!(text(&app["bind"][0]).len(), 22);
    assert_eq!((&app["rev"], &app["note"]), (&2.into(), &"ours".into()));
    house.run(&["app", "set", "9", "--rev", "1", "--rate", "1"]).refused(1, "at rev 2");
    let app = house.json(&["app", "set", "9", "--bind", "none", "--until", "none"]);
    assert_eq!((&app["bind"].as_array().unwrap().len(), &app["rev"]), (&0, &3.into()));
    assert!(app["entitlement_until"].is_null());
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_kept() {
    let house = House::new();
    let create = |more: &[&str]| house.run(&[&["app", "create", "Karaoke"], more].concat());
    create(&["--app-id", "0"]).refused(2, "reserved");
    create(&["--secret", "9193cc662a4c0ec135ec71fb57194b38"]).refused(2, "--secret-stdin");
    create(&["--lifetime", "15d"]).refused(1, "lifetime");
    create(&["--on-expiry", "ans:stop"]).refused(1, "the app does not have");
    let mut long = Vec::new();
    for number in 0..16 {
        long.push(format!("--feature=feature-{number:08}"));
        long.push(format!("--on-expiry=feature-{number:08}:grace:72"));
    }
    long.extend((0..8).map(|number| format!("--bind=ios:com.example.app{number}")));
    create(&long.iter().map(String::as_str).collect::<Vec<_>>()).refused(1, "2048 characters");
    let weak = ["app", "create", "Karaoke", "--secret-stdin"];
    house.run_with(&weak, "11111111111111111111111111111111\n").refused(1, "too easy to guess");
    assert_eq!(house.json(&["app", "list"])["apps"].as_array().unwrap().len(), 0);
}

#[test]
fn an_imported_secret_stays_and_is_shown_only_on_demand() {
    let house = House::new();
    let secret = "9193cc662a4c0ec135ec71fb57194b38";
    let create = ["app", "create", "Karaoke", "--app-id", "12345", "--secret-stdin"];
    house.run_with(&create, &format!("{secret}\n")).code(0);
    house.run(&["app", "secret", "show", "12345"]).refused(2, "--yes");
    let shown = house.json(&["app", "secret", "show", "12345", "--yes"]);
    assert_eq!(shown["server_secret"], secret);
    let again = ["app", "create", "Other", "--secret-stdin"];
    house.run_with(&again, &format!("{secret}\n")).refused(1, "in use already");
    let generated = house.json(&["app", "create", "Free"]);
    assert!(generated["app_id"].as_u64().unwrap() >= 100_000_000);
}
