//! `tonegate license verify` and `explain`, for whatever somebody pastes.

use serde_json::Value;

use crate::support::{FREE, House, eventually, text};

/// A house with a demo's licence in the file `license`; its text and the whole answer.
fn licensed() -> (House, String, String) {
    let house = House::empty();
    let demo = house.json(&[&["demo", "--once"], &FREE[..]].concat());
    let license = text(&demo["response"]["Data"]["License"]);
    house.write("license", &license);
    (house, license, demo["response"].to_string())
}

fn explain(house: &House, text: &str, more: &[&str]) -> Value {
    let explain = [&["license", "explain", "-", "--json"], more].concat();
    house.run_with(&explain, text).json()
}

const DATA: [&str; 2] = ["--data", "tonegate-data"];

#[test]
fn verify_ends_with_0_only_for_a_valid_license() {
    let (house, license, _) = licensed();
    let verify = |license: &str, more: &[&str]| {
        house.run(&[&["license", "verify", license], &DATA[..], more].concat())
    };
    verify("license", &[]).code(0);
    verify(&license, &["--app-id", "12345", "--issuer", "tonegate"]).code(0);
    verify("license", &["--at", "+8d"]).code(3);
    // A device takes the licence's own hour as proof that its clock is behind.
    verify("license", &["--at", "-2h"]).code(0);
    verify("license", &["--app-id", "1"]).code(3);
    verify("license", &["--environment", "test"]).code(3);
    verify("license", &["--issuer", "other"]).code(3);
    let (kept, signature) = license.split_at(license.len() - 20);
    let first = if signature.starts_with('A') { "B" } else { "A" };
    verify(&format!("{kept}{first}{}", &signature[1..]), &[]).code(3);
    verify("", &[]).code(3);
    house.run(&["license", "verify", "license"]).refused(2, "nothing to verify against");
    house.run(&["license", "verify", "license", "--pins", "x"]).code(2);
    let with_file = ["license", "verify", "license", "--pins-file", "tonegate-data/pins.json"];
    house.run(&with_file).code(0);
}

#[test]
fn a_bound_license_is_one_apps_alone() {
    let house = House::new();
    let create = ["app", "create", "Bound", "--app-id", "5", "--feature", "ans"];
    let created = house.json(&[&create[..], &["--bind", "ios:com.example.karaoke"]].concat());
    let server = house.serve(&[]);
    let secret = text(&created["server_secret"]);
    let fetched = eventually(|| server.fetch(&house, "5", &secret), |ran| ran.code == 0);
    let verify = |more: &[&str]| {
        let verify = ["license", "verify", fetched.stdout.trim()];
        house.run(&[&verify[..], &DATA, more].concat())
    };
    verify(&["--identity", "ios:com.example.karaoke"]).code(0);
    verify(&["--identity", "ios:com.example.other"]).code(3);
    assert!(verify(&[]).code(3).stdout.contains("tied to another app identity"));
}

#[test]
fn verify_and_explain_say_how_each_feature_ends() {
    let house = House::new();
    let create = ["app", "create", "Ends", "--app-id", "5"];
    let features = ["--feature", "agc", "--feature", "ans", "--feature", "ans-ai"];
    let ends = ["--on-expiry", "agc:stop", "--on-expiry", "ans:grace:24"];
    let secret = text(&house.json(&[&create[..], &features, &ends].concat())["server_secret"]);
    let server = house.serve(&[]);
    let license = eventually(|| server.fetch(&house, "5", &secret), |ran| ran.code == 0).stdout;
    let run = |command: &str, more: &[&str]| {
        house.run(&[&["license", command, license.trim()], &DATA[..], more].concat())
    };
    for command in ["verify", "explain"] {
        let shown = run(command, &[]).code(0).stdout;
        for (feature, says) in [
            ("agc", "runs; stops at expiry, "),
            ("ans", "runs; grace until "),
            ("ans-ai", "runs; passes audio untouched after "),
        ] {
            let line = shown.lines().find(|line| line.starts_with(&format!("Feature {feature} ")));
            assert!(line.is_some_and(|line| line.contains(says)), "{feature}: {shown}");
        }
    }
    let verdict = run("verify", &["--json"]).json();
    let until = verdict["validity"]["valid_until"].as_i64().unwrap();
    let [agc, ans, ans_ai] = [0, 1, 2].map(|at| verdict["features"][at].clone());
    assert_eq!((&agc["on_expiry"], &agc["runs_until"]), (&"stop".into(), &until.into()));
    assert_eq!(ans_ai["on_expiry"], "bypass");
    assert_eq!(ans["on_expiry"], "grace:24");
    // A device takes between a half and the whole of it.
    let grace = ans["runs_until"].as_i64().unwrap() - until;
    assert!((12 * 3_600..=24 * 3_600).contains(&grace), "{grace}");
    let explained = run("explain", &["--json"]).json();
    assert_eq!(explained["features"][0], agc);
    let ended = run("verify", &["--json", "--at", "+8d"]).code(3).stdout;
    let ended: Value = serde_json::from_str(&ended).unwrap();
    assert_eq!(ended["features"][0]["reason"], "expired");
}

#[test]
fn a_state_file_remembers_the_time() {
    let (house, ..) = licensed();
    let verify = |at: &str| {
        let verify = ["license", "verify", "license", "--state-file", "state", "--at", at];
        house.run(&[&verify[..], &DATA].concat())
    };
    verify("+8d").code(3);
    assert_eq!(std::fs::read(house.path("state")).unwrap().len(), 32);
    verify("now").code(3);
    std::fs::write(house.path("state"), "damaged").unwrap();
    verify("now").code(0);
}

#[test]
fn explain_travels_in_time() {
    let (house, license, _) = licensed();
    let state =
        |at: &str| text(&explain(&house, &license, &[&DATA[..], &["--at", at]].concat())["state"]);
    assert_eq!(state("now"), "valid");
    assert_eq!(state("+8d"), "expired");
    assert_eq!(state("-2h"), "valid");
    let early = explain(&house, &license, &[&DATA[..], &["--at", "-2h"]].concat());
    assert!(early["notes"].to_string().contains("counts as"), "{early}");
    let expired = explain(&house, &license, &[&DATA[..], &["--at", "+8d"]].concat());
    assert_eq!((&expired["verified"], &expired["sdk_code"]), (&true.into(), &82.into()));
    assert!(text(&expired["next_step"]).starts_with("Fetch a new licence"));
    let times: Vec<_> =
        expired["timeline"].as_array().unwrap().iter().map(|it| it["at"].as_i64()).collect();
    assert!(times.is_sorted());
}

#[test]
fn explain_finds_the_license_in_what_was_pasted() {
    let (house, license, answer) = licensed();
    let folded: Vec<_> = license.as_bytes().chunks(70).collect();
    let folded = String::from_utf8(folded.join(&b'\n')).unwrap();
    for (pasted, note) in [
        (answer, "whole answer"),
        (format!("\n  {license}  \n"), "blanks or line ends around"),
        (format!("\"{license}\""), "quotes around"),
        (folded, "line breaks inside"),
    ] {
        let explained = explain(&house, &pasted, &DATA);
        assert_eq!(explained["state"], "valid", "{note}");
        assert!(explained["notes"].to_string().contains(note), "{note}: {explained}");
    }
    let plain = explain(&house, &format!("{license}\n"), &DATA);
    assert_eq!(plain["notes"].as_array().unwrap().len(), 0, "a file's line end is no fault");
}

#[test]
fn explain_without_pins_calls_nothing_proven() {
    let (house, license, _) = licensed();
    let explained = explain(&house, &license, &[]);
    assert_eq!(
        (&explained["state"], &explained["verified"]),
        (&"unverified".into(), &false.into())
    );
    assert_eq!(explained["license"]["app_id"], 12345);
    assert!(explained["notes"].to_string().contains("anybody can have written it"));
    let other = House::new();
    other.write("license", &license);
    let stranger = explain(&other, &license, &DATA);
    assert_eq!((&stranger["reason"], &stranger["verified"]), (&"root".into(), &false.into()));
}

#[test]
fn explain_names_what_is_no_license() {
    let house = House::empty();
    for (pasted, says) in [
        ("", "There is no text"),
        ("complete rubbish", "three parts"),
        ("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.AA", "somebody else"),
        (r#"{"Code":100000004,"Message":"Signature expired."}"#, "SignatureExpired"),
        ("\u{0}\u{1b}[31m", "three parts"),
    ] {
        let explained = explain(&house, pasted, &[]);
        assert_eq!(explained["state"], "no_license");
        assert!(text(&explained["message"]).contains(says), "{pasted}: {explained}");
        assert!(!text(&explained["next_step"]).is_empty());
    }
}

#[test]
fn a_signed_url_needs_the_right_app_and_a_secret_of_it() {
    let (house, ..) = licensed();
    let signed = house.json(&["sign", "--app-id", "12345", "--url", "https://issuer.example/"]);
    let url = text(&signed["url"]);
    assert!(
        url.starts_with("https://issuer.example/?Action=CgiDescribeZIMAudioLicense&AppId=12345&")
    );
    assert_eq!(text(&signed["curl"]), format!("curl '{url}'"));
    let shown = house.run(&["sign", "--app-id", "12345"]).code(0).stdout;
    let url = shown.lines().find(|line| line.starts_with("http://127.0.0.1:8080/?")).unwrap();
    assert!(shown.contains(&format!("curl '{url}'")), "{shown}");
    let quoted = ["sign", "--app-id", "12345", "--url", "https://issuer.example/';id;'"];
    house.run(&quoted).refused(2, "scheme, host and port alone");
    house.run(&["sign", "--app-id", "1"]).refused(1, "there is no app 1");
    let stdin = ["sign", "--app-id", "1", "--secret-stdin"];
    house.run_with(&stdin, "too short").refused(1, "32 ASCII letters and digits");
    house.run_with(&stdin, "9193cc662a4c0ec135ec71fb57194b38\n").code(0);
}
