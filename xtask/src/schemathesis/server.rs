//! A server of its own for schemathesis, and a token for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::command;
use crate::workspace::Workspace;

/// A tenth of a second each.
const WAITS: u32 = 300;

/// A running server; it ends with this.
pub(super) struct Server {
    child: Child,
    log: PathBuf,
    admin: String,
    token: String,
}

impl Server {
    /// Makes an installation with two apps in `folder`, which was somebody else's until now.
    pub(super) fn start(workspace: &Workspace, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let tonegate = |arguments: &[&str]| {
            let mut command = workspace.program(workspace.target.join("debug/tonegate"));
            command.current_dir(folder).args(arguments);
            command
        };
        command::run(&mut tonegate(&["init", "--auto-root"]))?;
        for id in ["1", "2"] {
            let create = ["app", "create", "Karaoke", "--app-id", id, "--feature", "ans", "--json"];
            command::output(&mut tonegate(&create))?;
        }
        let create = ["token", "create", "schemathesis", "--role", "owner", "--privileged"];
        let made = command::output(tonegate(&create).args(["--expires-in", "1d", "--json"]))?;
        let made: Value = serde_json::from_slice(&made)?;
        let token = made["token"].as_str().context("no token was made")?.to_owned();
        let free = ["--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"];
        let log = folder.join("log.jsonl");
        let child = spawn(tonegate(&["serve"]).args(free), &log)?;
        let mut server = Self { child, log, admin: String::new(), token };
        server.admin = server.address()?;
        Ok(server)
    }

    /// Where it serves what it says about itself.
    pub(super) fn document(&self) -> String {
        format!("http://{}/api/v1/openapi.json", self.admin)
    }

    /// A privileged owner's.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// It is still there, and nothing of it panicked.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        let log = self.log.display();
        ensure!(self.child.try_wait()?.is_none(), "the server ended; {log} says why");
        ensure!(!fs::read_to_string(&self.log)?.contains("panicked"), "it panicked: {log}");
        Ok(())
    }

    /// Where it listens, as soon as it says so.
    fn address(&mut self) -> anyhow::Result<String> {
        for _ in 0..WAITS {
            self.check()?;
            let log = fs::read_to_string(&self.log)?;
            let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(admin) = lines.find_map(|line| Some(line["admin"].as_str()?.to_owned())) {
                return Ok(admin);
            }
            thread::sleep(Duration::from_millis(100));
        }
        anyhow::bail!("the server does not start; see {}", self.log.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; nothing of it is wanted any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(serve: &mut Command, log: &Path) -> anyhow::Result<Child> {
    serve.env("TONEGATE_LOG__FORMAT", "json").stderr(fs::File::create(log)?);
    // Webhooks of the tests go to this machine, where nobody takes them.
    serve.env("TONEGATE_WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true");
    serve.spawn().context("cannot start the server")
}
