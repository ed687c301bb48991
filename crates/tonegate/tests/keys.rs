//! Rotations, and ceremonies with roots that never meet the server.

use std::os::unix::fs::PermissionsExt as _;

use tonegate_server::clock::Clock;

use crate::support::{House, eventually, text};

#[test]
fn an_emergency_rotation_withdraws_the_stolen_key() {
    let house = House::new();
    let secret = house.app("5");
    let server = house.serve(&[]);
    let old = server.fetch(&house, "5", &secret).code(0).stdout.trim().to_owned();
    let rotated = house.json(&["key", "rotate", "--now", "--raise-floor"]);
    let fetch = || server.fetch(&house, "5", &secret).code(0).stdout.trim().to_owned();
    let new = eventually(fetch, |license| *license != old);

    let verify = |license: &str| {
        let verify = ["license", "verify", license, "--data", "tonegate-data"];
        house.run(&[&verify[..], &["--state-file", "device"]].concat())
    };
    verify(&old).code(0);
    verify(&new).code(0);
    let refused = verify(&old).code(3);
    assert!(refused.stdout.contains("the signing key was withdrawn"), "{}", refused.stdout);
    let keys = house.json(&["key", "list"]);
    assert_eq!(keys["keys"][0]["state"], "withdrawn");
    assert_eq!(keys["keys"][1]["state"], "signing");
    assert_eq!(rotated["sign_from"], keys["keys"][1]["sign_from"]);
}

#[test]
fn a_planned_rotation_leaves_the_old_key_signing() {
    let house = House::new();
    let rotated = house.json(&["key", "rotate"]);
    assert_eq!(rotated["serial"], 2);
    let states: Vec<_> = {
        let keys = house.json(&["key", "list"]);
        keys["keys"].as_array().unwrap().iter().map(|key| text(&key["state"])).collect()
    };
    assert_eq!(states, ["signing", "next"]);
}

/// Roots made offline, and a server that pins them.
pub(crate) fn offline_roots() -> (House, House) {
    let (offline, server) = (House::empty(), House::empty());
    let roots = offline.json(&["key", "ceremony", "new-roots", "--out", "roots"]);
    server.run(&["init", "--pins", &text(&roots["pins"])]).code(0);
    (offline, server)
}

/// Carries a file from one machine to another.
pub(crate) fn carry(from: &House, name: &str, to: &House) {
    std::fs::copy(from.path(name), to.path(name)).unwrap();
}

const REQUEST: [&str; 5] = ["key", "ceremony", "request", "--out", "request"];

pub(crate) fn sign(offline: &House, more: &[&str]) -> crate::support::Ran {
    let sign = ["key", "ceremony", "sign", "--root", "roots/root-active.json"];
    let files = ["--request", "request", "--out", "certificates"];
    offline.run_with(&[&sign[..], &files, more].concat(), "no\n")
}

#[test]
fn a_staged_key_of_a_ceremony_issues_licenses() {
    let (offline, house) = offline_roots();
    let keyless = house.run(&["serve", "--address", "127.0.0.1:0"]).code(4);
    assert!(keyless.stderr.contains("cannot issue a licence"), "{}", keyless.stderr);
    house.run(&[&REQUEST[..], &["--count", "3"]].concat()).code(0);
    carry(&house, "request", &offline);
    // The first key's 30 days are over, the second signs now, the third is staged.
    let from = from_hours_ago(35 * 24);
    let ran = sign(&offline, &["--from", &from, "--yes"]).code(0);
    for says in ["The active root", "as number 1", "as number 3", "may sign licences from 20"] {
        assert!(ran.stdout.contains(says), "{says}: {}", ran.stdout);
    }
    carry(&offline, "certificates", &house);
    house.run(&["key", "ceremony", "install", "certificates"]).code(0);
    let keys = house.json(&["key", "list"]);
    let states: Vec<_> =
        keys["keys"].as_array().unwrap().iter().map(|key| text(&key["state"])).collect();
    assert_eq!(states, ["ended", "signing", "next"]);
    assert_eq!(keys["auto_root"], false);

    let secret = house.app("5");
    let server = house.serve(&[]);
    let license = server.fetch(&house, "5", &secret).code(0).stdout;
    let pins = text(&keys["pins"]);
    let verdict = offline.json(&["license", "verify", license.trim(), "--pins", &pins]);
    assert_eq!(verdict["state"], "valid");
    assert_eq!(verdict["license"]["kid"], keys["keys"][1]["kid"]);
}

/// A full hour so long ago, in the words of an argument.
fn from_hours_ago(hours: u64) -> String {
    let now = Clock::system().wall().as_secs();
    ((now / 3_600 - hours) * 3_600).to_string()
}

#[test]
fn the_first_ceremony_signs_from_now_on_and_the_next_goes_on_where_it_ends() {
    let (offline, house) = offline_roots();
    house.run(&REQUEST).code(0);
    carry(&house, "request", &offline);
    sign(&offline, &["--yes"]).code(0);
    carry(&offline, "certificates", &house);
    house.run(&["key", "ceremony", "install", "certificates"]).code(0);
    let year = house.json(&["key", "list"]);
    assert_eq!(year["keys"].as_array().unwrap().len(), 13);
    assert_eq!(year["keys"][0]["state"], "signing");

    for name in ["request", "certificates"] {
        std::fs::remove_file(house.path(name)).unwrap();
        std::fs::remove_file(offline.path(name)).unwrap();
    }
    house.run(&[&REQUEST[..], &["--count", "1"]].concat()).code(0);
    carry(&house, "request", &offline);
    sign(&offline, &["--yes"]).code(0);
    carry(&offline, "certificates", &house);
    house.run(&["key", "ceremony", "install", "certificates"]).code(0);
    let longer = house.json(&["key", "list"]);
    assert_eq!(longer["keys"][13]["sign_from"], year["covered_until"]);
    assert_eq!(longer["keys"][13]["signs_until"], longer["covered_until"]);
}

#[test]
fn an_installation_of_certificates_can_be_run_again() {
    let (offline, house) = offline_roots();
    house.run(&[&REQUEST[..], &["--count", "2"]].concat()).code(0);
    carry(&house, "request", &offline);
    sign(&offline, &["--yes"]).code(0);
    carry(&offline, "certificates", &house);
    let pending = house.data("pending-keys.json");
    let waiting = std::fs::read(&pending).unwrap();
    let install = || house.json(&["key", "ceremony", "install", "certificates"]);
    let first = install();

    // As after a crash between the database and the file.
    std::fs::write(&pending, waiting).unwrap();
    assert_eq!(install(), first);
    assert!(!pending.exists());
    assert_eq!(install(), first, "with nothing waiting");

    house.run(&["key", "ceremony", "request", "--out", "later"]).code(0);
    assert_eq!(install(), first);
    assert!(pending.exists(), "a later request goes on waiting");
    assert_eq!(house.json(&["key", "list"])["keys"].as_array().unwrap().len(), 2);
}

/// Root stolen: the standby root takes over, and devices that saw it refuse the active one.
#[test]
fn the_standby_root_supersedes_the_active_one() {
    let (offline, house) = offline_roots();
    let request = [&REQUEST[..], &["--count", "1"]].concat();
    house.run(&request).code(0);
    carry(&house, "request", &offline);
    sign(&offline, &["--yes"]).code(0);
    carry(&offline, "certificates", &house);
    house.run(&["key", "ceremony", "install", "certificates"]).code(0);
    let secret = house.app("5");
    let server = house.serve(&[]);
    let fetch = || server.fetch(&house, "5", &secret).code(0).stdout.trim().to_owned();
    let old = fetch();

    house.run(&["key", "ceremony", "request", "--count", "1", "--out", "second"]).code(0);
    carry(&house, "second", &offline);
    let standby = ["key", "ceremony", "sign", "--root", "roots/root-standby.json"];
    let files = ["--request", "second", "--out", "standby", "--from", "now", "--yes"];
    let signed = offline.run(&[&standby[..], &files].concat()).code(0);
    assert!(signed.stdout.contains("never again accepts the active root"), "{}", signed.stdout);
    carry(&offline, "standby", &house);
    house.run(&["key", "ceremony", "install", "standby"]).code(0);
    let new = eventually(fetch, |license| *license != old);

    let verify = |license: &str| {
        let verify = ["license", "verify", license, "--data", "tonegate-data", "--json"];
        house.run(&[&verify[..], &["--state-file", "device"]].concat())
    };
    verify(&old).code(0);
    verify(&new).code(0);
    assert!(verify(&old).code(3).stdout.contains("root_superseded"));
    assert_eq!(house.json(&["key", "list"])["keys"][0]["state"], "withdrawn");
}

/// Keys that an emergency key withdrew must not sign again when it has ended.
#[test]
fn a_withdrawn_key_does_not_sign_again_and_doctor_says_what_is_missing() {
    let (offline, house) = offline_roots();
    let ceremony = |count: &str, from: &str, more: &[&str]| {
        house.run(&[&REQUEST[..], &["--count", count]].concat()).code(0);
        carry(&house, "request", &offline);
        sign(&offline, &[&["--from", from, "--yes"], more].concat()).code(0);
        carry(&offline, "certificates", &house);
        house.run(&["key", "ceremony", "install", "certificates"]).code(0);
        for name in ["request", "certificates"] {
            std::fs::remove_file(house.path(name)).unwrap();
            std::fs::remove_file(offline.path(name)).unwrap();
        }
    };
    ceremony("2", &from_hours_ago(25 * 24), &[]);
    assert_eq!(house.json(&["doctor"])["health"], "ok");
    ceremony("1", &from_hours_ago(40 * 24), &["--raise-floor"]);
    let ran = house.run(&["doctor"]).code(1);
    assert!(ran.stdout.contains("FAIL  issuing keys"), "{}", ran.stdout);
    assert!(ran.stdout.contains("none signs now"), "{}", ran.stdout);
    let keys = house.json(&["key", "list"]);
    assert_eq!(keys["keys"][1]["state"], "withdrawn", "its 30 days are not over");
}

#[test]
fn a_ceremony_takes_nothing_on_trust() {
    House::new().run(&REQUEST).refused(1, "keeps its own roots");
    let (offline, house) = offline_roots();
    house.run(&["key", "rotate"]).refused(1, "kept offline");
    house.run(&["key", "ceremony", "install", "none"]).refused(1, "cannot read none");
    house.run(&[&REQUEST[..], &["--count", "14"]].concat()).refused(2, "1 to 13");
    house.run(&REQUEST).code(0);
    house.run(&["key", "ceremony", "request", "--out", "other"]).refused(1, "--replace");
    carry(&house, "request", &offline);
    let unconfirmed = sign(&offline, &[]).code(1);
    assert!(unconfirmed.stderr.contains("nothing was signed"));
    let unseen = sign(&offline, &["--json"]).code(2);
    assert!(unseen.stderr.contains("give --yes"), "{}", unseen.stderr);
    assert!(!offline.path("certificates").exists());
    sign(&offline, &["--from", "1763840001", "--yes"]).code(2);
    sign(&offline, &["--yes"]).code(0);

    // Another installation of the same roots has other keys.
    let sibling = House::empty();
    let pins = house.run(&["key", "pins"]).code(0).stdout;
    sibling.run(&["init", "--pins", pins.trim()]).code(0);
    carry(&offline, "certificates", &sibling);
    let install = ["key", "ceremony", "install", "certificates"];
    sibling.run(&install).refused(1, "another installation");

    // Other roots refuse to sign for pins that are not theirs.
    let stranger = House::empty();
    stranger.run(&["key", "ceremony", "new-roots", "--out", "roots"]).code(0);
    carry(&house, "request", &stranger);
    sign(&stranger, &["--yes"]).refused(1, "other pins");

    // Private keys are their owner's alone, and no public file is taken for one.
    for file in [offline.path("roots/root-active.json"), house.data("pending-keys.json")] {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let wrong = ["key", "ceremony", "sign", "--root", "request", "--request", "request"];
    offline.run(&[&wrong[..], &["--out", "x", "--yes"]].concat()).refused(1, "not a file of kind");
}
