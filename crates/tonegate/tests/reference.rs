//! docs/CLI.md, completions, and complaints about the command line itself.

use serde_json::Value;

use crate::support::House;

#[test]
fn the_reference_is_what_the_command_says_now() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLI.md");
    let committed = std::fs::read_to_string(page).unwrap_or_default();
    let fresh = House::empty().run(&["help-markdown"]).code(0).stdout;
    assert!(committed == fresh, "docs/CLI.md is out of date; `cargo xtask docs` writes it anew");
}

#[test]
fn completions_name_the_commands() {
    let house = House::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = house.run(&["completions", shell]).code(0).stdout;
        assert!(script.contains("ceremony"), "{shell}");
    }
}

#[test]
fn what_is_no_json_is_not_printed_as_if_it_were() {
    let house = House::empty();
    for command in [&["serve", "--print-config"][..], &["completions", "bash"], &["help-markdown"]]
    {
        let ran = house.run(&[command, &["--json"]].concat()).code(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("prints no JSON"), "{ran:?}");
    }
}

#[test]
fn wrong_arguments_end_with_2_as_json_too() {
    let house = House::empty();
    house.run(&["license", "verfy"]).code(2);
    house.run(&["init"]).code(2);
    let ran = house.run(&["app", "show", "x", "--json"]).code(2);
    let error: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(error["error"]["exit_code"], 2);
    assert!(error["error"]["message"].to_string().contains("AppId"));
    assert!(house.run(&["--help"]).code(0).stdout.contains("Exit codes:"));
    house.run(&["--version"]).code(0);
}
