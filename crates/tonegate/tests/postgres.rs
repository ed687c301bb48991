//! An installation in PostgreSQL: made, joined by a second server, and served by both.

use tonegate_testing::Postgres;

use crate::support::{House, Server, eventually, text};

const SERVE: [&str; 5] = ["serve", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"];

/// A configuration file is the one place that every command of a house reads.
fn configure(house: &House, url: &str) {
    house.write("tonegate.toml", &format!("[data]\ndatabase_url = \"{url}\"\n"));
}

/// A directory with nothing but the key of another one's installation.
fn beside(house: &House, url: &str) -> House {
    let other = House::empty();
    configure(&other, url);
    std::fs::create_dir(other.path("tonegate-data")).unwrap();
    std::fs::copy(house.data("kek.key"), other.data("kek.key")).unwrap();
    other
}

fn cluster() -> (Postgres, String) {
    let server = Postgres::start();
    server.create_database("house");
    // With a password that nobody asks for, and that must not be seen.
    let url = server.url("house").replace("tonegate@", "tonegate:hunter2@");
    (server, url)
}

#[test]
fn two_servers_share_an_installation_and_changes_reach_both() {
    let (mut cluster, url) = cluster();
    let one = House::empty();
    let made = one.run(&["init", "--auto-root", "--database-url", &url, "--json"]);
    assert!(!format!("{made:?}").contains("hunter2"), "{made:?}");
    let made = made.json();
    let place = text(&made["database"]);
    assert!(place.starts_with("postgres://tonegate@127.0.0.1:"), "{place}");
    assert!(!one.data("tonegate.db").exists());
    configure(&one, &url);
    one.run(&["init", "--auto-root"])
        .refused(1, "there is an installation in tonegate-data already");

    let two = beside(&one, &url);
    let first = one.serve(&[]);
    let secret = one.app("5");
    // It joins without a word, and has its own part of the installation.
    let second = two.serve(&[]);
    assert!(two.data("pins.json").exists() && two.data("journal").exists());
    for (server, house) in [(&first, &one), (&second, &two)] {
        let fetched = server.fetch(house, "5", &secret).code(0);
        assert!(!fetched.stdout.is_empty());
    }
    // An app that is made on the one is served by the other.
    let later = two.app("6");
    eventually(|| first.fetch(&one, "6", &later).code, |code| *code == 0);

    let doctor = one.run(&["doctor"]);
    assert!(doctor.stdout.contains("PostgreSQL 1"), "{doctor:?}");
    assert!(doctor.stdout.contains("fsync = off"), "a throw-away cluster is found out: {doctor:?}");
    assert!(doctor.stdout.contains("every page, index and reference is sound"), "{doctor:?}");

    // Licences go on without the database; commands say what is wrong, and where.
    cluster.stop(true);
    first.fetch(&one, "5", &secret).code(0);
    let refused = one.run(&["app", "list"]).code(4);
    assert!(refused.stderr.contains("the database cannot be reached (127.0.0.1:"), "{refused:?}");
    assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
    cluster.restart();
    one.run(&["app", "list"]).code(0);
    ends_without_the_password(first);
    ends_without_the_password(second);
}

fn ends_without_the_password(server: Server) {
    server.signal(rustix::process::Signal::TERM);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (cluster, url) = cluster();
    let one = House::empty();
    configure(&one, &url);
    one.run(&["init", "--auto-root"]).code(0);

    let without_key = House::empty();
    configure(&without_key, &url);
    without_key.run(&["app", "list"]).refused(4, "copy it from a server of this installation");
    assert!(!without_key.path("tonegate-data").exists(), "nothing is made for who may not join");

    let with_another_key = House::new();
    configure(&with_another_key, &url);
    with_another_key.run(&["app", "list"]).refused(4, "the database was sealed with");

    // The key is right, the pins are another installation's.
    let mixed = House::new();
    std::fs::remove_file(mixed.data("kek.key")).unwrap();
    std::fs::copy(one.data("kek.key"), mixed.data("kek.key")).unwrap();
    configure(&mixed, &url);
    mixed.run(&SERVE).refused(4, "do not belong together");

    let late = House::empty();
    late.run(&["init", "--auto-root", "--database-url", &url])
        .refused(4, "holds an installation already");

    cluster.create_database("empty");
    let elsewhere = beside(&one, &cluster.url("empty"));
    elsewhere.run(&["app", "list"]).refused(4, "there is no installation in postgres://");
    late.run(&["init", "--auto-root", "--database-url", "postgres://x:hunter2@[/y"])
        .refused(2, "the database URL cannot be used");
}

#[test]
fn the_url_may_come_from_the_environment_or_a_credential() {
    let (_cluster, url) = cluster();
    let house = House::empty();
    let mut init = house.command(&["init", "--auto-root"]);
    assert!(init.env("DATABASE_URL", &url).status().unwrap().success());
    assert!(!house.data("tonegate.db").exists());

    house.write("database-url", &format!("{url}\n"));
    let mut list = house.command(&["app", "list"]);
    list.env("CREDENTIALS_DIRECTORY", house.path("."));
    assert!(list.status().unwrap().success());
    // What the file says goes before it, and the variable before both.
    configure(&house, "postgres://nobody@127.0.0.1:1/none");
    let mut list = house.command(&["app", "list"]);
    list.env("CREDENTIALS_DIRECTORY", house.path("."));
    assert!(!list.status().unwrap().success());
    let mut list = house.command(&["app", "list"]);
    assert!(list.env("DATABASE_URL", &url).status().unwrap().success());
}
