//! Where a page's commands are run, and how a test talks to a program that goes on.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Deserializer, Value};

use super::EXAMPLES;
use super::front::{Front, answer};
use crate::page::Page;
use crate::support::{FREE, House, Ran, eventually, text};

/// Where `tonegate demo` listens, and the pages say so.
pub(super) const ISSUER: &str = "http://127.0.0.1:8080";
pub(super) const RELAY: &str = "http://127.0.0.1:8090";
pub(super) const WRONG_KEY: &str = "tgrk_4dM7xQ2vK9sWb1tYz8eRj5nUa3hPc6gF0000000000a";
pub(super) const WRONG_SECRET: &str = "4dM7xQ2vK9sWb1tYz8eRj5nUa3hPc6gF";
/// Longer than a compiler takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where a page's commands are run: an issuer, a relay, and a backend's key.
pub(super) struct Place {
    /// Ended before its house goes.
    _demo: Ended,
    pub(super) house: House,
    /// As on the page.
    pub(super) hand_on: String,
    pub(super) relay: String,
    pub(super) direct: String,
    issuer_url: String,
    pub(super) relay_url: String,
    /// What the relay hands out.
    pub(super) license: String,
    /// One program starts at a time: compilers that start together take longer than a first fetch may.
    starting: Mutex<()>,
}

impl Place {
    /// Follows the page to where its programs can run.
    pub(super) fn new(page: &Page) -> Self {
        let [demo, key] = ["sh demo", "sh key"].map(|kind| page.blocks(kind).concat());
        let [hand_on, relay, direct] =
            ["sh hand_on", "sh relay", "sh direct"].map(|kind| page.blocks(kind).concat());
        let house = House::empty();
        std::os::unix::fs::symlink(EXAMPLES, house.path("examples")).unwrap();
        let addresses = FREE.join(" ");
        // The shell gives way to the server, which is then the one that is ended.
        let script = format!("exec {} --json {addresses}", demo.trim());
        let mut child = shell(&house, &script).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let demo = Ended(child);
        let object: Value = Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap();
        let issuer_url = text(&object["request_url"]).split("/?").next().unwrap().to_owned();
        let relay_url = text(&object["relay"]["url"]).replace("/v1/license", "");
        let license = text(&object["relay"]["response"]["License"]);
        let place = Self {
            _demo: demo,
            house,
            hand_on,
            relay,
            direct,
            issuer_url,
            relay_url,
            license,
            starting: Mutex::default(),
        };
        place.run(&key).code(0);
        place.house.write("wrong", &format!("{WRONG_KEY}\nand a second line\n"));
        // An error that shows the header it could not send shows the key.
        place.house.write("odd", &format!("{}\0{}\n", &WRONG_KEY[..20], &WRONG_KEY[20..]));
        place.house.write("wrong-secret", WRONG_SECRET);
        // A new key is in force within 2 s.
        let key = place.key();
        let relay = place.relay_url.strip_prefix("http://").unwrap();
        let ask = format!("GET /v1/license HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n");
        eventually(|| answer(relay.parse().unwrap(), &ask), |text| text.contains(" 200 "));
        place
    }

    pub(super) fn key(&self) -> String {
        fs::read_to_string(self.house.data("relay/backend.key")).unwrap().trim().to_owned()
    }

    /// Runs a block with a change: it ends with 1 and one line, in which this stands and no secret.
    pub(super) fn it_fails(&self, block: &str, from: &str, to: &str, says: &str) {
        assert!(block.contains(from), "{block}");
        let ran = self.run(&block.replace(from, to)).code(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains(says), "{says}: {ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        for secret in [&self.key(), &WRONG_KEY[..20], &WRONG_KEY[20..], WRONG_SECRET] {
            assert!(!ran.stderr.contains(secret), "{ran:?}");
        }
    }

    /// Runs a block of the page, told where the servers are.
    pub(super) fn run(&self, block: &str) -> Ran {
        ran(shell(&self.house, &self.here(block)).stdin(Stdio::null()).output().unwrap())
    }

    fn here(&self, block: &str) -> String {
        block.replace(ISSUER, &self.issuer_url).replace(RELAY, &self.relay_url)
    }

    /// Starts a program of the page, asking through this front with this key: its first licence is the relay's.
    pub(super) fn talk(&self, block: &str, front: &Front, key: &str) -> Talk {
        let script = format!("{} again", block.trim()).replace("backend.key", key);
        let script = script.replace(RELAY, &format!("http://{}", front.address));
        let _alone = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = shell(&self.house, &script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        let stdin = child.stdin.take().unwrap();
        let mut talk = Talk { stdin, lines, child };
        assert_eq!(talk.license(), self.license);
        talk
    }
}

/// A program that fetches again for each line of its stdin. It ends when that does.
pub(super) struct Talk {
    stdin: ChildStdin,
    lines: Receiver<String>,
    child: Child,
}

impl Talk {
    fn license(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a licence")
    }

    pub(super) fn ask(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    pub(super) fn again(&mut self) -> String {
        self.ask();
        self.license()
    }

    /// Waits for its end. What it printed since the last licence, and all of its stderr.
    pub(super) fn end(self) -> Ran {
        drop(self.stdin);
        let mut ran = ran(self.child.wait_with_output().unwrap());
        ran.stdout = self.lines.iter().collect();
        ran
    }
}

/// A process that is ended with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A shell in this house that finds `tonegate`.
fn shell(house: &House, script: &str) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_tonegate")).parent().unwrap().display();
    let mut command = Command::new("sh");
    command.args(["-euc", script]).current_dir(house.path(""));
    command.env("PATH", format!("{bin}:{}", std::env::var("PATH").unwrap()));
    // A proxy of the machine is not for loopback.
    command.env("no_proxy", "127.0.0.1");
    // Kept from run to run: Go compiles its library once.
    command.env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go"));
    for name in ["RELAY_URL", "RELAY_KEY_FILE", "ISSUER_URL", "APP_ID", "SERVER_SECRET_FILE"] {
        command.env_remove(name);
    }
    command
}

fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    // `go run` adds a line of its own.
    let stderr = text(output.stderr).replace("exit status 1\n", "");
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr }
}
