//! The store behind a shared replay guard: Valkey, or Redis, which speaks the same.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use super::free_address;
use crate::process::Process;

/// Their servers, the first that is there.
const PROGRAMS: [&str; 2] = ["valkey-server", "redis-server"];

/// The program and its version; `None`: there is none on this machine.
pub(crate) fn version() -> Option<(&'static str, String)> {
    PROGRAMS.into_iter().find_map(|program| {
        let output = Command::new(program).arg("--version").output().ok()?;
        Some((program, String::from_utf8_lossy(&output.stdout).trim().to_owned()))
    })
}

/// Starts it empty, keeping nothing on disk.
pub(crate) fn start(program: &str, home: &Path) -> anyhow::Result<(SocketAddr, Process)> {
    let address = free_address()?;
    fs::create_dir_all(home)?;
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
    command.arg(address.port().to_string()).current_dir(home);
    let mut process = Process::start(&mut command, &home.join("valkey.log"))?;
    process.wait_for(|_| TcpStream::connect(address).ok())?;
    Ok((address, process))
}
