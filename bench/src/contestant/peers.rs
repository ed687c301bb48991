//! Servers that do the same checks, written as a capable developer would in an afternoon: `bench/peers`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, json};

use super::{Contestant, ask, free_address, wait_for_port};
use crate::clock;
use crate::load::App;
use crate::load::request::Request;
use crate::process::Process;

/// As many requests per second and app as ours is allowed in the same scenario.
const RATE_PER_SECOND: &str = "100000";

/// A server of `bench/peers`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Its name on the page.
    pub(crate) name: &'static str,
    /// The prepared file without which it cannot run.
    needs: &'static str,
    command: fn(&Path, SocketAddr, &Path) -> Command,
}

/// All of them.
pub(crate) const ALL: [Peer; 3] = [
    Peer { name: "Go net/http", needs: "go-peer", command: go },
    Peer { name: "Node http", needs: "server.mjs", command: node },
    Peer { name: "FastAPI", needs: "venv/bin/uvicorn", command: fastapi },
];

impl Peer {
    /// Was it prepared?
    pub(crate) fn is_there(&self, prepared: &Path) -> bool {
        prepared.join(self.needs).exists()
    }

    /// Starts it with what is in the file `state`.
    pub(crate) fn start(&self, prepared: &Path, state: &Path) -> anyhow::Result<Contestant> {
        let address = free_address()?;
        let mut command = (self.command)(prepared, address, state);
        command.current_dir(prepared).env("RATE_PER_SECOND", RATE_PER_SECOND);
        let log = state.with_file_name(format!("{}.log", self.needs.replace('/', "-")));
        let mut process = Process::start(&mut command, &log)?;
        wait_for_port(&mut process, address)?;
        Ok(Contestant::new(address, process))
    }
}

/// Writes what peers have to know: each app's secret, and the licence that `ours` answers it.
pub(crate) fn write_state(work: &Path, ours: &Contestant, apps: &[App]) -> anyhow::Result<PathBuf> {
    let mut request = Request::new(&ours.address.to_string())?;
    let mut entries = Map::new();
    for app in apps {
        let signed = request.sign(app, fastrand::u64(..), clock::wall().as_secs());
        let answer: serde_json::Value = serde_json::from_str(&ask(ours.address, signed)?)?;
        let license = &answer["Data"]["License"];
        let secret = String::from_utf8_lossy(&app.secret);
        entries.insert(app.id.to_string(), json!({ "secret": secret, "license": license }));
    }
    let path = work.join("peers-state.json");
    fs::write(&path, json!({ "apps": entries }).to_string())?;
    Ok(path)
}

fn go(prepared: &Path, address: SocketAddr, state: &Path) -> Command {
    let mut command = Command::new(prepared.join("go-peer"));
    command.arg(address.to_string()).arg(state);
    command
}

fn node(prepared: &Path, address: SocketAddr, state: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(prepared.join("server.mjs"));
    command.args([address.ip().to_string(), address.port().to_string()]).arg(state);
    command.env("NODE_ENV", "production");
    command
}

fn fastapi(prepared: &Path, address: SocketAddr, state: &Path) -> Command {
    let mut command = Command::new(prepared.join("venv/bin/uvicorn"));
    command.args(["server:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]);
    command.args(["--log-level", "warning", "--host", &address.ip().to_string()]);
    command.args(["--port", &address.port().to_string()]).env("STATE", state);
    command
}
