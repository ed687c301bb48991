//! The configuration of `tonegate serve`: defaults, file, environment and flags, in that order.
//!
//! `config.default.toml` is the one list of keys, defaults and explanations; this file gives them
//! types. An unknown key is an error wherever it comes from.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Deserialize;
use toml::{Table, Value};

use crate::limits::CONFIG_BYTES_MAX;

/// Every key with its default and what it is for: what `tonegate serve --print-config` prints.
pub const DEFAULT: &str = include_str!("../config.default.toml");

/// Prefix of environment variables; `__` stands for the dot.
pub const ENVIRONMENT_PREFIX: &str = "TONEGATE_";

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where things are kept.
    pub data: Data,
    /// The licence API.
    pub gateway: Gateway,
    /// Health and metrics.
    pub admin: Admin,
    /// The replay guard.
    pub guard: Guard,
    /// The limit on failing requests.
    pub network_limit: NetworkLimit,
    /// Logs.
    pub log: Log,
}

/// `[data]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The data directory.
    pub directory: PathBuf,
    /// The key-encryption key's file; empty: credential or data directory.
    pub key_encryption_key: PathBuf,
}

/// `[gateway]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Where it listens.
    pub address: SocketAddr,
    /// Host names it answers for; none: any.
    pub hosts: Vec<String>,
    /// Web origins that may call it.
    pub cors_origins: Vec<String>,
    /// Whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether those send PROXY v2.
    pub proxy_protocol: bool,
    /// Networks without connection cap and failure limit.
    pub lifted_networks: Vec<IpNet>,
    /// Threads that answer plain HTTP; 0: one a core.
    pub workers: usize,
    /// Most connections at once.
    pub connections: usize,
    /// Most connections at once of one network.
    pub connections_per_network: usize,
    /// Certificate chain, PEM; empty: no TLS.
    pub tls_certificate: PathBuf,
    /// Its private key, PEM.
    pub tls_key: PathBuf,
}

/// `[admin]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Where it listens.
    pub address: SocketAddr,
}

/// `[guard]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Most signatures remembered.
    pub max_entries: usize,
}

/// `[network_limit]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkLimit {
    /// Failing requests per second and network.
    pub per_second: u32,
    /// As many at once.
    pub burst: u32,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people or programs.
    pub format: LogFormat,
    /// How much.
    pub level: LogLevel,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `log.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file is larger than 64 KiB.
    #[error("the configuration {path} is larger than 64 KiB; is it the right file?")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("{origin}: {fault}; `tonegate serve --print-config` lists every key")]
    Invalid {
        /// The file, variable or flag.
        origin: String,
        /// What is wrong, and where.
        fault: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a test reads the embedded text")]
        Sources::new().read().expect("the embedded defaults")
    }
}

/// The places that a configuration comes from, later ones over earlier ones.
#[derive(Debug)]
pub struct Sources {
    merged: Table,
    last: String,
}

impl Sources {
    /// The embedded defaults alone.
    #[must_use]
    pub fn new() -> Self {
        let merged = DEFAULT.parse().unwrap_or_default();
        Self { merged, last: "config.default.toml".to_owned() }
    }

    /// Adds a file.
    pub fn file(self, path: &Path) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(read)?;
        file.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text).map_err(read)?;
        if text.len() as u64 > CONFIG_BYTES_MAX {
            return Err(ConfigError::TooLarge { path: path.to_owned() });
        }
        self.text(&text, &path.display().to_string())
    }

    /// Adds the text of a file.
    pub fn text(mut self, text: &str, origin: &str) -> Result<Self, ConfigError> {
        let table: Table = text.parse().map_err(|fault| invalid(origin, fault))?;
        merge(&mut self.merged, table);
        self.checked(origin)
    }

    /// Adds the variables that begin with `TONEGATE_` and name a key of a section: with a `__`.
    pub fn environment(
        mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        for (name, value) in variables {
            let Some(key) = name.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
            let Some((section, key)) = key.split_once("__") else { continue };
            self = self.set(&section.to_lowercase(), &key.to_lowercase(), &value, &name)?;
        }
        Ok(self)
    }

    /// Sets one key, as a flag or variable does. Text that is no TOML value stands for itself.
    pub fn set(
        mut self,
        section: &str,
        key: &str,
        value: &str,
        origin: &str,
    ) -> Result<Self, ConfigError> {
        let text = Value::String(value.to_owned());
        let as_toml = format!("value = {value}").parse::<Table>().ok();
        let typed = as_toml.and_then(|mut table| table.remove("value")).unwrap_or(text.clone());
        // A path or address that happens to read as a number is still the text that was given.
        let before = self.merged.clone();
        merge(&mut self.merged, nested(section, key, typed));
        self.checked(origin).or_else(|_| {
            let mut merged = before;
            merge(&mut merged, nested(section, key, text));
            Self { merged, last: String::new() }.checked(origin)
        })
    }

    /// The configuration, refused where values read well and can only be mistakes.
    pub fn read(self) -> Result<Config, ConfigError> {
        let config = self.typed(&self.last)?;
        config.check_tls_pair()?;
        config.check_zeros()?;
        config.check_hosts()?;
        config.check_origins()?;
        Ok(config.with_bracketed_hosts())
    }

    /// Reads what there is so far, so that an error names the place that brought it in.
    fn checked(mut self, origin: &str) -> Result<Self, ConfigError> {
        self.typed(origin)?;
        origin.clone_into(&mut self.last);
        Ok(self)
    }

    fn typed(&self, origin: &str) -> Result<Config, ConfigError> {
        let config = self.merged.clone().try_into();
        config.map_err(|fault: toml::de::Error| invalid(origin, fault.message()))
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// Half a pair must never mean plain HTTP.
    fn check_tls_pair(&self) -> Result<(), ConfigError> {
        let pair = [&self.gateway.tls_certificate, &self.gateway.tls_key];
        match pair.map(|path| path.as_os_str().is_empty()) {
            [true, false] => Err(invalid("gateway.tls_key", "gateway.tls_certificate is missing")),
            [false, true] => Err(invalid("gateway.tls_certificate", "gateway.tls_key is missing")),
            _ => Ok(()),
        }
    }

    fn check_zeros(&self) -> Result<(), ConfigError> {
        let zeros = [
            ("gateway.connections", self.gateway.connections == 0),
            ("gateway.connections_per_network", self.gateway.connections_per_network == 0),
            ("guard.max_entries", self.guard.max_entries == 0),
            ("network_limit.per_second", self.network_limit.per_second == 0),
            ("network_limit.burst", self.network_limit.burst == 0),
        ];
        match zeros.iter().find(|(_, zero)| *zero) {
            Some((key, _)) => Err(invalid(key, "0 would refuse every request")),
            None => Ok(()),
        }
    }

    fn check_hosts(&self) -> Result<(), ConfigError> {
        match self.gateway.hosts.iter().find(|host| !is_host(host)) {
            Some(host) => {
                let fault = format!("{host:?} is no host name without a port");
                Err(invalid("gateway.hosts", fault))
            }
            None => Ok(()),
        }
    }

    fn check_origins(&self) -> Result<(), ConfigError> {
        let not_an_origin = |origin: &&String| {
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            host.is_empty() || host.contains('/')
        };
        match self.gateway.cors_origins.iter().find(not_an_origin) {
            Some(origin) => {
                let fault = format!("{origin:?} is no origin such as \"https://app.example.com\"");
                Err(invalid("gateway.cors_origins", fault))
            }
            None => Ok(()),
        }
    }

    /// IPv6 addresses as a Host header writes them.
    fn with_bracketed_hosts(mut self) -> Self {
        for host in &mut self.gateway.hosts {
            if host.parse::<Ipv6Addr>().is_ok() {
                *host = format!("[{host}]");
            }
        }
        self
    }
}

/// A name or an address, not a URL, and without a port.
fn is_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse::<Ipv6Addr>().is_ok() || !(host.is_empty() || host.contains(['/', ' ', ':', '[']))
}

fn nested(section: &str, key: &str, value: Value) -> Table {
    let section_table = Table::from_iter([(key.to_owned(), value)]);
    Table::from_iter([(section.to_owned(), Value::Table(section_table))])
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => _ = into.insert(key, value),
        }
    }
}

fn invalid(origin: &str, fault: impl fmt::Display) -> ConfigError {
    let fault = fault.to_string().trim().replace('\n', " ");
    ConfigError::Invalid { origin: origin.to_owned(), fault }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_places_win() {
        let config = Sources::new()
            .text("[gateway]\naddress = '127.0.0.1:1'\nhosts = ['a']\n", "file")
            .and_then(|sources| {
                let variables = [
                    ("TONEGATE_GATEWAY__ADDRESS", "127.0.0.1:2"),
                    ("TONEGATE_GATEWAY__HOSTS", "['b', 'c']"),
                    ("TONEGATE_GUARD__MAX_ENTRIES", "7"),
                    ("TONEGATE_DATA__DIRECTORY", "12345"),
                    ("TONEGATE_TOKEN", "not a key"),
                    ("PATH", "/bin"),
                ];
                sources.environment(variables.map(|(k, v)| (k.into(), v.into())).into_iter())
            })
            .and_then(|sources| sources.set("gateway", "address", "127.0.0.1:3", "--address"))
            .and_then(Sources::read)
            .unwrap();
        assert_eq!(config.gateway.address.port(), 3);
        assert_eq!(config.gateway.hosts, ["b", "c"]);
        assert_eq!(config.guard.max_entries, 7);
        assert_eq!(config.data.directory, Path::new("12345"));
        assert_eq!(config.admin, Config::default().admin);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_its_place() {
        for text in ["[gateway]\nadress = 1", "[gatway]", "gateway = 1", "[gateway]\nhosts = 1"] {
            let error = Sources::new().text(text, "tonegate.toml").unwrap_err().to_string();
            assert!(error.starts_with("tonegate.toml: "), "{error}");
        }
        let variables = [("TONEGATE_GATEWAY__ADRESS".to_owned(), "x".to_owned())];
        let error = Sources::new().environment(variables.into_iter()).unwrap_err().to_string();
        assert!(error.starts_with("TONEGATE_GATEWAY__ADRESS: unknown field"), "{error}");
    }

    #[test]
    fn half_a_tls_pair_is_an_error() {
        let with =
            |key, sources: Sources| sources.set("gateway", key, "/etc/pem", "--tls").unwrap();
        for (given, other) in [("tls_key", "tls_certificate"), ("tls_certificate", "tls_key")] {
            let half = with(given, Sources::new());
            let error = half.read().unwrap_err().to_string();
            assert!(error.starts_with(&format!("gateway.{given}: gateway.{other}")), "{error}");
            assert!(with(other, with(given, Sources::new())).read().is_ok());
        }
    }

    #[test]
    fn what_can_only_be_a_mistake_is_an_error() {
        for (section, key, value) in [
            ("gateway", "connections", "0"),
            ("guard", "max_entries", "0"),
            ("network_limit", "burst", "0"),
            ("gateway", "hosts", "['api.example.com:443']"),
            ("gateway", "hosts", "['https://api.example.com/']"),
            ("gateway", "hosts", "['gw1:80']"),
            ("gateway", "hosts", "['[::1]:80']"),
            ("gateway", "hosts", "['']"),
            ("gateway", "cors_origins", "['https://app.example.com/']"),
            ("gateway", "cors_origins", "['app.example.com']"),
        ] {
            let error = Sources::new().set(section, key, value, "flag").unwrap().read();
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(&format!("{section}.{key}: ")), "{error}");
        }
        assert!(Sources::new().set("gateway", "hosts", "[]", "flag").unwrap().read().is_ok());
    }

    #[test]
    fn hosts_are_names_and_addresses_and_ipv6_is_bracketed() {
        let hosts = "['api.example.com', 'gw1', '127.0.0.1', '::1', '[2001:db8::1]']";
        let config = Sources::new().set("gateway", "hosts", hosts, "flag").unwrap().read().unwrap();
        let expected = ["api.example.com", "gw1", "127.0.0.1", "[::1]", "[2001:db8::1]"];
        assert_eq!(config.gateway.hosts, expected);
    }

    #[test]
    fn every_key_has_a_comment() {
        let mut commented = false;
        for line in DEFAULT.lines() {
            let key = line.contains(" = ") && !line.starts_with('#');
            assert!(!key || commented, "{line}");
            commented = line.starts_with('#') || (key && commented);
        }
    }
}
