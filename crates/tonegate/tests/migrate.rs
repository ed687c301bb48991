//! docs/MIGRATE.md, followed: clients with the published host name in their source reach our issuer.
//!
//! Everything happens in a network and with a hosts file of its own (`unshare`, which needs root).
//! What cannot be had is left out, and a line says so; in CI it fails, but for go and php.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::page::Page;

const PAGE: &str = include_str!("../../../docs/MIGRATE.md");
const TONEGATE: &str = env!("CARGO_BIN_EXE_tonegate");
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/existing-clients");
const APP_ID: &str = "67890";
const SECRET: &str = "7d1f0c52b9e84a3690cd5fa1e2873b46";

/// A network with nothing in it but an issuer that answers to the published name.
struct Network {
    issuer: Child,
    folder: tempfile::TempDir,
}

impl Network {
    fn new(page: &Page) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hosts = page.section("3. The name").blocks("").concat();
        std::fs::write(folder.path().join("hosts"), hosts).unwrap();
        let script = format!(
            "ip link set lo up && mount --bind \"$TMP/hosts\" /etc/hosts && exec {} > \"$TMP/log\" 2>&1",
            page.blocks("sh issuer").concat().trim()
        );
        let issuer = shell(folder.path(), &["unshare", "--mount", "--net", "bash", "-c", &script])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { issuer, folder }
    }

    /// Runs a block of the page in this network.
    fn run(&self, script: &str) -> (bool, String) {
        let pid = self.issuer.id().to_string();
        let script = format!("cd {CLIENTS}\n{script}");
        let enter = ["nsenter", "--target", &pid, "--mount", "--net", "bash", "-euc", &script];
        let output = shell(self.folder.path(), &enter).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Waits for the issuer to take its port.
    fn wait(&self) {
        for _ in 0..200 {
            if self.run("exec 3<>/dev/tcp/127.0.0.1/443").0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no issuer: {:?}", std::fs::read_to_string(self.folder.path().join("log")));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.issuer.kill();
        let _ = self.issuer.wait();
    }
}

fn shell(folder: &Path, words: &[&str]) -> Command {
    let bin = Path::new(TONEGATE).parent().unwrap().display().to_string();
    let data = folder.join("data");
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).envs([
        ("PATH", PathBuf::from(format!("{bin}:{}", std::env::var("PATH").unwrap()))),
        ("CA", data.join("tls/authority.pem")),
        ("DATA", data),
        ("TMP", folder.to_owned()),
        ("APP_ID", APP_ID.into()),
        ("SECRET", SECRET.into()),
        ("SERVER_SECRET", SECRET.into()),
        ("GOCACHE", folder.join("go")),
    ]);
    command
}

/// What this machine cannot offer: in CI a failure, elsewhere a line.
fn left_out(what: &str) {
    let ci = std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
    assert!(!ci, "{what}, and CI leaves nothing out");
    println!("left out: {what}");
}

fn has(program: &str) -> bool {
    let version = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    version.is_ok_and(|output| output.status.success())
}

#[test]
fn existing_clients_reach_an_issuer_of_ours_without_a_change() {
    let alone = ["--mount", "--net", "ip", "link", "set", "lo", "up"];
    let can = Command::new("unshare").args(alone).output();
    if !can.is_ok_and(|output| output.status.success()) {
        return left_out("no network of our own can be made here (unshare needs root)");
    }
    let page = Page::read(PAGE);
    let network = Network::new(&page);
    network.wait();
    for block in page.blocks("sh app") {
        let (done, text) = network.run(&block);
        assert!(done, "{text}");
    }
    // The change is in force within 2 s.
    std::thread::sleep(Duration::from_secs(2));
    let (done, text) = network.run("sh client.sh");
    assert!(!done && text.contains("certificate"), "without trust a client refuses us: {text}");
    for language in ["curl", "python3", "node", "go", "java", "php"] {
        let blocks = page.blocks(&format!("sh {language}"));
        assert!(!blocks.is_empty(), "the page has no {language}");
        match language {
            _ if has(language) => {}
            "go" | "php" => {
                println!("left out: {language} is not installed");
                continue;
            }
            _ => {
                left_out(&format!("{language} is not installed"));
                continue;
            }
        }
        let (done, text) = network.run(&blocks.concat());
        assert!(done && text.contains("License"), "{language}: {text}");
        println!("{language}: licence received");
    }
}
