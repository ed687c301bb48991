//! examples/backends, followed: every page shows its programs, and every program does what its page says,
//! against a real issuer and a real relay (`tonegate demo`).
//!
//! A language that is not installed is left out, and a line says so; in CI it fails. What a relay in
//! trouble does comes from a `Front` between program and relay.

mod front;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Deserializer, Value};

use crate::page::Page;
use crate::support::{House, Ran, eventually, text};
use front::{Front, Mode, answer};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
/// Where `tonegate demo` listens, and the pages say so.
const ISSUER: &str = "http://127.0.0.1:8080";
const RELAY: &str = "http://127.0.0.1:8090";
const WRONG_KEY: &str = "tgrk_4dM7xQ2vK9sWb1tYz8eRj5nUa3hPc6gF0000000000a";
const WRONG_SECRET: &str = "4dM7xQ2vK9sWb1tYz8eRj5nUa3hPc6gF";
/// Longer than a compiler takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A language's folder.
struct Kit {
    folder: &'static str,
    /// How its blocks are marked, and its programs.
    fence: &'static str,
    programs: [&'static str; 2],
    /// Succeeds where the language is installed.
    probe: [&'static str; 2],
}

const NODE: Kit = Kit {
    folder: "node",
    fence: "js",
    programs: ["relay.mjs", "direct.mjs"],
    probe: ["node", "--version"],
};
const PYTHON: Kit = Kit {
    folder: "python",
    fence: "python",
    programs: ["relay.py", "direct.py"],
    probe: ["python3", "--version"],
};
const GO: Kit = Kit {
    folder: "go",
    fence: "go",
    programs: ["relay.go", "direct.go"],
    probe: ["go", "version"],
};
const JAVA: Kit = Kit {
    folder: "java",
    fence: "java",
    programs: ["Relay.java", "Direct.java"],
    probe: ["javac", "--version"],
};
const PHP: Kit = Kit {
    folder: "php",
    fence: "php",
    programs: ["relay.php", "direct.php"],
    probe: ["php", "--version"],
};

#[test]
fn the_pages_show_the_programs_as_they_are() {
    let overview = fs::read_to_string(format!("{EXAMPLES}/backends/README.md")).unwrap();
    for kit in [NODE, PYTHON, GO, JAVA, PHP] {
        let page = kit.page();
        for program in kit.programs {
            let shown = page.blocks(&format!("{} {program}", kit.fence));
            let file = fs::read_to_string(kit.path(program)).unwrap();
            assert!(shown == [file], "{}/README.md does not show {program} as it is", kit.folder);
        }
        let files = fs::read_dir(kit.path("")).unwrap().count();
        assert_eq!(files, 1 + kit.programs.len(), "{}: a file that no page shows", kit.folder);
        assert!(overview.contains(&format!("({}/README.md)", kit.folder)), "{}", kit.folder);
    }
}

#[test]
fn node() {
    NODE.check();
}

#[test]
fn python() {
    PYTHON.check();
}

#[test]
fn go() {
    GO.check();
}

#[test]
fn java() {
    JAVA.check();
}

#[test]
fn php() {
    PHP.check();
}

impl Kit {
    fn path(&self, file: &str) -> String {
        format!("{EXAMPLES}/backends/{}/{file}", self.folder)
    }

    fn page(&self) -> Page {
        Page::read(&fs::read_to_string(self.path("README.md")).unwrap())
    }

    /// Does the language run here?
    fn is_installed(&self) -> bool {
        let [program, argument] = self.probe;
        let output = Command::new(program).arg(argument).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn check(&self) {
        if !self.is_installed() {
            let ci = std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
            assert!(!ci, "{} is not installed, and CI leaves nothing out", self.folder);
            println!("left out: {} is not installed", self.folder);
            return;
        }
        let place = Place::new(&self.page());
        place.it_prints_a_valid_license();
        // They mostly wait: for timeouts, and for the end of a licence.
        thread::scope(|scope| {
            scope.spawn(|| place.it_fails_in_one_line());
            scope.spawn(|| place.it_outlives_an_outage_and_says_so());
            scope.spawn(|| place.it_asks_no_more_than_it_must());
            scope.spawn(|| place.it_hands_on_nothing_that_has_expired());
            scope.spawn(|| place.it_hands_on_nothing_once_it_is_refused());
        });
    }
}

/// Where a page's commands are run: an issuer, a relay, and a backend's key.
struct Place {
    /// Ended before its house goes.
    _demo: Ended,
    house: House,
    /// As on the page.
    relay: String,
    direct: String,
    issuer_url: String,
    relay_url: String,
    /// What the relay hands out.
    license: String,
}

impl Place {
    /// Follows the page to where its programs can run.
    fn new(page: &Page) -> Self {
        let [demo, key, relay, direct] =
            ["sh demo", "sh key", "sh relay", "sh direct"].map(|kind| page.blocks(kind).concat());
        let house = House::empty();
        std::os::unix::fs::symlink(EXAMPLES, house.path("examples")).unwrap();
        let any = "127.0.0.1:0";
        let addresses = format!("--address {any} --admin-address {any} --relay-address {any}");
        // The shell gives way to the server, which is then the one that is ended.
        let script = format!("exec {} --json {addresses}", demo.trim());
        let mut child = shell(&house, &script).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let demo = Ended(child);
        let object: Value = Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap();
        let issuer_url = text(&object["request_url"]).split("/?").next().unwrap().to_owned();
        let relay_url = text(&object["relay"]["url"]).replace("/v1/license", "");
        let license = text(&object["relay"]["response"]["License"]);
        let place = Self { _demo: demo, house, relay, direct, issuer_url, relay_url, license };
        place.run(&key).code(0);
        place.house.write("wrong", &format!("{WRONG_KEY}\nand a second line\n"));
        place.house.write("wrong-secret", WRONG_SECRET);
        // A new key is in force within 2 s.
        let key = place.key();
        let relay = place.relay_url.strip_prefix("http://").unwrap();
        let ask = format!("GET /v1/license HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n");
        eventually(|| answer(relay.parse().unwrap(), &ask), |text| text.contains(" 200 "));
        place
    }

    fn key(&self) -> String {
        fs::read_to_string(self.house.data("relay/backend.key")).unwrap().trim().to_owned()
    }

    /// Runs a block of the page, told where the servers are.
    fn run(&self, block: &str) -> Ran {
        ran(shell(&self.house, &self.here(block)).stdin(Stdio::null()).output().unwrap())
    }

    fn here(&self, block: &str) -> String {
        block.replace(ISSUER, &self.issuer_url).replace(RELAY, &self.relay_url)
    }

    fn it_prints_a_valid_license(&self) {
        let handed_on = self.run(&self.relay).code(0);
        assert_eq!(handed_on.stdout, format!("{}\n", self.license));
        assert_eq!(handed_on.stderr, "");
        let direct = self.run(&self.direct).code(0);
        assert_eq!(direct.stderr, "");
        for license in [handed_on.stdout, direct.stdout] {
            let expected = ["--data", "tonegate-data", "--app-id", "12345"];
            let verify = [&["license", "verify", license.trim()], &expected[..]].concat();
            self.house.run(&verify).code(0);
        }
    }

    fn it_fails_in_one_line(&self) {
        let key = "tonegate-data/relay/backend.key";
        let secret = "tonegate-data/relay/12345.secret";
        let nobody = "http://127.0.0.1:1";
        for (block, from, to, says) in [
            (&self.relay, key, "wrong", "401 no such API key"),
            (&self.relay, key, "no-such-file", "relay: "),
            (&self.relay, RELAY, nobody, "relay: "),
            (&self.relay, "RELAY_URL=", "OTHER=", "set RELAY_URL"),
            (&self.direct, secret, "wrong-secret", "100000005: Signature error."),
            (&self.direct, ISSUER, nobody, "issuer: "),
            (&self.direct, "ISSUER_URL=", "OTHER=", "set ISSUER_URL"),
        ] {
            assert!(block.contains(from), "{block}");
            let ran = self.run(&block.replace(from, to)).code(1);
            assert!(ran.stdout.is_empty() && ran.stderr.contains(says), "{says}: {ran:?}");
            assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
            for secret in [&self.key(), WRONG_KEY, WRONG_SECRET] {
                assert!(!ran.stderr.contains(secret), "{ran:?}");
            }
        }
    }

    fn it_outlives_an_outage_and_says_so(&self) {
        let front = Front::before(&self.relay_url, Mode::Through { life: None });
        let mut talk = self.talk(&front, "backend.key");
        assert_eq!(talk.license(), self.license);
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen(), ["200", "304"], "it says which licence it has");
        front.turn(Mode::Busy);
        assert_eq!(talk.again(), self.license);
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen().len(), 3, "it waits as long as it was told");
        thread::sleep(Duration::from_millis(2_100));
        front.turn(Mode::Silent);
        assert_eq!(talk.again(), self.license);
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen()[2..], ["503", "silence"]);
        let ran = talk.end().code(0);
        let told: Vec<_> = ran.stderr.lines().filter(|it| it.contains("goes on")).collect();
        assert_eq!(told.len(), 2, "an outage is not hidden: {ran:?}");
        assert!(told[0].contains("503 try later") && !ran.stderr.contains(&self.key()), "{ran:?}");
    }

    fn it_asks_no_more_than_it_must(&self) {
        let front = Front::before(&self.relay_url, Mode::Unchanged);
        let mut talk = self.talk(&front, "backend.key");
        assert_eq!(talk.license(), self.license);
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen(), ["200"], "max-age is honoured");
        talk.end().code(0);
    }

    fn it_hands_on_nothing_that_has_expired(&self) {
        let front = Front::before(&self.relay_url, Mode::Through { life: Some(3) });
        let mut talk = self.talk(&front, "backend.key");
        assert_eq!(talk.license(), self.license);
        front.turn(Mode::Stalled);
        thread::sleep(Duration::from_millis(3_100));
        talk.ask();
        let ran = talk.end().code(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("relay: "), "{ran:?}");
    }

    fn it_hands_on_nothing_once_it_is_refused(&self) {
        let front = Front::before(&self.relay_url, Mode::Through { life: None });
        self.house.write("tonegate-data/relay/changing.key", &self.key());
        let mut talk = self.talk(&front, "changing.key");
        assert_eq!(talk.license(), self.license);
        self.house.write("tonegate-data/relay/changing.key", WRONG_KEY);
        talk.ask();
        let ran = talk.end().code(1);
        assert_eq!(front.seen(), ["200", "401"]);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("no such API key"), "{ran:?}");
        assert!(!ran.stderr.contains(WRONG_KEY), "{ran:?}");
    }

    /// Starts the page's first program, asking through this front with this key.
    fn talk(&self, front: &Front, key: &str) -> Talk {
        let script = format!("{} again", self.relay.trim()).replace("backend.key", key);
        let script = script.replace(RELAY, &format!("http://{}", front.address));
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
        Talk { stdin, lines, child }
    }
}

/// A program that fetches again for each line of its stdin. It ends when that does.
struct Talk {
    stdin: ChildStdin,
    lines: Receiver<String>,
    child: Child,
}

impl Talk {
    fn license(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a licence")
    }

    fn ask(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    fn again(&mut self) -> String {
        self.ask();
        self.license()
    }

    /// Waits for its end. What it printed since the last licence, and all of its stderr.
    fn end(self) -> Ran {
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
