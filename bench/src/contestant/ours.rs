//! `tonegate serve`, the released binary, on an installation of the benchmark's.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;
use toml::{Table, toml};

use super::Contestant;
use crate::clock;
use crate::house::House;
use crate::process::Process;
use crate::tls::Certificate;

/// Most connections at once.
const CONNECTIONS: usize = 16_000;
/// Most signatures remembered: more than any scenario sends.
const REMEMBERED_MAX: usize = 64_000_000;

/// What is said of every scenario: the limits that are not in its way.
pub(crate) const LIFTED: &str = "the app's rate (100,000/s instead of 20/s), the caps on connections \
     and failing requests of 127.0.0.0/8, guard.max_entries (64 million instead of 16)";

/// How the server is started.
#[derive(Debug)]
pub(crate) struct Options<'o> {
    /// The binary.
    pub(crate) binary: &'o Path,
    /// Serve TLS with this.
    pub(crate) tls: Option<&'o Certificate>,
    /// `gateway.workers`, where this binary knows the key.
    pub(crate) workers: Option<usize>,
    /// A shared replay guard.
    pub(crate) valkey: Option<SocketAddr>,
}

/// A running `tonegate serve`.
#[derive(Debug)]
pub(crate) struct Ours {
    /// The server.
    pub(crate) contestant: Contestant,
    /// Where health and metrics are.
    pub(crate) admin: SocketAddr,
}

impl Ours {
    /// Starts it on `house` and waits until it serves.
    pub(crate) fn start(house: &House, options: &Options<'_>) -> anyhow::Result<Self> {
        let config = house.path.join("tonegate.toml");
        fs::write(&config, configuration(house, options).to_string())?;
        let mut command = Command::new(options.binary);
        command.arg("serve").arg("--config").arg(&config);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TONEGATE_") {
                command.env_remove(name);
            }
        }
        let begun = clock::now();
        let mut process = Process::start(&mut command, &house.path.join("server.log"))?;
        let (address, admin) = process.wait_for(serving).context("tonegate serve")?;
        let ready_after = Some(begun.elapsed());
        let contestant = Contestant { ready_after, ..Contestant::new(address, process) };
        Ok(Self { contestant, admin })
    }

    /// The value of a metric, by the start of its line.
    pub(crate) fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = super::ask(self.admin, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")?;
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.with_context(|| format!("no metric {name}"))?.parse().context("a metric")
    }
}

/// Does this binary know the configuration's key `key`?
pub(crate) fn knows(binary: &Path, key: &str) -> anyhow::Result<bool> {
    let printed = Command::new(binary).args(["serve", "--print-config"]).output();
    let printed = printed.with_context(|| format!("cannot start {}", binary.display()))?;
    let begins = format!("{key} = ");
    Ok(String::from_utf8_lossy(&printed.stdout).lines().any(|line| line.starts_with(&begins)))
}

fn configuration(house: &House, options: &Options<'_>) -> Table {
    let mut config = toml! {
        [data]
        [gateway]
        address = "127.0.0.1:0"
        lifted_networks = ["127.0.0.0/8"]
        [admin]
        address = "127.0.0.1:0"
        [guard]
        [log]
        format = "json"
    };
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    set(&mut config, "data", "directory", path(house.data().path().to_owned()));
    set(&mut config, "gateway", "connections", CONNECTIONS as i64);
    set(&mut config, "guard", "max_entries", REMEMBERED_MAX as i64);
    if let Some(certificate) = options.tls {
        set(&mut config, "gateway", "tls_certificate", path(certificate.chain.clone()));
        set(&mut config, "gateway", "tls_key", path(certificate.key.clone()));
    }
    if let Some(workers) = options.workers {
        set(&mut config, "gateway", "workers", workers as i64);
    }
    if let Some(valkey) = options.valkey {
        let urls: toml::Value = vec![format!("redis://{valkey}")].into();
        config.insert(
            "shared_guard".to_owned(),
            Table::from_iter([("urls".to_owned(), urls)]).into(),
        );
    }
    config
}

fn set(config: &mut Table, section: &str, key: &str, value: impl Into<toml::Value>) {
    if let Some(section) = config.get_mut(section).and_then(toml::Value::as_table_mut) {
        section.insert(key.to_owned(), value.into());
    }
}

/// The two addresses, from the line of the log that tells them.
fn serving(log: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line = log.lines().find(|line| line.contains("\"serving\""))?;
    let line: Value = serde_json::from_str(line).ok()?;
    let address = |name: &str| line[name].as_str()?.parse().ok();
    Some((address("gateway")?, address("admin")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_are_read_from_the_log() {
        let line = r#"{"message":"serving","gateway":"127.0.0.1:1","admin":"127.0.0.1:2"}"#;
        let log = format!("{{\"message\":\"other\"}}\n{line}\n");
        let ports = serving(&log).map(|(gateway, admin)| (gateway.port(), admin.port()));
        assert_eq!(ports, Some((1, 2)));
        assert_eq!(serving("{\"message\":\"other\"}"), None);
    }
}
