//! A place of its own for each test, the binary run in it, and servers that end with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Free addresses for `demo`.
pub(crate) const FREE: [&str; 8] = [
    "--address",
    "127.0.0.1:0",
    "--admin-address",
    "127.0.0.1:0",
    "--relay-address",
    "127.0.0.1:0",
    "--relay-admin-address",
    "127.0.0.1:0",
];

/// What a run of the binary came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// It ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// It ended well and printed JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.code(0).stdout).unwrap()
    }

    /// It ended with this code, and one line on stderr that says this.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, says: &str) {
        let ran = self.code(code);
        assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{ran:?}");
        assert!(ran.stderr.contains(says), "{says}: {ran:?}");
    }
}

/// A directory of a test's own.
pub(crate) struct House(TempDir);

impl House {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with an installation that keeps its own roots.
    pub(crate) fn new() -> Self {
        let house = Self::empty();
        house.run(&["init", "--auto-root"]).code(0);
        house
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.path("tonegate-data").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tonegate"));
        command.args(arguments).current_dir(self.0.path()).env_remove("NO_COLOR");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TONEGATE_")) {
            command.env_remove(name);
        }
        // Where the test has a hardware token.
        command.env("SOFTHSM2_CONF", self.path("softhsm2.conf"));
        command.env_remove("DATABASE_URL");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs with this on stdin.
    pub(crate) fn run_with(&self, arguments: &[&str], stdin: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read its stdin has closed it by now, which is its right.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// Makes an app with the features `ans` and `agc`, and gives its secret.
    pub(crate) fn app(&self, id: &str) -> String {
        let create =
            ["app", "create", "Karaoke", "--app-id", id, "--feature", "ans", "--feature", "agc"];
        text(&self.json(&create)["server_secret"])
    }

    /// Starts `tonegate serve` with these further arguments.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let serve = ["serve", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"];
        let mut command = self.command(&[&serve, arguments].concat());
        Server::start(command.env("TONEGATE_LOG__FORMAT", "json"))
    }

    /// Starts `tonegate relay` on this configuration.
    pub(crate) fn relay(&self, config: &str) -> Server {
        let relay = ["relay", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"];
        let mut command = self.command(&[&relay[..], &["--config", config]].concat());
        Server::started(command.env("TONEGATE_RELAY_LOG__FORMAT", "json"), "relaying", "address")
    }

    /// Starts it from a shell that has said this before, with this many connections.
    pub(crate) fn serve_after(&self, shell: &str, connections: &str) -> Server {
        let any = "127.0.0.1:0";
        let script = format!("{shell}; exec \"$0\" serve --address {any} --admin-address {any}");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_tonegate")]).current_dir(self.0.path());
        command.env("TONEGATE_GATEWAY__CONNECTIONS", connections);
        Server::start(command.env("TONEGATE_LOG__FORMAT", "json"))
    }
}

/// A JSON string's text.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A running `tonegate serve` or `tonegate relay`.
pub(crate) struct Server {
    child: Child,
    lines: Receiver<String>,
    log: String,
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        Self::started(command, "serving", "gateway")
    }

    /// Waits until it says that it is `ready`, with its `address`.
    fn started(command: &mut Command, ready: &str, address: &str) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            stderr.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server =
            Self { child, lines, log: String::new(), gateway: unknown, admin: unknown };
        let line: Value = serde_json::from_str(&server.wait_for(ready)).unwrap();
        server.gateway = text(&line[address]).parse().unwrap();
        server.admin = text(&line["admin"]).parse().unwrap();
        server
    }

    /// Waits for a log line with this in it.
    pub(crate) fn wait_for(&mut self, what: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect(what);
            self.log += &line;
            self.log.push('\n');
            if line.contains(what) {
                return line;
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.gateway)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for its end: exit code, and everything that it logged.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let rest: Vec<String> = self.lines.iter().collect();
        (status.code(), std::mem::take(&mut self.log) + &rest.join("\n"))
    }

    /// Fetches a licence as a backend does.
    pub(crate) fn fetch(&self, house: &House, app_id: &str, secret: &str) -> Ran {
        let url = self.url();
        let fetch = ["license", "fetch", "--url", &url, "--app-id", app_id, "--secret-stdin"];
        house.run_with(&fetch, &format!("{secret}\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Repeats until it is so; a change is in force within 2 s, and the machine may be slow.
#[track_caller]
pub(crate) fn eventually<T: std::fmt::Debug>(
    mut ask: impl FnMut() -> T,
    so: impl Fn(&T) -> bool,
) -> T {
    let mut last = None;
    for _ in 0..200 {
        let answer = ask();
        if so(&answer) {
            return answer;
        }
        last = Some(answer);
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it never was so: {last:?}");
}

/// The body of a plain GET.
pub(crate) fn get(url: &str) -> String {
    get_with(url, "").1
}

/// Status and body of a GET with these header lines.
pub(crate) fn get_with(url: &str, headers: &str) -> (u16, String) {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Every byte of every file under a directory.
pub(crate) fn bytes_under(path: &Path) -> Vec<u8> {
    if path.is_file() {
        return std::fs::read(path).unwrap();
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.flat_map(|entry| bytes_under(&entry.unwrap().path())).collect()
}
