//! Installations that cannot be used: one line each, which says what to do, and exit code 4.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{FREE, House};

/// `demo --once` on free addresses.
const DEMO: [&str; 10] = {
    let [a, b, c, d, e, f, g, h] = FREE;
    ["demo", "--once", a, b, c, d, e, f, g, h]
};

#[test]
fn a_directory_that_cannot_be_made_or_is_somebody_elses() {
    let house = House::empty();
    house.write("file", "");
    house.run(&[&DEMO[..], &["--data", "file/data"]].concat()).refused(4, "file/data");
    house.run(&[&DEMO[..], &["--data", "/proc/data"]].concat()).refused(4, "/proc/data");
    fs::create_dir(house.path("full")).unwrap();
    house.write("full/letter", "");
    house.run(&[&DEMO[..], &["--data", "full"]].concat()).refused(4, "holds other files");
    house.run(&["app", "list"]).refused(4, "make one with `tonegate init");
}

#[test]
fn a_database_that_is_none() {
    let house = House::new();
    fs::write(house.data("tonegate.db"), "garbage ".repeat(999)).unwrap();
    house.run(&DEMO).refused(4, "not a database");
    house.run(&["serve"]).refused(4, "not a database");
    house.run(&["app", "list"]).refused(4, "not a database");
    let doctor = house.run(&["doctor"]).code(1);
    assert!(doctor.stdout.contains("FAIL  installation"), "{}", doctor.stdout);
}

#[test]
fn a_database_that_was_lost_is_not_made_anew() {
    let house = House::new();
    fs::remove_file(house.data("tonegate.db")).unwrap();
    house.run(&DEMO).refused(4, "if its database was lost, restore it");
    house.run(&["serve"]).refused(4, "there is no database");
}

#[test]
fn a_key_encryption_key_that_is_gone_exposed_or_anothers() {
    let (house, other) = (House::new(), House::new());
    fs::set_permissions(house.data("kek.key"), Permissions::from_mode(0o644)).unwrap();
    house.run(&DEMO).refused(4, "chmod 600");
    fs::remove_file(house.data("kek.key")).unwrap();
    house.run(&DEMO).refused(4, "does not exist; restore it");
    fs::copy(other.data("kek.key"), house.data("kek.key")).unwrap();
    house.run(&DEMO).refused(4, "put back the one that fits");
}

#[test]
fn pins_that_are_gone_come_back_and_anothers_are_refused() {
    let (house, other) = (House::new(), House::new());
    let pins = house.run(&["key", "pins"]).code(0).stdout;
    fs::copy(other.data("pins.json"), house.data("pins.json")).unwrap();
    house.run(&DEMO).refused(4, "do not belong together");
    fs::remove_file(house.data("pins.json")).unwrap();
    house.run(&DEMO).refused(4, "tonegate key pins --restore");
    house.run(&["key", "pins", "--restore"]).code(0);
    assert_eq!(house.run(&["key", "pins"]).code(0).stdout, pins);
}

#[test]
fn the_doctor_tells_healthy_from_careless() {
    let house = House::new();
    assert_eq!(house.json(&["doctor"])["health"], "ok");
    fs::set_permissions(house.path("tonegate-data"), Permissions::from_mode(0o755)).unwrap();
    let careless = house.json(&["doctor"]);
    assert_eq!(careless["health"], "warn");
    assert!(careless.to_string().contains("chmod 700"));
}
