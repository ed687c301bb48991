//! Backup, restore under a running server, and the move to another database, as an operator does it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tonegate_testing::Postgres;

use crate::support::{House, eventually, text};

#[test]
fn a_restore_says_what_it_undoes_and_a_running_server_follows() {
    let house = House::new();
    let kept = house.app("5");
    let server = house.serve(&[]);
    let made = house.json(&["backup", "--to", "one.backup"]);
    assert_eq!(made["holds_key"], false);
    let mode = fs::metadata(house.path("one.backup")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    house.run(&["backup", "--to", "one.backup"]).refused(1, "exists already");

    let undone = house.app("6");
    house.run(&["app", "suspend", "5"]).code(0);
    eventually(|| server.fetch(&house, "6", &undone).code, |code| *code == 0);
    eventually(|| server.fetch(&house, "5", &kept).code, |code| *code != 0);

    let asked = house.run(&["restore", "one.backup"]).code(1);
    assert!(asked.stdout.contains("changes after it would be undone"), "{asked:?}");
    assert!(asked.stdout.contains("app.suspend (app 5)"), "{asked:?}");
    assert!(asked.stderr.contains("--accept-rollback"), "{asked:?}");
    assert_ne!(server.fetch(&house, "5", &kept).code, 0, "nothing was changed");

    let done = house.run(&["restore", "one.backup", "--accept-rollback"]).code(0);
    assert!(done.stdout.contains("were undone"), "{done:?}");
    eventually(|| server.fetch(&house, "5", &kept).code, |code| *code == 0);
    eventually(|| server.fetch(&house, "6", &undone).code, |code| *code != 0);
    house.run(&["doctor"]).code(0);

    // What was there before lies beside it, and the way back is the same one.
    let before = fs::read_dir(house.data("")).unwrap().flatten();
    let before = before.map(|file| file.file_name().into_string().unwrap());
    let before: Vec<_> = before.filter(|name| name.starts_with("before-restore-")).collect();
    let before = house.data(&before[0]).to_string_lossy().into_owned();
    house.run(&["restore", &before]).refused(1, "not of one history");
}

#[test]
fn a_lost_machine_comes_back_from_a_passphrase() {
    let house = House::new();
    let secret = house.app("5");
    house.write("phrase", "correct horse battery staple\n");
    let phrase = ["--passphrase-file", "phrase"];
    house.run(&[&["backup", "--to", "b"], &phrase[..]].concat()).refused(2, "chmod 600");
    fs::set_permissions(house.path("phrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let made = house.json(&[&["backup", "--to", "b"], &phrase[..]].concat());
    assert_eq!(made["holds_key"], true);
    let pins = fs::read(house.data("pins.json")).unwrap();
    fs::remove_dir_all(house.data("")).unwrap();

    house.run(&["restore", "b"]).refused(2, "--passphrase-file");
    let restore = [&["restore", "b", "--accept-rollback"], &phrase[..]].concat();
    let done = house.run(&restore).code(0);
    assert!(done.stdout.contains("nobody knows what was done after it"), "{done:?}");
    assert_eq!(fs::read(house.data("pins.json")).unwrap(), pins);
    // Whatever was signed before its start is refused: nobody knows what was used by then.
    let server = house.serve(&[]);
    eventually(|| server.fetch(&house, "5", &secret).code, |code| *code == 0);
}

#[test]
fn an_installation_moves_to_postgresql() {
    let cluster = Postgres::start();
    cluster.create_database("house");
    let url = cluster.url("house");
    let house = House::new();
    let secret = house.app("5");
    let copy = ["store", "copy", "--from", "sqlite:tonegate-data", "--to", &url];
    let server = house.serve(&[]);
    house.run(&copy).refused(5, "another server runs on this data directory");
    drop(server);
    let copied = house.json(&copy);
    assert_eq!(copied["rows"], copied["written"]);
    assert!(text(&copied["to"]).starts_with("postgres://"));
    house.run(&copy).refused(1, "the target holds installation");

    fs::remove_file(house.data("tonegate.db")).unwrap();
    house.write("tonegate.toml", &format!("[data]\ndatabase_url = \"{url}\"\n"));
    house.serve(&[]).fetch(&house, "5", &secret).code(0);
    let doctor = house.run(&["audit", "verify"]).code(0);
    assert!(!doctor.stdout.is_empty());
}
