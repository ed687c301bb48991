//! The server in a process of its own: this test program, started again as [`serve`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tonegate_server::Server;
use tonegate_server::clock::Clock;
use tonegate_server::config::Config;
use tonegate_server::store::PostgresUrl;

use crate::support::signer::{Broken, break_signers};
use crate::support::{Answer, House, PATIENCE, Wire};

const DATA: &str = "TONEGATE_TEST_CHILD_DATA";
const DATABASE: &str = "TONEGATE_TEST_CHILD_DATABASE";
const PANICS: &str = "TONEGATE_TEST_CHILD_PANICS";

/// A server's process; killed when dropped.
pub(crate) struct Child {
    process: tokio::process::Child,
    pub(crate) gateway: SocketAddr,
    admin: SocketAddr,
    /// From the start of the process to its addresses.
    pub(crate) ready_after: Duration,
}

impl Child {
    pub(crate) async fn start(house: &House) -> Self {
        Self::start_with(house, false).await
    }

    /// `panics`: its signing key panics after the start.
    pub(crate) async fn start_with(house: &House, panics: bool) -> Self {
        let clock = Clock::system();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child::serve", "--ignored", "--nocapture"]);
        command.env(DATA, house.data().path()).kill_on_drop(true);
        if let Some(url) = house.url() {
            command.env(DATABASE, url);
        }
        if panics {
            command.env(PANICS, "1");
        }
        let log = std::fs::File::create(house.path("log")).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let addresses = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("a line");
            let line = line.unwrap().expect("the addresses before the end");
            if let Some((_, addresses)) = line.split_once("listening on ") {
                break addresses.to_owned();
            }
        };
        let (gateway, admin) = addresses.split_once(' ').unwrap();
        let (gateway, admin) = (gateway.parse().unwrap(), admin.parse().unwrap());
        // What the harness still prints goes nowhere, instead of filling a pipe.
        tokio::spawn(async move {
            let _ = lines.into_inner().read_to_end(&mut Vec::new()).await;
        });
        Self { process, gateway, admin, ready_after: clock.monotonic() }
    }

    pub(crate) async fn get(&self, query: &str) -> Answer {
        let mut wire = Wire::connect(self.gateway).await;
        wire.send(format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        wire.answer().await
    }

    pub(crate) async fn admin(&self, path: &str) -> Answer {
        let mut wire = Wire::connect(self.admin).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        wire.answer().await
    }

    /// kill -9, and the end of the process.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// KiB in memory.
    pub(crate) fn resident(&self) -> u64 {
        let status = format!("/proc/{}/status", self.process.id().unwrap());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// Not a test: what [`Child`] runs, with everything logged to standard error.
#[test]
#[ignore = "the other end of tests that need a process"]
fn serve() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    log.with_writer(std::io::stderr).with_ansi(false).init();
    let mut config = Config::default();
    config.data.directory = PathBuf::from(data);
    if let Ok(url) = std::env::var(DATABASE) {
        config.data.database_url = url.parse::<PostgresUrl>().unwrap().into();
    }
    config.gateway.address = ([127, 0, 0, 1], 0).into();
    config.admin.address = ([127, 0, 0, 1], 0).into();
    config.webhooks.allow_private_addresses = true;
    // Tests repeat thousands of signatures from one address.
    config.gateway.lifted_networks = vec!["127.0.0.1/32".parse().unwrap()];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::bind(config, Clock::system()).await.unwrap();
        if std::env::var_os(PANICS).is_some() {
            break_signers(server.service(), Broken::Panics);
        }
        println!("listening on {} {}", server.gateway_address(), server.admin_address());
        server.run().await;
    });
}
