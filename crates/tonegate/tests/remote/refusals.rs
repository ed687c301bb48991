//! What is refused, in words that help, and without the token.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use tonegate_server::model::Role;

use super::elsewhere::Elsewhere;
use crate::support::House;

#[test]
fn a_token_that_is_bad_or_may_not() {
    let there = Elsewhere::new(House::new());
    there.house.app("5");
    let url = there.url();
    let run = |token: &str, arguments: &[&str]| {
        let mut command = there.house.command(&[arguments, &["--server", &url]].concat());
        let output = command.env("TONEGATE_API_TOKEN", token).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("tgt_0") && !stderr.contains(token), "{stderr}");
        (output.status.code().unwrap(), stderr)
    };
    let refused = |token: &str, arguments: &[&str], says: &str| {
        let (code, stderr) = run(token, arguments);
        assert!(code == 1 && stderr.contains(says) && stderr.contains("an owner"), "{stderr}");
    };
    let unknown = format!("tgt_{}", "0".repeat(43));
    refused(&unknown, &["app", "list"], "does not take the API token");
    let viewer = there.token(Role::Viewer, true);
    assert_eq!(run(&viewer, &["app", "show", "5"]).0, 0);
    refused(&viewer, &["app", "create", "x"], "role operator");
    let operator = there.token(Role::Operator, false);
    assert_eq!(run(&operator, &["app", "suspend", "5"]).0, 0);
    refused(&operator, &["app", "delete", "5", "--yes", "Karaoke"], "privileged");
    refused(&operator, &["app", "secret", "show", "5", "--yes"], "privileged");
    let (code, stderr) = run("tgi_invitation", &["app", "list"]);
    assert!(code == 2 && stderr.contains("tgt_"), "{stderr}");
    let log = there.ended();
    assert!(![unknown, viewer, operator].iter().any(|token| log.contains(token.as_str())));
}

#[test]
fn a_token_that_others_may_read() {
    let there = Elsewhere::new(House::new());
    let mode = |mode| {
        let permissions = Permissions::from_mode(mode);
        std::fs::set_permissions(there.house.path("token"), permissions).unwrap();
    };
    for open in [0o644, 0o640, 0o602] {
        mode(open);
        there.run(&["app", "list"]).refused(2, "chmod 600 token");
    }
    mode(0o400);
    there.run(&["app", "list"]).code(0);
    let (url, owner) = (there.url(), there.owner.clone());
    let given = there.house.run(&["app", "list", "--server", &url, "--token", &owner]).code(2);
    assert!(given.stderr.contains("--token-file") && !given.stderr.contains(&owner));
}

#[test]
fn arguments_that_do_not_go_together() {
    let house = House::new();
    let refused = |arguments: &[&str], says: &str| {
        let ran = house.run(&[&["app", "list"], arguments].concat()).code(2);
        assert!(ran.stderr.contains(says), "{says}: {ran:?}");
    };
    let server = ["--server", "https://admin.example"];
    refused(&[&server[..], &["--data", "x"]].concat(), "cannot be used with");
    refused(&[&server[..], &["--config", "x"]].concat(), "cannot be used with");
    refused(&server, "TONEGATE_API_TOKEN");
    refused(&[&server[..], &["--token-file", "none"]].concat(), "none");
    refused(&["--token-file", "token"], "--server");
    house.write("token", &format!("tgt_{}", "0".repeat(43)));
    std::fs::set_permissions(house.path("token"), Permissions::from_mode(0o600)).unwrap();
    let plain = ["--server", "http://admin.example", "--token-file", "token"];
    refused(&plain, "plain http");
    refused(&["--server", "admin.example", "--token-file", "token"], "https://HOST");
}

#[test]
fn a_server_that_does_not_answer_or_is_another() {
    let there = Elsewhere::new(House::new());
    let list =
        |url: &str| there.house.run(&["app", "list", "--server", url, "--token-file", "token"]);
    list(&there.server.url()).refused(1, "not as the admin API");
    list("http://127.0.0.1:1").refused(1, "no answer from http://127.0.0.1:1");
}
