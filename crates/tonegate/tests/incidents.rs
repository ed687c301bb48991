//! Every command of docs/INCIDENTS.md is run, section by section, against a real installation.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::page::{Page, Section};

const PAGE: &str = include_str!("../../../docs/INCIDENTS.md");
const TONEGATE: &str = env!("CARGO_BIN_EXE_tonegate");

/// An installation with the sample app of `demo`.
struct Installation {
    folder: TempDir,
    /// Which blocks of the page are for it.
    blocks: &'static str,
}

impl Installation {
    fn new() -> Self {
        let installation = Self { folder: tempfile::tempdir().unwrap(), blocks: "sh" };
        installation.demo();
        installation
    }

    /// One whose roots never meet it, certified as the page says.
    fn with_offline_roots() -> Self {
        let installation = Self { folder: tempfile::tempdir().unwrap(), blocks: "sh offline" };
        let new_roots = ["key", "ceremony", "new-roots", "--json", "--out", &installation.roots()];
        let made = Command::new(TONEGATE).args(new_roots).output().unwrap();
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        installation.json(&["init", "--pins", made["pins"].as_str().unwrap()]);
        installation.follow(&section("The last certificate is about to end"));
        installation.demo();
        installation
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> String {
        self.path("data").display().to_string()
    }

    fn roots(&self) -> String {
        self.path("roots").display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(TONEGATE).args(arguments).args(["--data", &self.data()]).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A licence that the installation issues now.
    fn demo(&self) -> String {
        let demo = self.json(&[&["demo", "--once"], &crate::support::FREE[..]].concat());
        demo["response"]["Data"]["License"].as_str().unwrap().to_owned()
    }

    /// Runs a section's commands as its reader would, one shell for all, and says yes when asked.
    fn follow(&self, section: &Section) {
        let script = section.blocks(self.blocks).join("\n");
        assert!(!script.is_empty(), "{} has no commands", section.title);
        let bin = Path::new(TONEGATE).parent().unwrap().display().to_string();
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        let carried = tempfile::tempdir().unwrap();
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &format!("exec <<< yes\n{script}")])
            .envs([("PATH", path), ("DATA", self.data()), ("APP", "12345".to_owned())])
            .envs([("ROOTS", self.roots()), ("TMP", carried.path().display().to_string())])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}\n{script}\n{output:?}", section.title);
    }

    /// What a device that keeps its state in `state` says of a licence.
    fn device(&self, license: &str, state: &Path) -> Value {
        let state = state.display().to_string();
        let verify = ["license", "verify", license, "--state-file", &state, "--json"];
        let output = self.run(&verify);
        let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
        verdict["reason"].clone()
    }
}

fn section(title: &str) -> Section {
    Page::read(PAGE).section(title)
}

/// What devices say of a licence made before `section`, before and after they saw one made after.
fn old_license_after(title: &str, installation: &Installation) -> Value {
    let state = installation.path("state");
    let old = installation.demo();
    assert_eq!(installation.device(&old, &state), Value::Null);
    installation.follow(&section(title));
    assert_eq!(installation.device(&old, &state), Value::Null, "an offline device goes on");
    let new = installation.demo();
    assert_ne!(old, new);
    assert_eq!(installation.device(&new, &state), Value::Null);
    installation.device(&old, &state)
}

#[test]
fn a_leaked_secret_is_replaced_and_revoked() {
    let installation = Installation::new();
    installation.follow(&section("A ServerSecret has leaked"));
    let app = installation.json(&["app", "show", "12345"]);
    let states: Vec<_> = app["secrets"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states.len(), 2);
    assert!(app.to_string().contains("revoked") && app.to_string().contains("active"), "{app}");
    installation.demo();
}

#[test]
fn a_stolen_issuing_key_is_refused_by_devices_that_saw_a_newer_one() {
    for installation in [Installation::new(), Installation::with_offline_roots()] {
        assert_eq!(old_license_after("An issuing key was stolen", &installation), "floor");
    }
}

#[test]
fn a_stolen_root_is_refused_by_devices_that_saw_the_standby() {
    for installation in [Installation::new(), Installation::with_offline_roots()] {
        assert_eq!(old_license_after("A root key was stolen", &installation), "root_superseded");
    }
}

#[test]
fn an_ending_certificate_is_followed_by_the_next() {
    let installation = Installation::new();
    installation.follow(&section("The last certificate is about to end"));
    let keys = installation.json(&["key", "list"]);
    assert!(keys.to_string().contains("staged") || keys.to_string().contains("next"), "{keys}");
}

#[test]
fn a_year_of_offline_certificates_is_followed_by_the_next() {
    let installation = Installation::with_offline_roots();
    let before = installation.json(&["key", "list"]);
    installation.follow(&section("The last certificate is about to end"));
    let after = installation.json(&["key", "list"]);
    assert_eq!(after["keys"].as_array().unwrap().len(), 26);
    assert_eq!(after["keys"][13]["sign_from"], before["covered_until"]);
    assert_eq!(after["gap_until"], Value::Null);
}

#[test]
fn a_wrong_clock_is_looked_at() {
    Installation::new().follow(&section("The server's clock is wrong"));
}

#[test]
fn an_app_suspended_by_mistake_gets_licenses_again() {
    let installation = Installation::new();
    installation.follow(&section("An app was suspended by mistake"));
    installation.demo();
}

#[test]
fn an_untouched_audit_log_is_found_whole() {
    let installation = Installation::new();
    installation.follow(&section("Was the audit log changed?"));
    let listed = installation.json(&["audit", "list"]).to_string();
    assert!(listed.contains("audit_key.create"), "{listed}");
}

#[test]
fn a_lost_pins_file_is_written_again() {
    let installation = Installation::new();
    let pins = Path::new(&installation.data()).join("pins.json");
    let before = std::fs::read(&pins).unwrap();
    std::fs::remove_file(&pins).unwrap();
    let refused = installation.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    let page = section("The server does not start");
    // `doctor` finds the fault and says so with its exit code; the page's next command mends it.
    let mend = page
        .blocks("sh")
        .join("\n")
        .replace("doctor --data \"$DATA\"", "doctor --data \"$DATA\" || true");
    installation.follow(&Section { title: page.title, text: format!("```sh\n{mend}\n```") });
    assert_eq!(std::fs::read(&pins).unwrap(), before);
    installation.demo();
}
