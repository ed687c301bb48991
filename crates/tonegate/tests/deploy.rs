//! deploy/, tried with the real programs: the balancers' examples before a real node, with other ports
//! and paths; units and rules by the tools that read them.
//!
//! A program that is not installed fails its test, and names the Debian package that brings it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{House, Server, eventually, get, get_with, text};

/// What a log must not hold: the names of what is signed, and the AppId itself.
const HIDDEN: [&str; 4] = ["Signature", "AppId", "Nonce", "4711"];

/// A file of deploy/.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

/// Runs a program to its end; all that it said.
#[track_caller]
fn tool(package: &str, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program} does not run ({error}); apt-get install {package}")
    });
    let all = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&all).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

/// A port that nobody listens on now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Each of these, once at least, becomes that.
#[track_caller]
fn replaced(name: &str, with: &[(&str, String)]) -> String {
    let mut all = std::fs::read_to_string(example(name)).unwrap();
    for (from, to) in with {
        assert!(all.contains(from), "{name} no longer says {from}");
        all = all.replace(from, to);
    }
    all
}

/// A node with the app 4711, and what balancers need of it.
struct Site {
    house: House,
    node: Server,
    secret: String,
}

impl Site {
    fn new() -> Self {
        let house = House::new();
        let secret = house.app("4711");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        house.write("ca.pem", &certificate);
        house.write("key.pem", &key);
        house.write("both.pem", &(certificate + &key));
        let own = "127.0.0.1/32";
        let config = format!("[gateway]\ntrusted_proxies = ['{own}']\nlifted_networks = ['{own}']");
        house.write("tonegate.toml", &config);
        let node = house.serve(&[]);
        Self { house, node, secret }
    }

    fn file(&self, name: &str) -> String {
        self.house.path(name).to_str().unwrap().to_owned()
    }

    /// Fetches through a balancer as a backend does; its exit code.
    fn fetch(&self, balancer: &Balancer) -> i32 {
        let url = format!("https://localhost:{}", balancer.address.port());
        let ca = self.file("ca.pem");
        let fetch = ["license", "fetch", "--app-id", "4711", "--url", &url, "--ca", &ca];
        let with = [&fetch[..], &["--secret-stdin"]].concat();
        self.house.run_with(&with, &format!("{}\n", self.secret)).code
    }

    /// haproxy.cfg with this node as the first, and those as the others.
    fn haproxy(&self, tls: &str, others: [SocketAddr; 2]) -> Balancer {
        let address = free();
        let text = replaced(
            "haproxy/haproxy.cfg",
            &[
                ("log /dev/log local0", "log stdout format raw local0".into()),
                // As many files as a user may have open are enough for a test.
                ("maxconn 20000", "maxconn 200".into()),
                ("user haproxy", String::new()),
                ("group haproxy", String::new()),
                ("/run/haproxy/admin.sock", self.file("admin.sock")),
                (
                    "bind :443 ssl crt /etc/haproxy/tonegate.pem alpn h2,http/1.1",
                    format!("bind {address} {tls}"),
                ),
                ("check port 8081", format!("check port {}", self.node.admin.port())),
                ("10.0.0.11:8080", self.node.gateway.to_string()),
                ("10.0.0.12:8080", others[0].to_string()),
                ("10.0.0.13:8080", others[1].to_string()),
                ("10.0.0.5:5432", free().to_string()),
                ("10.0.0.2", "127.0.0.2".into()),
            ],
        );
        self.house.write("haproxy.cfg", &text);
        let file = self.file("haproxy.cfg");
        tool("haproxy", "haproxy", &["-c", "-f", &file]);
        Balancer::start("haproxy", &["-db", "-f", &file], address, &self.house)
    }

    /// nginx.conf likewise.
    fn nginx(&self, others: [SocketAddr; 2]) -> Balancer {
        let address = free();
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders = folders.map(|name| format!("{name}_temp_path {};", self.file(name)));
        let text = replaced(
            "nginx/nginx.conf",
            &[
                ("http {", format!("http {{\n{}", folders.join("\n"))),
                ("/run/nginx.pid", self.file("nginx.pid")),
                ("/var/log/nginx/", self.file("nginx-")),
                ("listen 443", format!("listen {address}")),
                ("/etc/nginx/tonegate.pem", self.file("ca.pem")),
                ("/etc/nginx/tonegate.key", self.file("key.pem")),
                ("10.0.0.11:8080", self.node.gateway.to_string()),
                ("10.0.0.12:8080", others[0].to_string()),
                ("10.0.0.13:8080", others[1].to_string()),
            ],
        );
        self.house.write("nginx.conf", &text);
        let file = self.file("nginx.conf");
        tool("nginx", "nginx", &["-t", "-c", &file]);
        let arguments = ["-c", &file, "-g", "daemon off;"];
        Balancer::start("nginx", &arguments, address, &self.house)
    }

    /// Everything that a balancer wrote, anywhere.
    fn logs(&self) -> String {
        let names = ["balancer.log", "nginx-error.log", "nginx-requests.log", "nginx-tonegate.log"];
        let texts = names.map(|name| std::fs::read_to_string(self.house.path(name)));
        texts.into_iter().map(Result::unwrap_or_default).collect()
    }
}

/// A balancer that runs, and ends with the test.
struct Balancer {
    child: Child,
    address: SocketAddr,
}

impl Balancer {
    fn start(program: &str, arguments: &[&str], address: SocketAddr, house: &House) -> Self {
        let log = File::create(house.path("balancer.log")).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let balancer = Self { child, address };
        let log = || std::fs::read_to_string(house.path("balancer.log")).unwrap();
        let open = || TcpStream::connect(address).map(drop).map_err(|error| (error, log()));
        eventually(open, Result::is_ok).unwrap();
        balancer
    }

    fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // nginx's workers end with their master only when it is asked to end, not when it is killed.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, Signal::TERM);
        let _ = self.child.wait();
    }
}

/// A node that takes each request and dies with it; how many came.
fn dying() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&count);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap_or(0);
            if String::from_utf8_lossy(&head[..length]).contains("Signature=") {
                taken.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (address, count)
}

/// Licences come though two of three nodes are away; none when all are; and no log tells a request.
#[track_caller]
fn serves_and_keeps_quiet(site: Site, balancer: Balancer) {
    for _ in 0..6 {
        assert_eq!(site.fetch(&balancer), 0, "{}", site.logs());
    }
    // A request that is refused before it reaches a node, as the balancers see it: nothing may be told either.
    let mut plain = TcpStream::connect(balancer.address).unwrap();
    plain.write_all(b"GET /?AppId=4711&Signature=0 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let _ = plain.read(&mut [0; 512]);
    let Site { house, node, secret } = site;
    let admin = format!("http://{}/readyz", node.admin);
    assert!(get(&admin).contains("\"ready\":true"));
    node.signal(Signal::TERM);
    assert_eq!(node.ended().0, Some(0));
    let url = format!("https://localhost:{}", balancer.address.port());
    let ca = house.path("ca.pem").to_str().unwrap().to_owned();
    let fetch = ["license", "fetch", "--app-id", "4711", "--url", &url, "--ca", &ca];
    let ran = house.run_with(&[&fetch[..], &["--secret-stdin"]].concat(), &format!("{secret}\n"));
    assert_eq!(ran.code, 1, "no node is left: {ran:?}");
    // HAProxy writes a request's line a moment after its answer, and none any more once it was told to end.
    thread::sleep(Duration::from_secs(1));
    balancer.stop();
    let names = ["balancer.log", "nginx-error.log", "nginx-requests.log", "nginx-tonegate.log"];
    let logs: String =
        names.iter().filter_map(|name| std::fs::read_to_string(house.path(name)).ok()).collect();
    assert!(logs.matches("GET /").count() >= 7, "each request is a line: {logs}");
    for hidden in HIDDEN {
        assert!(!logs.contains(hidden), "{hidden}: {logs}");
    }
}

#[test]
fn haproxy_serves_and_logs_no_query() {
    let site = Site::new();
    let tls = format!("ssl crt {} alpn h2,http/1.1", site.file("both.pem"));
    let balancer = site.haproxy(&tls, [free(), free()]);
    serves_and_keeps_quiet(site, balancer);
}

#[test]
fn nginx_serves_and_logs_no_query() {
    let site = Site::new();
    let balancer = site.nginx([free(), free()]);
    serves_and_keeps_quiet(site, balancer);
}

#[test]
fn haproxy_never_sends_a_signed_request_twice() {
    let site = Site::new();
    let (dying, taken) = dying();
    let balancer = site.haproxy("", [dying, free()]);
    let mut lost = 0;
    for _ in 0..9 {
        let signed = site.house.json(&["sign", "--app-id", "4711"]);
        let url = text(&signed["url"]);
        let query = url.split_once("/?").unwrap().1;
        let (status, body) = get_with(&format!("http://{}/?{query}", balancer.address), "");
        match status {
            200 => assert!(body.contains("\"Code\":0"), "{body}"),
            502 => lost += 1,
            other => panic!("{other}: {body}"),
        }
    }
    assert!((1..9).contains(&lost), "the dying node gets some, and not all: {lost}");
    assert_eq!(taken.load(Ordering::SeqCst), lost, "{}", site.logs());
}

#[test]
fn units_are_hardened() {
    for unit in ["systemd/tonegate.service", "systemd/tonegate-relay.service"] {
        let file = example(unit);
        let file = file.to_str().unwrap();
        let security = ["security", "--offline=true", "--no-pager", "--threshold=20", file];
        let said = tool("systemd", "systemd-analyze", &security);
        assert!(said.contains("Overall exposure level"), "{said}");
    }
}

#[test]
fn prometheus_takes_configuration_and_rules() {
    let file = example("prometheus/prometheus.yml");
    let said = tool("prometheus", "promtool", &["check", "config", file.to_str().unwrap()]);
    assert!(said.contains("rules found"), "{said}");
}

#[test]
fn ready_tells_a_health_check() {
    let house = House::new();
    let server = house.serve(&[]);
    let url = format!("http://{}", server.admin);
    assert_eq!(house.json(&["ready", "--url", &url])["ready"], true);
    let port = server.admin.port();
    house.write("tonegate.toml", &format!("[admin]\naddress = '0.0.0.0:{port}'"));
    house.run(&["ready"]).code(0);
    drop(server);
    house.run(&["ready"]).refused(1, "cannot reach");
}
