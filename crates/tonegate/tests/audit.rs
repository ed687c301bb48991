//! `tonegate audit`: what was done, and whether the log of it was changed.

use std::fs;

use serde_json::Value;
use tonegate_server::data_dir::DataDir;
use tonegate_server::installation::kek_source;
use tonegate_server::store::Store;

use crate::support::{House, Ran, text};

/// With app 777, which was suspended, and a checkpoint of that in `checkpoints`.
fn house() -> House {
    let house = House::new();
    house.app("777");
    house.run(&["app", "suspend", "777"]).code(0);
    keep_checkpoint(&house);
    house
}

fn keep_checkpoint(house: &House) {
    let kept = fs::read_to_string(house.path("checkpoints")).unwrap_or_default();
    let note = house.run(&["audit", "checkpoint"]).code(0).stdout;
    house.write("checkpoints", &(kept + &note));
}

fn verify(house: &House) -> Ran {
    house.run(&["audit", "verify", "--checkpoint", "checkpoints"])
}

/// The database in one file, its log of changes folded in.
fn fold(house: &House) {
    let data = DataDir::new(&house.path("tonegate-data"));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let kek = kek_source(&data, None).load().unwrap();
        Store::open(&data.database(), kek).await.unwrap().close().await;
    });
}

/// Writes into the database's file, as somebody may who has it.
fn edit(house: &House, what: &[u8], by: &[u8]) {
    fold(house);
    let file = house.data("tonegate.db");
    let mut bytes = fs::read(&file).unwrap();
    let mut edited = 0;
    for at in 0..bytes.len() - what.len() {
        if bytes[at..].starts_with(what) {
            bytes[at..at + what.len()].copy_from_slice(by);
            edited += 1;
        }
    }
    assert!(edited > 0);
    fs::write(file, bytes).unwrap();
}

#[test]
fn the_list_says_who_did_what_newest_first() {
    let house = house();
    let actions = |arguments: &[&str]| {
        let listed = house.json(&[&["audit", "list"], arguments].concat());
        let entries = listed["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| text(&entry["action"])).collect::<Vec<_>>()
    };
    assert_eq!(actions(&["--limit", "2"]), ["audit_key.create", "app.suspend"]);
    assert_eq!(actions(&["--subject", "app 777"]), ["app.suspend", "app.create"]);
    assert_eq!(actions(&["--action", "app.create"]), ["app.create"]);
    assert_eq!(actions(&["--actor", "nobody"]), [""; 0]);
    assert_eq!(actions(&["--before", "2"]), ["installation.create"]);
    let shown = house.run(&["audit", "list"]).code(0).stdout;
    assert!(shown.contains("ENTRY") && shown.contains("app.suspend"), "{shown}");
    assert!(house.run(&["audit", "list", "--actor", "x"]).stdout.contains("no such entry"));
    house.run(&["audit", "list", "--limit", "0"]).code(2);
}

#[test]
fn an_untouched_log_holds_and_says_what_it_cannot_prove() {
    let house = house();
    let alone = house.run(&["audit", "verify"]).code(0).stdout;
    assert!(alone.contains("The audit log is whole"), "{alone}");
    assert!(alone.contains("Not proved: No checkpoint was given"), "{alone}");

    house.run(&["app", "resume", "777"]).code(0);
    let with = verify(&house).code(0).stdout;
    assert!(with.contains("are newer than every checkpoint"), "{with}");
    assert!(with.contains("The key was taken from the same database"), "{with}");

    keep_checkpoint(&house);
    let key = house.run(&["audit", "key"]).code(0).stdout;
    house.write("audit.key", &key);
    for key in [key.trim(), "audit.key"] {
        let verify = ["audit", "verify", "--checkpoint", "checkpoints", "--key", key];
        let verdict = house.json(&verify);
        assert_eq!(verdict["whole"], true);
        assert_eq!(verdict["checkpoints"], 2);
        assert_eq!(verdict["proved_until"], verdict["entries"]);
        assert_eq!(verdict["unproved"], serde_json::json!([]), "nothing is left open");
    }
    let checkpoint = house.json(&["audit", "checkpoint"]);
    assert_eq!(text(&checkpoint["public_key"]), key.trim());
    let verifier = text(&house.json(&["audit", "key"])["verifier_key"]);
    let verify = ["audit", "verify", "--checkpoint", "checkpoints", "--key", &verifier];
    house.run(&verify).code(0);
}

#[test]
fn an_edited_entry_is_found_and_named() {
    let house = house();
    edit(&house, b"app 777", b"app 778");
    let ran = house.run(&["audit", "verify"]).code(1);
    assert!(ran.stdout.contains("The audit log was changed: entry "), "{}", ran.stdout);
    assert!(ran.stdout.contains("was edited"), "{}", ran.stdout);
    let ran = house.run(&["audit", "verify", "--json"]).code(1);
    let verdict: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&verdict["whole"], &verdict["fault"]["kind"]), (&false.into(), &"edited".into()));
    assert!(verdict["fault"]["seq"].as_i64().unwrap() > 1);
}

#[test]
fn an_older_backup_is_found_by_a_newer_checkpoint() {
    let house = house();
    fold(&house);
    fs::copy(house.data("tonegate.db"), house.path("backup")).unwrap();
    house.run(&["app", "resume", "777"]).code(0);
    keep_checkpoint(&house);
    verify(&house).code(0);
    fold(&house);
    fs::copy(house.path("backup"), house.data("tonegate.db")).unwrap();
    house.run(&["audit", "verify"]).code(0);
    let found = verify(&house).code(1).stdout;
    assert!(found.contains("line 7 of the checkpoints: entry "), "{found}");
    assert!(found.contains("an older backup was put back"), "{found}");
    // What is done from there on is another story than the one that was signed.
    house.run(&["app", "delete", "777", "--yes", "Karaoke"]).code(0);
    let found = verify(&house).code(1).stdout;
    assert!(found.contains("was another: it was written anew since"), "{found}");
}

#[test]
fn checkpoints_of_another_installation_or_none_are_told() {
    let (house, other) = (house(), house());
    fs::copy(other.path("checkpoints"), house.path("checkpoints")).unwrap();
    let found = verify(&house).code(1).stdout;
    assert!(found.contains("this one is of installation"), "{found}");
    house.write("checkpoints", "");
    verify(&house).refused(1, "there is no checkpoint in checkpoints");
    house.write("checkpoints", "a letter\n");
    let found = verify(&house).code(1).stdout;
    assert!(found.contains("line 1 of the checkpoints: this is no checkpoint"), "{found}");
    house.run(&["audit", "verify", "--checkpoint", "nowhere"]).refused(1, "cannot read nowhere");
    house.run(&["audit", "verify", "--key", "nothing"]).refused(2, "an audit key is 32 bytes");
}

#[test]
fn without_an_installation_it_ends_with_4() {
    let house = House::empty();
    for command in ["list", "verify", "checkpoint", "key"] {
        house.run(&["audit", command]).refused(4, "make one with `tonegate init");
    }
}
