//! `tonegate token`: a script gets at the admin API before anybody has enrolled.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::support::{House, bytes_under, text};

/// The status that `GET /api/v1<path>` is answered with.
fn status(admin: SocketAddr, path: &str, token: &str) -> u16 {
    let mut stream = TcpStream::connect(admin).unwrap();
    let request = format!(
        "GET /api/v1{path} HTTP/1.1\r\nHost: {admin}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_token_is_good_until_it_is_revoked() {
    let house = House::new();
    assert!(house.run(&["token", "list"]).code(0).stdout.contains("no API token"));
    let server = house.serve(&[]);
    let create = ["token", "create", "robot", "--role", "owner", "--privileged"];
    let made = house.json(&[&create[..], &["--expires-in", "30d"]].concat());
    let (id, token) = (text(&made["id"]), text(&made["token"]));
    assert_eq!(status(server.admin, "/users", &token), 200);

    let listed = house.json(&["token", "list"]);
    assert_eq!(listed["api_tokens"][0]["id"], made["id"]);
    assert_eq!(listed["api_tokens"][0]["privileged"], true);
    let shown = house.run(&["token", "list"]).code(0).stdout;
    assert!(shown.contains("owner, privileged") && shown.contains("good"), "{shown}");
    let kept = bytes_under(&house.path("tonegate-data"));
    assert!(!kept.windows(token.len()).any(|bytes| bytes == token.as_bytes()));

    house.run(&["token", "revoke", &id]).code(0);
    assert_eq!(status(server.admin, "/users", &token), 401);
    let audit = house.run(&["audit", "list"]).code(0).stdout;
    assert!(audit.contains("api_token.create") && audit.contains("api_token.revoke"), "{audit}");
}

#[test]
fn a_token_does_what_its_role_and_apps_allow() {
    let house = House::new();
    house.app("5");
    house.app("6");
    let server = house.serve(&[]);
    let create = ["token", "create", "robot", "--role", "viewer", "--app", "5"];
    let made = house.json(&[&create[..], &["--expires-in", "1h"]].concat());
    let token = text(&made["token"]);
    let asked = ["/apps/5", "/apps/6", "/users"].map(|path| status(server.admin, path, &token));
    assert_eq!(asked, [200, 404, 403]);
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let house = House::new();
    let create = ["token", "create", "robot", "--role", "viewer", "--expires-in"];
    house.run(&[&create[..], &["59m"]].concat()).refused(1, "expires_in");
    house.run(&[&create[..], &["366d"]].concat()).refused(1, "expires_in");
    house.run(&["token", "create", "robot", "--role", "king", "--expires-in", "1d"]).code(2);
    house.run(&["token", "revoke", "tok_0"]).refused(1, "tok_0");
}
