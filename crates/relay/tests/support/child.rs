//! A relay in a process of its own: this test program, started again as [`serve`].

use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tonegate_clock::Clock;
use tonegate_relay::Relay;

use super::relay::request;
use super::{Answer, PATIENCE, Wire, World};

const CONFIG: &str = "TONEGATE_TEST_CHILD_CONFIG";

/// A relay's process; killed when dropped.
pub(crate) struct Child {
    process: tokio::process::Child,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Child {
    /// With everything logged to `log` in the world's directory, and more in its environment.
    pub(crate) async fn start(world: &World, toml: &str, environment: &[(&str, &str)]) -> Self {
        let config = world.path("relay.toml");
        std::fs::write(&config, toml).unwrap();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(world.path("log"));
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "support::child::serve", "--ignored", "--nocapture"])
            .env(CONFIG, config)
            .envs(environment.iter().copied())
            .kill_on_drop(true)
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let addresses = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("a line");
            let line = line.unwrap().expect("the addresses before the end");
            if let Some((_, addresses)) = line.split_once("listening on ") {
                break addresses.to_owned();
            }
        };
        let (address, admin) = addresses.split_once(' ').unwrap();
        let (address, admin) = (address.parse().unwrap(), admin.parse().unwrap());
        // What the harness still prints goes nowhere, instead of filling a pipe.
        tokio::spawn(async move {
            let _ = lines.into_inner().read_to_end(&mut Vec::new()).await;
        });
        Self { process, address, admin }
    }

    pub(crate) async fn get(&self, path: &str, credential: &str) -> Answer {
        ask(self.address, request("GET", path, credential, "")).await
    }

    pub(crate) async fn admin(&self, path: &str) -> Answer {
        ask(self.admin, request("GET", path, "", "")).await
    }

    /// kill -9, and the end of the process.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

async fn ask(address: SocketAddr, request: String) -> Answer {
    let mut wire = Wire::connect(address, None).await;
    wire.send(request).await;
    wire.answer().await
}

/// Not a test: what [`Child`] runs, with everything logged to standard error.
#[test]
#[ignore = "the other end of tests that need a process"]
fn serve() {
    let Some(config) = std::env::var_os(CONFIG) else { return };
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    log.with_writer(std::io::stderr).with_ansi(false).init();
    let config = super::world::read(&std::fs::read_to_string(config).unwrap()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let relay = Relay::bind(config, Clock::system()).await;
        let relay = relay.unwrap_or_else(|error| panic!("{error}"));
        println!("listening on {} {}", relay.address(), relay.admin_address());
        relay.run().await;
    });
}
