//! The demo's relay: in front of its own gateway, configured by files that can be looked at, under
//! `DIR/relay`.
//!
//! Each run makes a new API key, since a key is kept as a hash and cannot be shown again.

use std::fmt::Write as _;
use std::fs;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tonegate_client::{HttpClient, HttpConfig};
use tonegate_clock::Clock;
use tonegate_config::Sources;
use tonegate_relay::Relay;
use tonegate_relay::auth::{ApiKey, KeyFile};
use tonegate_relay::config::Config;
use tonegate_server::data_dir::write_atomically;

use super::authority::Authority;
use super::sample::Sample;
use crate::exit::Failure;
use crate::time;

const KEY_NAME: &str = "demo";
/// Largest answer of the relay, bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// How long an answer may take: the relay first has to fetch the licence.
const PATIENCE: Duration = Duration::from_secs(10);

/// A relay that is about to run.
pub(super) struct DemoRelay {
    pub(super) relay: Relay,
    /// How it is reached.
    pub(super) base: String,
    api_key: ApiKey,
    authority: Option<PathBuf>,
}

impl DemoRelay {
    /// Writes its files and takes its addresses: for apps, and for its operator. `upstream`: the
    /// gateway's URL.
    pub(super) async fn bind(
        data: &Path,
        addresses: [SocketAddr; 2],
        upstream: &str,
        sample: &Sample,
        authority: Option<&Authority>,
    ) -> anyhow::Result<Self> {
        let folder = data.join("relay");
        let failed = |error: std::io::Error| {
            let message = format!("cannot use {}: {error}; check who owns it", folder.display());
            Failure::installation(message)
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let folder = fs::canonicalize(&folder).map_err(failed)?;
        let secret = folder.join(format!("{}.secret", sample.app_id));
        write_atomically(&secret, 0o600, sample.secret.expose().as_bytes()).map_err(failed)?;
        let text = configuration(&folder, addresses, upstream, sample, authority);
        write_atomically(&folder.join("relay.toml"), 0o600, text.as_bytes()).map_err(failed)?;
        let config: Config = Sources::new().text(&text, "relay.toml")?.read()?;
        let api_key = new_key(&config.auth.api_keys)?;
        let relay = Relay::bind(config, Clock::system()).await?;
        let base = super::base(relay.address(), authority.is_some());
        let authority = authority.map(|authority| authority.authority.clone());
        Ok(Self { relay, base, api_key, authority })
    }

    /// What is needed to ask it, once it runs.
    pub(super) fn visitor(&self) -> anyhow::Result<Visitor> {
        let config = HttpConfig {
            ca_file: self.authority.clone(),
            total: PATIENCE,
            ..HttpConfig::default()
        };
        let config = HttpConfig { tls: self.authority.is_some(), ..config };
        let url = format!("{}/v1/license", self.base);
        Ok(Visitor {
            http: HttpClient::new(&config)?,
            url,
            api_key: self.api_key.expose().to_owned(),
            authority: self.authority.clone(),
        })
    }
}

/// An app, or its backend, that asks the relay.
pub(super) struct Visitor {
    http: HttpClient,
    url: String,
    api_key: String,
    authority: Option<PathBuf>,
}

/// What the relay handed to an app, and how to have it again.
#[derive(Serialize)]
pub(super) struct HandedOut {
    url: String,
    /// The demo's key guards nothing but the demo.
    api_key: String,
    pub(super) response: Value,
    pub(super) curl: String,
}

impl Visitor {
    /// Asks for the licence.
    pub(super) async fn fetch(self) -> anyhow::Result<HandedOut> {
        let bearer = format!("Bearer {}", self.api_key);
        let request = http::Request::get(&self.url).header("authorization", &bearer);
        let answer = self.http.send(request.body(Default::default())?, ANSWER_BYTES_MAX).await?;
        let response: Value = serde_json::from_slice(&answer.body)?;
        if answer.status != 200 {
            let message = format!("the relay answered {}: {response}", answer.status);
            return Err(Failure::new(message).into());
        }
        let Self { url, api_key, authority, .. } = self;
        let trust = authority.map(|file| format!("--cacert '{}' ", file.display()));
        let trust = trust.unwrap_or_default();
        let curl = format!("curl {trust}-H 'Authorization: {bearer}' '{url}'");
        Ok(HandedOut { url, api_key, response, curl })
    }
}

fn new_key(path: &Path) -> anyhow::Result<ApiKey> {
    let mut keys = KeyFile::load(path)?;
    let earlier = keys.list().iter().filter(|key| key.name == KEY_NAME).map(|key| key.id.clone());
    for id in earlier.collect::<Vec<_>>() {
        keys.revoke(&id)?;
    }
    Ok(keys.add(KEY_NAME, None, None, time::now())?.1)
}

/// As an operator would write it.
fn configuration(
    folder: &Path,
    [address, admin]: [SocketAddr; 2],
    upstream: &str,
    sample: &Sample,
    authority: Option<&Authority>,
) -> String {
    let quoted = |path: &Path| toml_text(&path.display().to_string());
    let Sample { app_id, pins, issuer, environment, .. } = sample;
    let mut text = format!(
        "# Made by `tonegate demo`, at each start. Every key: `tonegate relay --print-config`.\n\
         [[apps]]\napp_id = {app_id}\nsecret_file = {}\n\n\
         [upstreams.demo]\nendpoints = [{}]\npins = {}\nissuer = {}\nenvironment = {}\n",
        quoted(&folder.join(format!("{app_id}.secret"))),
        toml_text(upstream),
        toml_text(pins),
        toml_text(issuer),
        toml_text(environment),
    );
    let mut listen = format!("\n[listen]\naddress = \"{address}\"\n");
    if let Some(authority) = authority {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "ca_file = {}", quoted(&absolute(&authority.authority)));
        let _ = writeln!(listen, "tls_certificate = {}", quoted(&absolute(&authority.certificate)));
        let _ = writeln!(listen, "tls_key = {}", quoted(&absolute(&authority.key)));
    }
    let _ = write!(
        text,
        "{listen}\n[admin]\naddress = \"{admin}\"\n\n[cache]\ndirectory = {}\n\n\
         [auth]\napi_keys = {}\n\n[log]\nlevel = \"warn\"\n",
        quoted(&folder.join("cache")),
        quoted(&folder.join("api-keys.json")),
    );
    text
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A TOML string is JSON's, but for a few characters that no path or name of ours holds.
fn toml_text(text: &str) -> String {
    Value::from(text).to_string()
}
