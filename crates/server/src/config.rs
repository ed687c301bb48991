//! The configuration of `tonegate serve`.
//!
//! `config.default.toml` is the one list of keys, defaults and explanations; this file gives them
//! types.

mod database_url;

use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;
use tonegate_config::{
    ConfigError, Configuration, Log, Share, Sources, check_nonzero, check_origins, check_tls_pair,
    check_url,
};
use tonegate_pkcs11::{PinSource, Token, TokenConfig, Which};

use crate::limits::PREMINT_HOURS_MAX;

use crate::limits::{NODE_NAME_CHARS_MAX, WITHOUT_DATABASE_HOURS};
pub use database_url::DatabaseUrl;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where things are kept.
    pub data: Data,
    /// This server among others.
    pub node: Node,
    /// Apps in memory, and their copy on disk.
    pub directory: Directory,
    /// The licence API.
    pub gateway: Gateway,
    /// Console, admin API, health and metrics.
    pub admin: Admin,
    /// The hardware token with the issuing keys.
    pub pkcs11: Pkcs11,
    /// The replay guard.
    pub guard: Guard,
    /// What the nodes of a cluster share of it.
    pub shared_guard: SharedGuard,
    /// The limit on failing requests.
    pub network_limit: NetworkLimit,
    /// Who is told of changes and trouble.
    pub webhooks: Webhooks,
    /// Where checkpoints of the audit log go.
    pub audit: Audit,
    /// Traces and metrics for a collector.
    pub telemetry: Telemetry,
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
    /// A PostgreSQL database; empty: SQLite in the data directory.
    pub database_url: DatabaseUrl,
}

/// `[node]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// What people call it; empty: the machine's name.
    pub name: String,
}

/// `[directory]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// How long to go on after the last contact with a database elsewhere, hours.
    pub serve_without_database_hours: u32,
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
    /// Certificate chain, PEM; empty: no TLS.
    pub tls_certificate: PathBuf,
    /// Its private key, PEM.
    pub tls_key: PathBuf,
    /// The licence API's URL for backends; empty: made of the gateway's address.
    pub gateway_url: String,
    /// Whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Host names it answers for, besides `localhost` and addresses.
    pub hosts: Vec<String>,
}

/// `[pkcs11]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11 {
    /// The PKCS#11 module; empty: no token.
    pub module: PathBuf,
    /// The token's label, or `slot:NUMBER`.
    pub token: String,
    /// The file with its PIN; empty: the systemd credential.
    pub pin_file: PathBuf,
    /// Hours for which licences are minted ahead.
    pub premint_hours: u8,
    /// Most licences minted ahead per second.
    pub premint_per_second: u32,
}

impl Pkcs11 {
    /// The token; `None`: none is configured. Nothing of it is touched yet.
    #[must_use]
    pub fn open(&self) -> Option<Token> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let pin = PinSource::find(&self.pin_file, credentials.as_deref());
        let module = Some(&self.module).filter(|path| !path.as_os_str().is_empty())?.clone();
        let which = Which::parse(&self.token);
        Some(Token::new(TokenConfig { module, which, pin: pin? }))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let on = !self.module.as_os_str().is_empty();
        if on == self.token.is_empty() {
            return Err(invalid("pkcs11.token", "module and token go together"));
        }
        if on
            && self.pin_file.as_os_str().is_empty()
            && std::env::var_os("CREDENTIALS_DIRECTORY").is_none()
        {
            let fault = "there is no file with the PIN, and no systemd credential tonegate-pin";
            return Err(invalid("pkcs11.pin_file", fault));
        }
        if self.premint_hours > PREMINT_HOURS_MAX {
            return Err(invalid("pkcs11.premint_hours", format!("at most {PREMINT_HOURS_MAX}")));
        }
        Ok(())
    }
}

/// `[guard]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Most signatures remembered.
    pub max_entries: usize,
}

/// `[shared_guard]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedGuard {
    /// Where Valkey is; none: every node guards alone.
    pub urls: Vec<String>,
    /// What stands there.
    pub topology: Topology,
    /// The sentinels' name for the primary.
    pub sentinel_master: String,
    /// The ACL user; empty: the default one.
    pub username: String,
    /// The file with its password; empty: credential or environment.
    pub password_file: PathBuf,
    /// Certificate authorities, PEM; empty: the system's.
    pub tls_ca: PathBuf,
    /// The longest that a request waits for it.
    pub timeout_ms: u64,
    /// Are new signatures refused while it is lost?
    pub fail_closed: bool,
}

/// `shared_guard.topology`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topology {
    /// One server, or one address that leads to the primary.
    Single,
    /// Sentinels, which name the primary.
    Sentinel,
    /// Some servers of a Cluster, which name all others.
    Cluster,
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

/// `[webhooks]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether receivers may have addresses that are not public.
    pub allow_private_addresses: bool,
}

/// `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// A file that checkpoints are appended to; empty: none.
    pub checkpoint_file: PathBuf,
    /// A URL that they are posted to; empty: none.
    pub checkpoint_url: String,
}

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// An OTLP/HTTP collector's URL; empty: none.
    pub otlp_endpoint: String,
    /// How many of the licence API's answers become spans.
    pub trace_sample: Share,
}

impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a test reads the embedded text")]
        Sources::new().read().expect("the embedded defaults")
    }
}

impl Configuration for Config {
    const DEFAULT: &str = include_str!("../config.default.toml");
    const ENVIRONMENT_PREFIX: &str = "TONEGATE_";
    const COMMAND: &str = "tonegate serve";

    fn checked(self) -> Result<Self, ConfigError> {
        let gateway = &self.gateway;
        check_tls_pair::<Self>("gateway", &gateway.tls_certificate, &gateway.tls_key)?;
        check_tls_pair::<Self>("admin", &self.admin.tls_certificate, &self.admin.tls_key)?;
        check_nonzero::<Self>(&[
            ("gateway.connections", gateway.connections == 0),
            ("gateway.connections_per_network", gateway.connections_per_network == 0),
            ("pkcs11.premint_per_second", self.pkcs11.premint_per_second == 0),
            ("guard.max_entries", self.guard.max_entries == 0),
            ("shared_guard.timeout_ms", self.shared_guard.timeout_ms == 0),
            ("network_limit.per_second", self.network_limit.per_second == 0),
            ("network_limit.burst", self.network_limit.burst == 0),
        ])?;
        self.pkcs11.check()?;
        self.check_hosts()?;
        self.shared_guard.check()?;
        if self.node.name.chars().count() > NODE_NAME_CHARS_MAX
            || self.node.name.chars().any(char::is_control)
        {
            return Err(invalid(
                "node.name",
                "at most 64 characters, none of them a control character",
            ));
        }
        if !WITHOUT_DATABASE_HOURS.contains(&self.directory.serve_without_database_hours) {
            return Err(invalid(
                "directory.serve_without_database_hours",
                "1 to 8784 hours, which is a year",
            ));
        }
        check_url::<Self>("audit.checkpoint_url", &self.audit.checkpoint_url)?;
        check_url::<Self>("telemetry.otlp_endpoint", &self.telemetry.otlp_endpoint)?;
        check_origins::<Self>("gateway.cors_origins", &gateway.cors_origins)?;
        Ok(self.with_bracketed_hosts())
    }
}

fn invalid(key: &str, fault: impl std::fmt::Display) -> ConfigError {
    ConfigError::invalid::<Config>(key, fault)
}

impl Config {
    fn check_hosts(&self) -> Result<(), ConfigError> {
        for (key, hosts) in
            [("gateway.hosts", &self.gateway.hosts), ("admin.hosts", &self.admin.hosts)]
        {
            if let Some(host) = hosts.iter().find(|host| !is_host(host)) {
                return Err(invalid(key, format!("{host:?} is no host name without a port")));
            }
        }
        Ok(())
    }

    /// IPv6 addresses as a Host header writes them.
    fn with_bracketed_hosts(mut self) -> Self {
        for host in self.gateway.hosts.iter_mut().chain(&mut self.admin.hosts) {
            if host.parse::<Ipv6Addr>().is_ok() {
                *host = format!("[{host}]");
            }
        }
        self
    }
}

impl SharedGuard {
    fn check(&self) -> Result<(), ConfigError> {
        for url in &self.urls {
            check_valkey_url(url)?;
        }
        let secure = |url: &&String| url.starts_with("rediss://");
        let secured = self.urls.iter().filter(secure).count();
        let faults = [
            (secured > 0 && secured < self.urls.len(), "urls", "all or none must be rediss://"),
            (
                self.topology == Topology::Single && self.urls.len() > 1,
                "urls",
                "several servers need topology = \"cluster\" or \"sentinel\"",
            ),
            (
                self.topology == Topology::Sentinel && self.sentinel_master.is_empty(),
                "sentinel_master",
                "topology = \"sentinel\" needs the name that the sentinels have for the primary",
            ),
            (
                !self.tls_ca.as_os_str().is_empty() && secured == 0,
                "tls_ca",
                "no URL begins with rediss://, so nothing would be encrypted",
            ),
            (self.timeout_ms > 1_000, "timeout_ms", "a request would wait for more than a second"),
        ];
        match faults.iter().find(|(is, ..)| *is) {
            Some((_, key, fault)) => Err(invalid(&format!("shared_guard.{key}"), fault)),
            None => Ok(()),
        }
    }
}

/// `redis://` or `rediss://`, a host, and no password: what is printed here is no place for one.
fn check_valkey_url(url: &str) -> Result<(), ConfigError> {
    let rest = url.strip_prefix("redis://").or_else(|| url.strip_prefix("rediss://"));
    let fault = match rest {
        Some(rest) if rest.contains('@') => {
            "a URL must hold no password: use username and password_file"
        }
        Some(rest) if !(rest.is_empty() || rest.starts_with([':', '/'])) => return Ok(()),
        _ => "this is no URL that begins with redis:// or rediss://",
    };
    Err(invalid("shared_guard.urls", fault))
}

/// A name or an address, not a URL, and without a port.
fn is_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse::<Ipv6Addr>().is_ok() || !(host.is_empty() || host.contains(['/', ' ', ':', '[']))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    type Sources = super::Sources<Config>;

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
            ("admin", "hosts", "['https://admin.example.com']"),
            ("gateway", "cors_origins", "['https://app.example.com/']"),
            ("gateway", "cors_origins", "['app.example.com']"),
            ("audit", "checkpoint_url", "witness.example.com/log"),
            ("audit", "checkpoint_url", "ftp://witness.example.com/log"),
            ("telemetry", "otlp_endpoint", "127.0.0.1:4318"),
            ("shared_guard", "timeout_ms", "0"),
            ("shared_guard", "timeout_ms", "1001"),
            ("shared_guard", "urls", "['127.0.0.1:6379']"),
            ("shared_guard", "urls", "['redis://']"),
            ("shared_guard", "urls", "['redis://user:password@valkey']"),
            ("shared_guard", "urls", "['redis://a', 'redis://b']"),
            ("shared_guard", "urls", "['rediss://a', 'redis://b']"),
            ("shared_guard", "sentinel_master", "''"),
            ("shared_guard", "tls_ca", "/etc/ca.pem"),
            ("pkcs11", "token", "left rack"),
            ("pkcs11", "premint_hours", "73"),
            ("pkcs11", "premint_per_second", "0"),
        ] {
            let topology = if key == "sentinel_master" { "sentinel" } else { "single" };
            let sources = Sources::new().set("shared_guard", "topology", topology, "flag").unwrap();
            let error = sources.set(section, key, value, "flag").unwrap().read();
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(&format!("{section}.{key}: ")), "{error}");
        }
        assert!(Sources::new().set("gateway", "hosts", "[]", "flag").unwrap().read().is_ok());
    }

    #[test]
    fn a_share_lies_between_nothing_and_all() {
        let share = |value| Sources::new().set("telemetry", "trace_sample", value, "flag");
        for value in ["0", "1", "0.25"] {
            assert!(share(value).unwrap().read().is_ok(), "{value}");
        }
        for value in ["-0.1", "1.5", "nan", "all"] {
            assert!(share(value).is_err(), "{value}");
        }
        let quarter = share("0.25").unwrap().read().unwrap().telemetry.trace_sample;
        assert!(quarter.holds(0.24) && !quarter.holds(0.25));
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
        for line in Config::DEFAULT.lines() {
            let key = line.contains(" = ") && !line.starts_with('#');
            assert!(!key || commented, "{line}");
            commented = line.starts_with('#') || (key && commented);
        }
    }
}
