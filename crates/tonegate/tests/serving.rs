//! `tonegate serve`: its configuration, and how it stops.

use std::io::Write as _;
use std::net::TcpStream;

use rustix::process::Signal;

use crate::support::{House, get};

#[test]
fn an_unknown_key_is_named_with_its_place() {
    let house = House::new();
    house.write("tonegate.toml", "[gateway]\nadress = '127.0.0.1:0'\n");
    house.run(&["serve"]).refused(2, "tonegate.toml: unknown field `adress`");
    house.write("other.toml", "[log]\nlevel = 'loud'\n");
    house.run(&["serve", "--config", "other.toml"]).refused(2, "other.toml");
    house.run(&["serve", "--config", "missing.toml"]).refused(2, "missing.toml");
}

#[test]
fn the_configuration_that_is_printed_is_one_that_works() {
    let house = House::new();
    let printed = house.run(&["serve", "--print-config"]).code(0).stdout;
    assert!(printed.contains("max_entries"));
    house.write("tonegate.toml", &printed);
    let server = house.serve(&[]);
    assert_ne!(server.gateway.port(), 8080, "flags come last");
    assert!(get(&format!("http://{}/readyz", server.admin)).contains("\"ready\":true"));
}

#[test]
fn a_signal_stops_it_gracefully_and_it_starts_again() {
    let house = House::new();
    let secret = house.app("5");
    for signal in [Signal::TERM, Signal::INT] {
        let server = house.serve(&[]);
        server.fetch(&house, "5", &secret).code(0);
        server.signal(signal);
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("requests in flight finish") && log.contains("\"stopped\""), "{log}");
    }
}

#[test]
fn as_many_files_are_opened_as_may_be_and_too_few_are_named() {
    let house = House::new();
    for (shell, is_enough) in [("ulimit -S -n 200", true), ("ulimit -n 200", false)] {
        let server = house.serve_after(shell, "300");
        // Once it answers it hears signals too.
        get(&format!("{}/.well-known/jwks.json", server.url()));
        server.signal(Signal::TERM);
        let (code, log) = server.ended();
        assert_eq!((code, log.contains("raise that to 428")), (Some(0), !is_enough), "{log}");
    }
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let house = House::new();
    let _server = house.serve(&[]);
    let second = ["serve", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"];
    let ran = house.run(&second).code(5);
    assert!(ran.stderr.contains("another server runs on this data directory"), "{}", ran.stderr);
}

#[test]
fn two_addresses_that_are_one_are_refused() {
    let house = House::new();
    let server = House::new().serve(&[]);
    let taken = server.gateway.to_string();
    let ran = house.run(&["serve", "--address", &taken]).code(5);
    assert!(ran.stderr.contains("taken by another program"), "{}", ran.stderr);
}

#[test]
fn a_second_signal_ends_what_a_first_one_waits_for() {
    let house = House::new();
    let mut server = house.serve(&[]);
    let mut slow = TcpStream::connect(server.gateway).unwrap();
    write!(slow, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1").unwrap();
    // The connection is known once a later one was answered.
    get(&format!("{}/.well-known/jwks.json", server.url()));
    server.signal(Signal::TERM);
    server.wait_for("another signal ends them");
    server.signal(Signal::TERM);
    server.wait_for("stopping at once");
    assert_eq!(server.ended().0, Some(0));
}
