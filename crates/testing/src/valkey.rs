//! Valkey servers for one test: alone, with a Sentinel, as a Cluster.
//!
//! Invariant: each is a process of the test's own on free loopback ports, in a directory of its own, and ends
//! with the value that stands for it, also when the test panics. Where `redis-server` is not there, the test
//! fails and names the Debian package.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Longer than a server may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server.
#[derive(Debug)]
pub struct Valkey {
    port: u16,
    arguments: Vec<String>,
    directory: TempDir,
    process: Option<Child>,
    /// Said before every command: AUTH, where it is needed.
    greeting: Vec<String>,
}

impl Valkey {
    /// One that keeps nothing on disk.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more arguments, as on its command line.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_as(arguments, &[])
    }

    /// With more arguments; `greeting` is the command that lets in.
    #[must_use]
    pub fn start_as(arguments: &[&str], greeting: &[&str]) -> Self {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut valkey = Self {
            port: free_port(),
            arguments: own(arguments),
            directory: tempfile::tempdir().expect("a directory"),
            process: None,
            greeting: own(greeting),
        };
        valkey.restart();
        valkey
    }

    /// `redis://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its process stands still, and its connections stay open.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// It goes on.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends it at once. What it held is lost.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it on the same port, and waits until it answers.
    pub fn restart(&mut self) {
        self.kill();
        let mut server = Command::new("redis-server");
        let port = self.port.to_string();
        server.args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no"]);
        self.run(server);
    }

    fn run(&mut self, mut server: Command) {
        server.args(&self.arguments).current_dir(self.directory.path());
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = server.spawn();
        self.process = Some(process.expect("redis-server runs: apt-get install redis-server"));
        eventually("it answers", || self.try_say(&["PING"]).is_some_and(|it| it == "+PONG"));
    }

    /// Says a command and gives the first line of the answer, and the second one of a text's.
    #[must_use]
    pub fn say(&self, command: &[&str]) -> String {
        self.try_say(command).expect("it answers")
    }

    fn try_say(&self, command: &[&str]) -> Option<String> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let mut reader = BufReader::new(stream);
        if !self.greeting.is_empty() {
            let greeting: Vec<_> = self.greeting.iter().map(String::as_str).collect();
            say(&mut reader, &greeting)?;
        }
        say(&mut reader, command)
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.as_ref().and_then(|it| i32::try_from(it.id()).ok());
        let id = id.and_then(Pid::from_raw).expect("it runs");
        kill_process(id, signal).expect("a process of our own");
    }
}

impl Drop for Valkey {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A primary, its replica, and the Sentinel that watches them.
#[derive(Debug)]
pub struct ValkeySentinel {
    /// The primary at the start.
    pub primary: Valkey,
    /// The one that takes its place.
    pub replica: Valkey,
    /// Who says so.
    pub sentinel: Valkey,
}

impl ValkeySentinel {
    /// The Sentinel calls the primary by this name.
    pub const NAME: &'static str = "guard";

    /// Started, and known to each other.
    #[must_use]
    pub fn start() -> Self {
        let primary = Valkey::start();
        let of = format!("127.0.0.1 {}", primary.port);
        let replica = Valkey::start_with(&["--replicaof", &of, "--repl-diskless-sync-delay", "0"]);
        let mut sentinel = Valkey {
            port: free_port(),
            arguments: Vec::new(),
            directory: tempfile::tempdir().expect("a directory"),
            process: None,
            greeting: Vec::new(),
        };
        let (name, port) = (Self::NAME, sentinel.port);
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor {name} {of} 1\n\
             sentinel down-after-milliseconds {name} 300\nsentinel failover-timeout {name} 3000\n"
        );
        let file = sentinel.directory.path().join("sentinel.conf");
        std::fs::write(&file, text).expect("its configuration");
        let mut server = Command::new("redis-server");
        server.arg(&file).arg("--sentinel");
        sentinel.run(server);
        let all = Self { primary, replica, sentinel };
        eventually("the replica has caught up", || {
            all.replica.say_all(&["INFO", "replication"]).contains("master_link_status:up")
        });
        eventually("the sentinel knows the replica", || {
            all.sentinel.say_all(&["SENTINEL", "replicas", Self::NAME]).contains("slave")
        });
        all
    }
}

/// A Cluster of three primaries.
#[derive(Debug)]
pub struct ValkeyCluster {
    /// Its servers, each with a third of the slots.
    pub primaries: [Valkey; 3],
}

impl ValkeyCluster {
    /// Started, and known to each other.
    #[must_use]
    pub fn start() -> Self {
        let slots = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];
        let primaries = slots.map(|(first, last)| {
            let bus = free_port().to_string();
            let arguments =
                ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout"];
            let primary = Valkey::start_with(&[&arguments[..], &["2000"]].concat());
            assert_eq!(primary.say(&["CLUSTER", "ADDSLOTSRANGE", first, last]), "+OK");
            (primary, bus)
        });
        let [first, others @ ..] = &primaries;
        for (other, bus) in others {
            let port = other.port.to_string();
            let met = first.0.say(&["CLUSTER", "MEET", "127.0.0.1", &port, bus]);
            assert_eq!(met, "+OK");
        }
        let cluster = Self { primaries: primaries.map(|(primary, _)| primary) };
        eventually("the Cluster is whole", || {
            let ok = |it: &Valkey| it.say_all(&["CLUSTER", "INFO"]).contains("cluster_state:ok");
            let known =
                |it: &Valkey| it.say_all(&["CLUSTER", "INFO"]).contains("cluster_known_nodes:3");
            cluster.primaries.iter().all(|it| ok(it) && known(it))
        });
        cluster
    }
}

impl Valkey {
    /// Says a command and gives what comes within a moment.
    #[must_use]
    pub fn say_all(&self, command: &[&str]) -> String {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it is there");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        let mut reader = BufReader::new(stream);
        let (mut all, mut bytes) = (Vec::new(), [0; 4_096]);
        let _ = reader.get_mut().write_all(&packed(command));
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            all.extend_from_slice(bytes.get(..length).unwrap_or_default());
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

fn say(reader: &mut BufReader<TcpStream>, command: &[&str]) -> Option<String> {
    reader.get_mut().write_all(&packed(command)).ok()?;
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    if line.starts_with('$') && !line.starts_with("$-1") {
        line.clear();
        reader.read_line(&mut line).ok()?;
    }
    Some(line.trim_end().to_owned())
}

fn packed(command: &[&str]) -> Vec<u8> {
    let words = command.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", command.len(), words.collect::<String>()).into_bytes()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}

fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let start = tokio::time::Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
