//! A PostgreSQL cluster for one test: made, used, and thrown away.
//!
//! Invariants: it listens on loopback alone, on a port of its own, and everything of it lies in one
//! temporary directory; it ends with the test's process, however that ends: a watcher that holds the
//! other end of a pipe stops it, by its id.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's part fails by panicking")]

use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Who the superuser of every cluster is; nobody needs a password.
const USER: &str = "tonegate";
/// How long a server may take to start: 60 s.
const PATIENCE: u32 = 1_200;
const GLANCE: Duration = Duration::from_millis(50);

/// A cluster, with its server running or not.
pub struct Postgres {
    directory: PathBuf,
    port: u16,
    durable: bool,
    server: Option<Child>,
    watcher: Child,
}

/// Who runs it: PostgreSQL refuses root.
#[derive(Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// A running cluster that forgets everything with its machine (`fsync=off`), which is quick.
    #[must_use]
    pub fn start() -> Self {
        Self::make(false)
    }

    /// A running cluster that keeps what it has acknowledged.
    #[must_use]
    pub fn start_durable() -> Self {
        Self::make(true)
    }

    /// The URL of one of its databases; `postgres` is always there.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The server's process.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Makes a database.
    pub fn create_database(&self, name: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
    }

    /// Runs a statement; what it answers, a row a line.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let output = program("psql")
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
            ])
            .arg(format!("--command={statement}"))
            .arg(self.url(database))
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statement}: {error}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Ends the server as a power cut would (`SIGKILL`); its backends follow it.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
            // The others notice that it is gone, and until then they hold its memory.
            self.wait_until("is gone", |it| !it.answers());
            sleep(GLANCE);
        }
    }

    /// Ends the server without a word to anybody (`immediate`), or as soon as its clients are gone.
    pub fn stop(&mut self, immediately: bool) {
        if let Some(mut server) = self.server.take() {
            signal(if immediately { "QUIT" } else { "INT" }, server.id());
            server.wait().unwrap();
        }
    }

    /// Starts the server again, on the same port.
    pub fn restart(&mut self) {
        self.stop(true);
        self.run();
    }

    /// Freezes or thaws the server's processes.
    pub fn freeze(&self, frozen: bool) {
        let Some(id) = self.id() else { return };
        let name = if frozen { "STOP" } else { "CONT" };
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            signal(name, child.parse().unwrap());
        }
        signal(name, id);
    }

    /// Another cluster that follows this one. `synchronous`: nothing is acknowledged here before it is
    /// there.
    #[must_use]
    pub fn standby(&self, synchronous: bool) -> Self {
        let account = Account::of_tests();
        let directory = new_directory(account);
        let mut backup = program_as("pg_basebackup", account);
        backup.args(["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"]);
        backup.arg(format!("--dbname={}&application_name=standby", self.url("postgres")));
        run(backup.arg(format!("--pgdata={}", data(&directory).display())));
        if synchronous {
            self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
            self.sql("postgres", "SELECT pg_reload_conf()");
        }
        let mut standby = Self::with(directory, self.durable);
        standby.run();
        standby
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        self.sql("postgres", "SELECT pg_promote(true, 60)");
    }

    fn make(durable: bool) -> Self {
        let account = Account::of_tests();
        let directory = new_directory(account);
        let mut initdb = program_as("initdb", account);
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        initdb.args(["--username", USER]).arg("--pgdata").arg(data(&directory));
        run(&mut initdb);
        let mut cluster = Self::with(directory, durable);
        cluster.run();
        cluster
    }

    fn with(directory: PathBuf, durable: bool) -> Self {
        let watcher = watcher(&directory);
        Self { directory, port: free_port(), durable, server: None, watcher }
    }

    fn run(&mut self) {
        let mut server = program_as("postgres", Account::of_tests());
        server.arg("-D").arg(data(&self.directory));
        let port = self.port.to_string();
        let sockets = self.directory.display().to_string();
        let fsync = if self.durable { "on" } else { "off" };
        for (name, value) in [
            ("port", &*port),
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", &sockets),
            ("fsync", fsync),
            ("full_page_writes", fsync),
            ("max_connections", "400"),
            ("shared_buffers", "32MB"),
            ("wal_level", "replica"),
            ("max_wal_senders", "4"),
            ("autovacuum_naptime", "1h"),
        ] {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        let log = fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let server = server.stdout(Stdio::null()).stderr(log).spawn();
        self.server =
            Some(server.unwrap_or_else(|error| panic!("{}: {error}", missing("postgres"))));
        self.wait_until("answers", Self::answers);
    }

    fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..PATIENCE {
            if is_so(self) {
                return;
            }
            let ended = self.server.as_mut().and_then(|server| server.try_wait().unwrap());
            assert!(ended.is_none(), "PostgreSQL ended: {}", self.read_log());
            sleep(GLANCE);
        }
        panic!("PostgreSQL never {what}: {}", self.read_log());
    }

    fn answers(&self) -> bool {
        let mut ready = program("pg_isready");
        ready.args(["--quiet", "--timeout=1", "--dbname=postgres", "--username", USER]);
        ready.args(["--host=127.0.0.1", "--port"]).arg(self.port.to_string());
        TcpStream::connect(self.address()).is_ok() && ready.status().unwrap().success()
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    fn read_log(&self) -> String {
        let mut text = String::new();
        let log = fs::File::open(self.log());
        _ = log.and_then(|mut file| file.read_to_string(&mut text));
        text
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal("QUIT", server.id());
            _ = server.wait();
        }
        drop(self.watcher.stdin.take());
        _ = self.watcher.wait();
    }
}

impl Account {
    /// The test's own, unless that is root: then `postgres`, which the package makes, or `nobody`.
    fn of_tests() -> Option<Self> {
        let of = |flag: &str, name: &str| {
            let output = Command::new("id").args([flag, name]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        if of("-u", "root") != own_id() {
            return None;
        }
        let account = |name| Some(Self { uid: of("-u", name)?, gid: of("-g", name)? });
        account("postgres").or_else(|| account("nobody"))
    }
}

fn own_id() -> Option<u32> {
    let output = Command::new("id").arg("-u").output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Once nobody holds the pipe any more, it stops the server that the directory belongs to, and takes the
/// directory away.
fn watcher(directory: &Path) -> Child {
    const SCRIPT: &str = "cat > /dev/null; id=$(head -n 1 \"$1/data/postmaster.pid\" 2> /dev/null) \
         && kill -QUIT \"$id\" 2> /dev/null && sleep 1; rm -rf \"$1\"";
    let mut watcher = Command::new("sh");
    watcher.args(["-c", SCRIPT, "watcher"]).arg(directory).stdin(Stdio::piped());
    watcher.stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C ends the test, and the watcher's work begins.
    watcher.process_group(0).spawn().unwrap()
}

fn new_directory(account: Option<Account>) -> PathBuf {
    let name = format!("tonegate-postgres-{:016x}", fastrand::u64(..));
    let directory = std::env::temp_dir().join(name);
    fs::DirBuilder::new().mode(0o700).create(&directory).unwrap();
    if let Some(Account { uid, gid }) = account {
        chown(&directory, Some(uid), Some(gid)).unwrap();
    }
    directory
}

fn data(directory: &Path) -> PathBuf {
    directory.join("data")
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// One of PostgreSQL's programs, which Debian does not put into the path.
fn program(name: &str) -> Command {
    let versions = (15..=30).rev().map(|version| format!("/usr/lib/postgresql/{version}/bin"));
    let found = versions.map(|bin| Path::new(&bin).join(name)).find(|path| path.exists());
    Command::new(found.unwrap_or_else(|| PathBuf::from(name)))
}

fn program_as(name: &str, account: Option<Account>) -> Command {
    let mut command = program(name);
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
    command.current_dir(std::env::temp_dir());
    command
}

fn run(command: &mut Command) {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", missing(&name)));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {error}");
}

fn missing(program: &str) -> String {
    format!("`{program}` does not run; install the Debian package postgresql-15")
}

fn signal(name: &str, id: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), id.to_string()]).status();
    assert!(sent.unwrap().success() || name == "QUIT");
}
