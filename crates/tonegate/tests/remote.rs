//! `--server`: the same commands on a server elsewhere, through its admin API.

mod elsewhere;
mod refusals;
mod wire;

use serde_json::Value;
use tonegate_server::model::Role;

use crate::support::{House, text};
use elsewhere::Elsewhere;

#[test]
fn what_is_shown_is_the_same_both_ways() {
    let there = Elsewhere::new(House::new());
    there.house.app("5");
    let set = ["app", "set", "5", "--tag", "karaoke", "--tag", "卡拉", "--until", "2036-01-01"];
    there.house.run(&set).code(0);
    there.make_apps(450);
    for arguments in [
        &["app", "show", "5"][..],
        &["app", "list"],
        &["key", "list"],
        &["key", "pins"],
        &["audit", "list", "--limit", "450"],
        &["audit", "list", "--action", "app.update", "--subject", "app 5"],
        &["audit", "list", "--before", "3"],
    ] {
        let json = [arguments, &["--json"]].concat();
        let (here, elsewhere) = (there.house.run(&json).code(0), there.run(&json).code(0));
        assert_eq!(here.stdout, elsewhere.stdout, "{arguments:?}");
        if arguments[0] != "key" {
            let (here, elsewhere) = (there.house.run(arguments), there.run(arguments));
            assert_eq!(here.stdout, elsewhere.stdout, "{arguments:?}");
        }
    }
    let apps = there.json(&["app", "list"]);
    assert_eq!(apps["apps"].as_array().unwrap().len(), 451);
    assert!(there.run(&["app", "show", "5"]).stdout.contains("karaoke, 卡拉"));
    let checkpoint = there.json(&["audit", "checkpoint"]);
    there.house.write("note", &text(&checkpoint["note"]));
    there.house.run(&["audit", "verify", "--checkpoint", "note"]).code(0);
}

#[test]
fn every_change_of_an_app_does_the_same_both_ways() {
    let there = Elsewhere::new(House::new());
    for arguments in [
        "app create Karaoke --app-id N --feature ans --feature agc --bind ios:com.example.app",
        "app show N",
        "app set N --rate 50 --until +8d --feature ans:..2036-01-01 --tag a --tag b --rev 1",
        "app set N --until none --bind none --tag none --name Karaoke2 --nonce hex16",
        "app set N --rev 1 --rate 1",
        "app set N --lifetime 15d",
        "app set N --on-expiry agc:stop",
        "app suspend N",
        "app suspend N",
        "app resume N",
        "app secret rotate N --overlap 2h",
        "app secret rotate N --overlap 40d",
        "app secret revoke N 2",
        "app secret revoke N 1",
        "app secret revoke N 1",
        "app secret revoke N 7",
        "app secret show N --yes",
        "app secret show N",
        "app show N",
        "app create Karaoke --app-id N",
        "app create Karaoke --app-id 0",
        "app delete N --yes Karaoke",
        "app delete N --yes Karaoke2",
        "app show N",
        "app delete N --yes x",
        "app secret show N --yes",
        "app create Karaoke --lifetime 30m",
    ] {
        let with =
            |id: &str| arguments.split(' ').map(|it| it.replace('N', id)).collect::<Vec<_>>();
        let (five, six) = (with("5"), with("6"));
        let here = there.house.run(&strs(&five, "--json"));
        let elsewhere = there.run(&strs(&six, "--json"));
        assert_eq!(here.code, elsewhere.code, "{arguments}: {here:?} {elsewhere:?}");
        assert_eq!(masked(&here.stdout), masked(&elsewhere.stdout), "{arguments}");
        let lines = elsewhere.stderr.lines().count();
        assert_eq!((here.stderr.lines().count(), lines == 1), (lines, elsewhere.code != 0));
    }
}

fn strs<'a>(arguments: &'a [String], more: &'a str) -> Vec<&'a str> {
    arguments.iter().map(String::as_str).chain([more]).collect()
}

/// Without what differs from one app, and one second, to the next; with every member's name.
fn masked(stdout: &str) -> Value {
    let mut value = serde_json::from_str(stdout).unwrap_or(Value::Null);
    mask(&mut value);
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| {
            let differs = ["app_id", "server_secret", "entitlement_until", "old_until"];
            if (differs.contains(&&**name) || name.ends_with("_at")) && !value.is_null() {
                *value = Value::from("…");
            }
            mask(value);
        }),
        _ => {}
    }
}

#[test]
fn a_secret_comes_from_stdin_and_goes_out_where_it_was_asked_for() {
    const MARKED: &str = "4dM7xQ2vK9sWb1tYz8eRj5nUa3hPc6gF";
    let there = Elsewhere::new(House::new());
    let create = ["app", "create", "Karaoke", "--app-id", "5", "--secret-stdin"];
    assert!(there.run_with(&create, MARKED).code(0).stdout.contains(MARKED));
    for arguments in [
        &["app", "show", "5", "--json"][..],
        &["app", "list", "--json"],
        &["audit", "list", "--json"],
    ] {
        assert!(!there.run(arguments).code(0).stdout.contains(MARKED), "{arguments:?}");
    }
    assert_eq!(there.json(&["app", "secret", "show", "5", "--yes"])["server_secret"], MARKED);
    let seen = there.json(&["audit", "list", "--action", "secret.reveal"]);
    assert!(text(&seen["entries"][0]["actor"]).starts_with("token"), "{seen}");
    there.run_with(&create[..3], "").code(0);
    there.run_with(&["app", "create", "x", "--secret", MARKED], "").refused(2, "--secret-stdin");
    let weak = there.run_with(&["app", "create", "x", "--secret-stdin"], "tooshort-marked").code(1);
    assert!(!weak.stderr.contains("marked"));
    assert!(!there.ended().contains(MARKED));
}

#[test]
fn keys_rotate_elsewhere_too() {
    let there = Elsewhere::new(House::new());
    let here = there.house.json(&["key", "rotate", "--raise-floor"]);
    let elsewhere = there.json(&["key", "rotate", "--now"]);
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&here), names(&elsewhere));
    assert_eq!((&here["serial"], &elsewhere["serial"]), (&2.into(), &3.into()));
    assert_eq!(elsewhere["floor_raised"], false);
    let keys = there.json(&["key", "list"]);
    assert_eq!(keys["keys"][2]["state"], "signing");
    assert_eq!(keys["keys"][2]["sign_from"], elsewhere["sign_from"]);
    there.run(&["key", "pins", "--restore"]).refused(2, "--data");
}

#[test]
fn a_ceremony_is_held_for_a_server_elsewhere() {
    let (offline, house) = (House::empty(), House::empty());
    let roots = offline.json(&["key", "ceremony", "new-roots", "--out", "roots"]);
    house.run(&["init", "--pins", &text(&roots["pins"])]).code(0);
    let request = ["key", "ceremony", "request", "--count", "1", "--out"];
    let carried = |name: &str| offline.path(name).display().to_string();
    let sign = |request: &str, out: &str| {
        let sign = ["key", "ceremony", "sign", "--root", "roots/root-active.json", "--yes"];
        offline.run(&[&sign[..], &["--request", request, "--out", out]].concat()).code(0);
    };
    house.run(&[&request[..], &[&carried("request")]].concat()).code(0);
    sign("request", "certificates");
    let install = ["key", "ceremony", "install"];
    let here = house.json(&[&install[..], &[&carried("certificates")]].concat());

    let there = Elsewhere::new(house);
    let (second, third) = (carried("request2"), carried("request3"));
    let again = [&request[..], &[&second]].concat();
    let asked = there.json(&again);
    assert_eq!(asked["keys"][0]["serial"], 2);
    there.run(&again).refused(1, "--out");
    let another = [&request[..], &[&third]].concat();
    there.run(&another).refused(1, "waits for its certificates");
    there.run(&["key", "ceremony", "request", "--count", "14", "--out", "x"]).refused(2, "1 to 13");
    sign("request2", "certificates2");
    let elsewhere = there.json(&[&install[..], &[&carried("certificates2")]].concat());
    assert_eq!(elsewhere["installed"], 1);
    assert!(elsewhere["covered_until"].as_i64() > here["covered_until"].as_i64());
    there.run(&[&install[..], &[&carried("request2")]].concat()).refused(1, "not a file of kind");
    there.run(&["key", "rotate"]).refused(1, "offline");
}

#[test]
fn the_environment_names_the_server_and_an_argument_outdoes_it() {
    let there = Elsewhere::new(House::new());
    there.house.app("5");
    let empty = House::new();
    let list = |more: &[&str]| {
        let mut command = empty.command(&[&["app", "list", "--json"], more].concat());
        let token = there.token(Role::Viewer, false);
        command.env("TONEGATE_SERVER", there.url()).env("TONEGATE_API_TOKEN", token);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(list(&[]).contains("Karaoke"));
    assert!(!list(&["--data", "tonegate-data"]).contains("Karaoke"));
}

#[test]
fn a_private_authority_is_trusted_where_it_is_given() {
    let house = House::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    house.write("certificate.pem", &made.cert.pem());
    house.write("key.pem", &made.signing_key.serialize_pem());
    house.write(
        "tonegate.toml",
        "[admin]\ntls_certificate = \"certificate.pem\"\ntls_key = \"key.pem\"\n",
    );
    let there = Elsewhere::new(house);
    let url = format!("https://localhost:{}", there.server.admin.port());
    let list = ["app", "list", "--server", &url, "--token-file", "token"];
    there.house.run(&list).refused(1, "certificate");
    there.house.run(&[&list[..], &["--ca-file", "certificate.pem"]].concat()).code(0);
    there.house.run(&[&list[..], &["--ca-file", "none.pem"]].concat()).refused(2, "none.pem");
}

#[test]
fn somebody_is_invited_both_ways_and_again() {
    let there = Elsewhere::new(House::new());
    there.house.run(&["user", "invite", "ann"]).refused(2, "--role");
    there.run(&["user", "invite", "ann"]).refused(2, "--role");
    let here = there.house.json(&["user", "invite", "ann", "--role", "owner"]);
    let elsewhere = there.json(&["user", "invite", "bob", "--role", "viewer"]);
    for invited in [&here, &elsewhere] {
        assert!(text(&invited["invitation_token"]).starts_with("tgi_"));
        let members: Vec<_> = invited.as_object().unwrap().keys().collect();
        assert_eq!(members.len(), 6, "{members:?}");
    }
    let again = there.json(&["user", "invite", "ann"]);
    assert_eq!((&again["user_id"], &again["role"]), (&here["user_id"], &"owner".into()));
    assert_ne!(again["invitation_token"], here["invitation_token"]);
    let back = there.house.json(&["user", "invite", "bob"]);
    assert_eq!(back["user_id"], elsewhere["user_id"]);
    assert_ne!(back["invitation_token"], elsewhere["invitation_token"]);
    there.house.run(&["user", "invite", "bob", "--role", "owner"]).refused(2, "as viewer");
    there.run(&["user", "invite", "bob", "--role", "owner"]).refused(2, "as viewer");
}
