//! What is around a relay: an upstream that fails on command, a clock, files that outlive it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tonegate_clock::{Clock, ClockHand};
use tonegate_config::{ConfigError, Sources};
use tonegate_relay::auth::{Apps, KeyFile};
use tonegate_relay::config::Config;
use tonegate_testing::{ISSUER, SECRET, Upstream};

use super::{APP, NOW, OTHER, Tls};

/// The world of a relay, before it is started and after it is stopped.
pub(crate) struct World {
    pub(crate) upstream: Upstream,
    pub(crate) clock: Clock,
    pub(crate) tls: Option<Tls>,
    directory: TempDir,
    apps: Vec<u32>,
    opaque: bool,
    /// More lines of the configuration: whole sections, but those of [`World::toml`].
    more: String,
}

/// An API key: what `tonegate relay key add` shows.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) text: String,
}

/// An issuer of ours and one app; its time stands at [`NOW`] until the hand moves it.
pub(crate) async fn manual() -> (World, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    (World::new(clock, &[APP], false).await, hand)
}

/// As [`manual`], with a second app.
pub(crate) async fn with_two_apps() -> (World, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    (World::new(clock, &[APP, OTHER], false).await, hand)
}

/// As [`manual`], with an upstream whose licences nobody can read.
pub(crate) async fn opaque() -> (World, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    (World::new(clock, &[APP], true).await, hand)
}

/// By the machine's clock.
pub(crate) async fn real(apps: &[u32]) -> World {
    World::new(Clock::system(), apps, false).await
}

impl World {
    async fn new(clock: Clock, apps: &[u32], opaque: bool) -> Self {
        let upstream = match opaque {
            true => Upstream::start_opaque(clock.clone()).await,
            false => Upstream::start(clock.clone()).await,
        };
        let directory = tempfile::tempdir().unwrap();
        let (apps, more) = (apps.to_vec(), String::new());
        let world = Self { upstream, clock, tls: None, directory, apps, opaque, more };
        world.apps.iter().for_each(|app_id| world.write_secret(*app_id, SECRET));
        world
    }

    /// Reached over HTTPS.
    pub(crate) fn with_tls(self) -> Self {
        let tls = Some(Tls::new(self.directory.path()));
        Self { tls, ..self }
    }

    /// With more sections in the configuration.
    pub(crate) fn with(mut self, sections: &str) -> Self {
        self.more.push_str(sections);
        self
    }

    /// Everything that relays leave behind, and what they read.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file that only its owner may read.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }

    pub(crate) fn write_secret(&self, app_id: u32, secret: &str) {
        self.write_private(&format!("{app_id}.secret"), &format!("{secret}\n"));
    }

    pub(crate) fn keys_file(&self) -> KeyFile {
        KeyFile::load(&self.path("keys.json")).unwrap()
    }

    /// A new API key for these apps; none given: for all.
    pub(crate) fn key(&self, apps: &[u32]) -> Key {
        let apps = apps.iter().map(|app_id| app_id.to_string().parse().unwrap()).collect();
        let apps = match Apps::list(apps) {
            Apps::List(apps) if !apps.is_empty() => Some(apps),
            _ => None,
        };
        let added = self.keys_file().add("web shop", apps.as_deref(), None, self.now());
        let (record, key) = added.unwrap();
        Key { id: record.id, text: key.expose().to_owned() }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }

    /// The configuration file of a relay.
    pub(crate) fn toml(&self) -> String {
        let path = |name: &str| self.path(name).display().to_string();
        let (tls_certificate, tls_key) = match &self.tls {
            Some(_) => (path("certificate.pem"), path("key.pem")),
            None => (String::new(), String::new()),
        };
        let apps = self.apps.iter().map(|app_id| {
            let features = if self.opaque { "[]" } else { r#"["ans"]"# };
            let secret = path(&format!("{app_id}.secret"));
            format!(
                "[[apps]]\napp_id = {app_id}\nsecret_file = \"{secret}\"\nfeatures = {features}\n"
            )
        });
        let trust = match self.opaque {
            true => String::new(),
            false => {
                let pins = self.upstream.authority().pins_text();
                format!("pins = \"{pins}\"\nissuer = \"{ISSUER}\"\n")
            }
        };
        format!(
            "{}[upstreams.zego]\nendpoints = [\"{}\"]\n{trust}\
             requests_per_second = 10000\ntotal_timeout = 3\n\
             [listen]\naddress = \"127.0.0.1:0\"\nworkers = 2\n\
             tls_certificate = \"{tls_certificate}\"\ntls_key = \"{tls_key}\"\n\
             [admin]\naddress = \"127.0.0.1:0\"\n\
             [cache]\ndirectory = \"{}\"\n\
             [auth]\napi_keys = \"{}\"\n{}",
            apps.collect::<String>(),
            self.upstream.endpoint(),
            path("cache"),
            path("keys.json"),
            self.more,
        )
    }

    pub(crate) fn config(&self) -> Config {
        read(&self.toml()).unwrap_or_else(|error| panic!("{error}: {}", self.toml()))
    }
}

/// A configuration file's text, read as the command reads it.
pub(crate) fn read(toml: &str) -> Result<Config, ConfigError> {
    Sources::<Config>::new().text(toml, "relay.toml")?.read()
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Lets time pass.
pub(crate) fn pass(hand: &ClockHand, seconds: i64) {
    hand.advance(Duration::from_secs(seconds.unsigned_abs()));
}
