//! The configuration of `tonegate relay`.
//!
//! `config.default.toml` is the one list of keys, defaults and explanations; this file gives them
//! types.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;
use tonegate_client::{AppId, Environment, Pins};
use tonegate_config::{
    ConfigError, Configuration, Log, check_nonzero, check_origins, check_tls_pair, check_url,
};

pub use crate::auth::config::{Auth, JwtProvider};
use crate::limits::{APPS_MAX, TIMEOUT_SECS_MAX};
use crate::secret::SecretSource;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The apps whose licences are kept.
    pub apps: Vec<App>,
    /// Where licences come from, by name.
    pub upstreams: BTreeMap<String, Upstream>,
    /// Where apps and backends ask.
    pub listen: Listen,
    /// Health, metrics, status.
    pub admin: Admin,
    /// Licences on disk.
    pub cache: Cache,
    /// Who may ask.
    pub auth: Auth,
    /// How often a caller may ask.
    pub rate_limit: RateLimit,
    /// How often a network may fail.
    pub network_limit: NetworkLimit,
    /// Who is told of trouble.
    pub webhook: Webhook,
    /// Traces and metrics for a collector.
    pub telemetry: Telemetry,
    /// Logs.
    pub log: Log,
}

/// `[[apps]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// The app.
    pub app_id: AppId,
    /// Name of its upstream; empty: the only one.
    #[serde(default)]
    pub upstream: String,
    /// File with its ServerSecret.
    #[serde(default)]
    pub secret_file: PathBuf,
    /// Or a systemd credential.
    #[serde(default)]
    pub secret_credential: String,
    /// Or an environment variable.
    #[serde(default)]
    pub secret_env: String,
    /// Features that its licences must hold.
    #[serde(default)]
    pub features: Vec<String>,
}

/// `[upstreams.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The licence API, then the hosts to fall back to.
    pub endpoints: Vec<String>,
    /// The issuer's root keys; empty: its licences are opaque.
    #[serde(default)]
    pub pins: String,
    /// The issuer's name.
    #[serde(default)]
    pub issuer: String,
    /// `production` or `test`.
    #[serde(default = "production")]
    pub environment: String,
    /// A private authority, PEM; empty: none.
    #[serde(default)]
    pub ca_file: PathBuf,
    /// Most requests in any second.
    #[serde(default = "twenty")]
    pub requests_per_second: u32,
    /// Seconds for a connection.
    #[serde(default = "five")]
    pub connect_timeout: u32,
    /// Seconds for an answer.
    #[serde(default = "fifteen")]
    pub total_timeout: u32,
}

/// `[listen]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Where.
    pub address: SocketAddr,
    /// Web origins that may ask.
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

/// `[cache]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The directory of cached licences.
    pub directory: PathBuf,
}

/// `[rate_limit]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct RateLimit {
    pub api_key_per_second: u32,
    pub api_key_burst: u32,
    pub jwt_per_second: u32,
    pub jwt_burst: u32,
}

/// `[network_limit]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct NetworkLimit {
    pub per_second: u32,
    pub burst: u32,
}

/// `[webhook]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where it is sent; empty: nowhere.
    pub url: String,
    /// File with its secret.
    pub secret_file: PathBuf,
}

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// An OTLP/HTTP collector's URL; empty: none.
    pub otlp_endpoint: String,
}

fn production() -> String {
    Environment::Production.as_str().to_owned()
}

fn twenty() -> u32 {
    20
}

fn five() -> u32 {
    5
}

fn fifteen() -> u32 {
    15
}

impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a test reads the embedded text")]
        toml_defaults().expect("the embedded defaults")
    }
}

fn toml_defaults() -> Result<Config, ConfigError> {
    tonegate_config::Sources::<Config>::new().unchecked()
}

impl Configuration for Config {
    const DEFAULT: &str = include_str!("../config.default.toml");
    const ENVIRONMENT_PREFIX: &str = "TONEGATE_RELAY_";
    const COMMAND: &str = "tonegate relay";
    /// Room for as many apps as there may be.
    const BYTES_MAX: u64 = 4 << 20;

    fn checked(self) -> Result<Self, ConfigError> {
        let listen = &self.listen;
        check_tls_pair::<Self>("listen", &listen.tls_certificate, &listen.tls_key)?;
        check_nonzero::<Self>(&[
            ("listen.connections", listen.connections == 0),
            ("listen.connections_per_network", listen.connections_per_network == 0),
            ("rate_limit.api_key_per_second", self.rate_limit.api_key_per_second == 0),
            ("rate_limit.api_key_burst", self.rate_limit.api_key_burst == 0),
            ("rate_limit.jwt_per_second", self.rate_limit.jwt_per_second == 0),
            ("rate_limit.jwt_burst", self.rate_limit.jwt_burst == 0),
            ("network_limit.per_second", self.network_limit.per_second == 0),
            ("network_limit.burst", self.network_limit.burst == 0),
        ])?;
        check_origins::<Self>("listen.cors_origins", &listen.cors_origins)?;
        check_url::<Self>("telemetry.otlp_endpoint", &self.telemetry.otlp_endpoint)?;
        self.check_apps()?;
        for (name, upstream) in &self.upstreams {
            upstream.check(&format!("upstreams.{name}"))?;
        }
        self.auth.check().map_err(|fault| invalid("auth", fault))?;
        self.webhook.check()?;
        Ok(self)
    }
}

fn invalid(key: &str, fault: impl std::fmt::Display) -> ConfigError {
    ConfigError::invalid::<Config>(key, fault)
}

impl Config {
    fn check_apps(&self) -> Result<(), ConfigError> {
        if self.apps.is_empty() {
            return Err(invalid("apps", "there is no [[apps]] table, so there is nothing to keep"));
        }
        if self.apps.len() > APPS_MAX {
            return Err(invalid("apps", format!("there are more than {APPS_MAX}")));
        }
        let mut seen = BTreeSet::new();
        for app in &self.apps {
            let key = format!("apps ({})", app.app_id);
            if !seen.insert(app.app_id) {
                return Err(invalid(&key, "it is there twice"));
            }
            let upstream = self.upstream_of(app)?;
            if !app.features.is_empty() && upstream.1.pins.is_empty() {
                let fault = "features can be checked only in licences of an upstream with pins";
                return Err(invalid(&key, fault));
            }
            app.secret().map_err(|fault| invalid(&key, fault))?;
        }
        Ok(())
    }

    /// An app's upstream, with its name.
    ///
    /// # Errors
    /// There is none of that name, or it is not clear which is meant.
    pub fn upstream_of(&self, app: &App) -> Result<(&str, &Upstream), ConfigError> {
        let key = format!("apps ({})", app.app_id);
        let named = match (app.upstream.as_str(), self.upstreams.len()) {
            ("", 1) => self.upstreams.first_key_value(),
            ("", 0) => return Err(invalid("upstreams", "there is no [upstreams.NAME] table")),
            ("", _) => return Err(invalid(&key, "upstream is missing, and there are several")),
            (name, _) => self.upstreams.get_key_value(name),
        };
        let (name, upstream) = named
            .ok_or_else(|| invalid(&key, format!("there is no [upstreams.{}]", app.upstream)))?;
        Ok((name, upstream))
    }
}

impl App {
    /// Where its ServerSecret comes from.
    ///
    /// # Errors
    /// None or several are given.
    pub fn secret(&self) -> Result<SecretSource, &'static str> {
        let file = Some(&self.secret_file).filter(|path| !path.as_os_str().is_empty());
        let credential = Some(&self.secret_credential).filter(|name| !name.is_empty());
        let variable = Some(&self.secret_env).filter(|name| !name.is_empty());
        match (file, credential, variable) {
            (Some(file), None, None) => Ok(SecretSource::File(file.clone())),
            (None, Some(name), None) => Ok(SecretSource::Credential(name.clone())),
            (None, None, Some(name)) => Ok(SecretSource::Variable(name.clone())),
            (None, None, None) => Err(
                "its ServerSecret is missing: give secret_file, secret_credential or secret_env",
            ),
            _ => Err("give one of secret_file, secret_credential and secret_env"),
        }
    }
}

impl Upstream {
    fn check(&self, key: &str) -> Result<(), ConfigError> {
        if self.endpoints.is_empty() {
            return Err(invalid(&format!("{key}.endpoints"), "there is none"));
        }
        if self.requests_per_second == 0 || self.connect_timeout == 0 || self.total_timeout == 0 {
            return Err(invalid(key, "0 would let no request through"));
        }
        if self.connect_timeout.max(self.total_timeout) > TIMEOUT_SECS_MAX {
            return Err(invalid(key, format!("no timeout may be over {TIMEOUT_SECS_MAX} s")));
        }
        if Environment::parse(&self.environment).is_none() {
            return Err(invalid(&format!("{key}.environment"), "it is `production` or `test`"));
        }
        match (self.pins.is_empty(), self.issuer.is_empty()) {
            (true, true) => Ok(()),
            (false, true) => Err(invalid(key, "pins are given, and issuer is missing")),
            (true, false) => Err(invalid(key, "issuer is given, and pins are missing")),
            (false, false) => {
                let pins = self.pins.parse::<Pins>();
                pins.map(|_| ()).map_err(|error| invalid(&format!("{key}.pins"), error))
            }
        }
    }
}

impl Webhook {
    /// Is somebody told?
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.url.is_empty()
    }

    fn check(&self) -> Result<(), ConfigError> {
        let url = self.url.parse::<http::Uri>().ok();
        let good = url.is_some_and(|url| {
            matches!(url.scheme_str(), Some("https" | "http")) && url.host().is_some()
        });
        match (self.is_on(), self.secret_file.as_os_str().is_empty()) {
            (false, true) => Ok(()),
            (true, false) if good => Ok(()),
            (true, false) => Err(invalid("webhook.url", "it is no http or https URL")),
            (true, true) => Err(invalid("webhook.url", "webhook.secret_file is missing")),
            (false, false) => Err(invalid("webhook.secret_file", "webhook.url is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonegate_config::Sources;

    use super::*;

    const GOOD: &str = "[[apps]]\napp_id = 1\nsecret_file = 's'\n\
                        [upstreams.a]\nendpoints = ['https://a.example']\n";

    /// Those of the vectors.
    const PINS: &str =
        "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw";

    fn read(text: &str) -> Result<Config, ConfigError> {
        Sources::new().text(text, "relay.toml")?.read()
    }

    #[test]
    fn the_embedded_defaults_are_whole() {
        let config = Config::default();
        assert_eq!(config.listen.address.port(), 8090);
        assert_eq!(config.auth, Auth::default());
        assert!(!config.webhook.is_on());
    }

    #[test]
    fn the_page_shows_every_key_and_its_examples_work() {
        let page = include_str!("../../../docs/RELAY.md");
        assert!(page.contains(Config::DEFAULT), "docs/RELAY.md has other keys than the defaults");
        let mut examples = page.split("```toml\n").skip(1);
        let mut example = || examples.next().and_then(|rest| rest.split("```").next()).unwrap();
        let (whole, ours) = (example(), example().replace("…,…", PINS));
        assert!(read(whole).unwrap().upstreams["zego"].pins.is_empty());
        let zego = "[upstreams.zego]\nendpoints = [\"https://zim-api.zego.im\"]\n";
        let config = read(&whole.replace(zego, &ours)).unwrap();
        assert_eq!(config.upstreams["ours"].issuer, "tonegate");
    }

    #[test]
    fn every_commented_example_of_the_defaults_can_be_taken_over() {
        let uncommented = |block: &str| -> String {
            let lines =
                Config::DEFAULT.lines().skip_while(|line| line.trim() != format!("#   {block}"));
            let lines = lines.take_while(|line| line.starts_with("#   "));
            lines.map(|line| line.trim_start_matches("#   ").to_owned() + "\n").collect()
        };
        let apps = uncommented("[[apps]]").replace("features = [\"ans\"]", "features = []");
        let text = apps + &uncommented("[upstreams.zego]") + &uncommented("[[auth.jwt]]");
        let config = read(&text).unwrap();
        assert_eq!((config.apps.len(), config.auth.jwt.len()), (1, 1));
        assert_eq!(config.upstreams["zego"].total_timeout, 15);
    }

    #[test]
    fn what_can_only_be_a_mistake_is_an_error() {
        for (from, to, why) in [
            ("app_id = 1", "app_id = -1", "expected u32"),
            ("app_id = 1", "", "missing field `app_id`"),
            ("secret_file = 's'", "", "ServerSecret is missing"),
            ("secret_file = 's'", "secret_file = 's'\nsecret_env = 'S'", "give one of"),
            ("secret_file = 's'", "secret_file = 's'\nupstream = 'b'", "no [upstreams.b]"),
            ("secret_file = 's'", "secret_file = 's'\nfeatures = ['ans']", "upstream with pins"),
            ("[upstreams.a]", "[[apps]]\napp_id = 1\nsecret_env = 'S'\n[upstreams.a]", "twice"),
            ("['https://a.example']", "[]", "there is none"),
            ("[upstreams.a]", "[upstreams.a]\nissuer = 'i'", "pins are missing"),
            ("[upstreams.a]", "[upstreams.a]\npins = 'x'\nissuer = 'i'", "upstreams.a.pins"),
            ("[upstreams.a]", "[upstreams.a]\nenvironment = 'live'", "`production` or `test`"),
            ("[upstreams.a]", "[upstreams.a]\nrequests_per_second = 0", "no request through"),
            ("[upstreams.a]", "[upstreams.b]\nendpoints = ['x']\n[upstreams.a]", "several"),
            ("[[apps]]", "[webhook]\nurl = 'https://a'\n[[apps]]", "secret_file is missing"),
            ("[[apps]]", "[webhook]\nsecret_file = 'a'\n[[apps]]", "url is missing"),
            ("[[apps]]", "[webhook]\nurl = 'a'\nsecret_file = 'a'\n[[apps]]", "URL"),
            ("[[apps]]", "[rate_limit]\njwt_burst = 0\n[[apps]]", "rate_limit.jwt_burst"),
            ("[[apps]]", "[listen]\ntls_key = 'k'\n[[apps]]", "listen.tls_certificate"),
            ("[[apps]]", "[telemetry]\notlp_endpoint = 'a'\n[[apps]]", "no URL"),
            ("[[apps]]", "[listen]\ncors_origins = ['a']\n[[apps]]", "no origin"),
        ] {
            assert!(read(GOOD).is_ok());
            let error = read(&GOOD.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(why), "{to}: {error}");
        }
    }
}
