//! What a relay is made of: its apps, who may ask, and what is counted.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tonegate_client::{
    AppId, CacheDirectory, CacheEvent, Environment, FetchError, HttpClient, HttpConfig,
    LicenseCache, LicenseClient, Pins, Trust, Upstream,
};
use tonegate_clock::Clock;
use tonegate_config::ConfigError;
use tonegate_listener::{Drain, ListenError, NetworkLimit, NetworkLimitConfig, Rate};

use crate::app::App;
use crate::auth::{AuthError, Authenticator};
use crate::config::{self, Config};
use crate::metrics::Metrics;
use crate::notice::Notices;
use crate::rates::Rates;
use crate::rendered::named;
use crate::secret::{SecretError, SecretSource};
use crate::webhook::{Webhook, WebhookError};

/// A relay, without its sockets.
pub struct Service {
    /// Its configuration.
    pub config: Config,
    /// The apps whose licences it keeps.
    pub apps: BTreeMap<AppId, App>,
    /// Where licences come from, by name.
    pub upstreams: BTreeMap<String, Upstream>,
    /// Stops it when begun.
    pub drain: Drain,
    pub(crate) clock: Clock,
    pub(crate) auth: Authenticator,
    pub(crate) rates: Rates,
    pub(crate) network_limit: NetworkLimit,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) notices: Arc<Notices>,
    pub(crate) webhook: Option<Webhook>,
    /// For key sets and webhooks.
    pub(crate) http: HttpClient,
}

/// Why a relay does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be meant.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody could ask.
    #[error(
        "nobody could ask this relay: it has no client authentication. Make an API key with `tonegate relay key add NAME` and name its file as auth.api_keys, or configure the apps' identity provider as [[auth.jwt]]"
    )]
    NoAuthentication,
    /// Keys of callers cannot be read.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// An app's secret cannot be read.
    #[error("app {app_id}: {source}")]
    Secret {
        /// The app.
        app_id: AppId,
        /// Why.
        source: SecretError,
    },
    /// An upstream cannot be used.
    #[error("upstreams.{name}: {source}")]
    Upstream {
        /// Its name.
        name: String,
        /// Why.
        source: FetchError,
    },
    /// There are no authorities to trust for key sets and webhooks.
    #[error("key sets and webhooks over HTTPS: {0}")]
    Trust(FetchError),
    /// The cache directory cannot be used.
    #[error(
        "cannot use the cache directory {directory}: {source}; set cache.directory to one that the relay may write"
    )]
    Cache {
        /// The directory.
        directory: String,
        /// The system's word.
        source: io::Error,
    },
    /// The webhook cannot be used.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// An address cannot be taken.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl Service {
    /// Reads secrets, keys and what an earlier process has kept. Asks nobody yet.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn open(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        if config.auth.is_off() {
            return Err(StartError::NoAuthentication);
        }
        let auth = Authenticator::open(&config.auth)?;
        if auth.is_empty() {
            tracing::warn!(
                "there is no API key, so nobody can ask yet: make one with `tonegate relay key add NAME`"
            );
        }
        let http = HttpClient::new(&HttpConfig { tls: uses_tls(&config), ..HttpConfig::default() });
        let http = http.map_err(StartError::Trust)?;
        let directory = cache_directory(&config)?;
        let webhook = config.webhook.is_on().then(|| Webhook::open(&config.webhook)).transpose()?;
        let metrics = Arc::new(Metrics::new());
        let notices = Arc::new(Notices::new(webhook.is_some()));
        let upstreams = upstreams(&config, &clock)?;
        let mut apps = BTreeMap::new();
        for (name, client, source) in clients(&config, &upstreams)? {
            let cache = cache(&directory, client, clock.clone(), &metrics, &notices);
            apps.insert(cache.app_id(), App::new(cache, name.to_owned(), source));
        }
        Ok(Arc::new(Self {
            apps,
            upstreams,
            drain: Drain::new(),
            clock,
            auth,
            rates: Rates::new(&config.rate_limit),
            network_limit: network_limit(&config),
            metrics,
            notices,
            webhook,
            http,
            config,
        }))
    }

    /// Can it hand out anything, and has nobody asked it to stop?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let usable = |app: &App| app.cache.view().usable().is_some();
        !self.drain.has_begun() && self.apps.values().any(usable)
    }

    /// Takes note of licences that end soon without a successor, for the webhook; done every 30 s.
    pub fn look_for_ends(&self) {
        for app in self.apps.values() {
            self.notices.look(app.id(), &app.cache.view());
        }
    }
}

/// Every upstream that is configured.
///
/// # Errors
/// One cannot be used.
pub(crate) fn upstreams(
    config: &Config,
    clock: &Clock,
) -> Result<BTreeMap<String, Upstream>, StartError> {
    let upstreams = config.upstreams.iter().map(|(name, upstream)| {
        let built = build(upstream, clock.clone());
        let built = built.map_err(|source| StartError::Upstream { name: name.clone(), source })?;
        Ok((name.clone(), built))
    });
    upstreams.collect()
}

fn build(config: &config::Upstream, clock: Clock) -> Result<Upstream, FetchError> {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let (first, others) =
        config.endpoints.split_first().ok_or(FetchError::BadEndpoint { why: "there is none" })?;
    let mut upstream = Upstream::builder(first)
        .clock(clock)
        .connect_timeout(seconds(config.connect_timeout))
        .total_timeout(seconds(config.total_timeout))
        .requests_per_second(config.requests_per_second);
    for other in others {
        upstream = upstream.fallback(other);
    }
    if !config.ca_file.as_os_str().is_empty() {
        upstream = upstream.ca_file(&config.ca_file);
    }
    upstream.build()
}

/// Every app's client, with the name of its upstream and where its secret comes from.
///
/// # Errors
/// A secret cannot be read.
pub(crate) fn clients<'c>(
    config: &'c Config,
    upstreams: &BTreeMap<String, Upstream>,
) -> Result<Vec<(&'c str, LicenseClient, SecretSource)>, StartError> {
    let mut clients = Vec::with_capacity(config.apps.len());
    for app in &config.apps {
        let (name, upstream) = config.upstream_of(app)?;
        let Some(shared) = upstreams.get(name) else { continue };
        let source = secret_source(app)?;
        clients.push((name, client(app, upstream, shared.clone(), &source)?, source));
    }
    Ok(clients)
}

fn client(
    app: &config::App,
    upstream: &config::Upstream,
    shared: Upstream,
    source: &SecretSource,
) -> Result<LicenseClient, StartError> {
    if source.is_exposed() {
        tracing::warn!(
            app_id = %app.app_id,
            "the ServerSecret comes from an environment variable, which other processes of this user \
             can read: give it as secret_file or secret_credential"
        );
    }
    let secret = source.read();
    let secret = secret.map_err(|source| StartError::Secret { app_id: app.app_id, source })?;
    let client = LicenseClient::new(shared, app.app_id, secret);
    if upstream.pins.is_empty() {
        return Ok(client);
    }
    let bad_pins = |error| ConfigError::invalid::<Config>("pins", error);
    let pins = upstream.pins.parse::<Pins>().map_err(bad_pins)?;
    Ok(client.trusting(Trust {
        pins,
        issuer: upstream.issuer.clone(),
        environment: Environment::parse(&upstream.environment).unwrap_or(Environment::Production),
        features: app.features.clone(),
    }))
}

fn secret_source(app: &config::App) -> Result<SecretSource, StartError> {
    app.secret().map_err(|fault| {
        let key = format!("apps ({})", app.app_id);
        StartError::Config(ConfigError::invalid::<Config>(&key, fault))
    })
}

fn cache(
    directory: &CacheDirectory,
    client: LicenseClient,
    clock: Clock,
    metrics: &Arc<Metrics>,
    notices: &Arc<Notices>,
) -> LicenseCache {
    let app_id = client.app_id();
    let (metrics, notices) = (Arc::clone(metrics), Arc::clone(notices));
    let observer = move |event: &CacheEvent<'_>| {
        observe(&metrics, app_id, event);
        notices.observe(app_id, event, clock.monotonic());
    };
    LicenseCache::builder(client).directory(directory).observer(observer).build()
}

fn cache_directory(config: &Config) -> Result<CacheDirectory, StartError> {
    let directory = &config.cache.directory;
    CacheDirectory::open(directory)
        .map_err(|source| StartError::Cache { directory: directory.display().to_string(), source })
}

/// Is a key set fetched, or a webhook sent, over HTTPS?
fn uses_tls(config: &Config) -> bool {
    let key_sets = config.auth.jwt.iter().filter_map(|provider| provider.jwks_url.as_deref());
    key_sets.chain([config.webhook.url.as_str()]).any(|url| url.starts_with("https:"))
}

/// Counts and logs what happens to an app's licence.
fn observe(metrics: &Metrics, app_id: AppId, event: &CacheEvent<'_>) {
    match event {
        CacheEvent::Loaded(license) => {
            tracing::info!(%app_id, expire_at = license.expire_at, "licence read from the cache");
        }
        CacheEvent::NotLoaded(path, error) => {
            let path = path.display();
            tracing::warn!(%app_id, %path, %error, "the cached licence cannot be used; fetching anew");
        }
        CacheEvent::Refreshed(license) => {
            metrics.refreshed(app_id, "success".to_owned());
            tracing::info!(%app_id, server = license.server, expire_at = license.expire_at, "licence refreshed");
        }
        CacheEvent::RefreshFailed { error, was_asked: false, .. } => {
            tracing::debug!(%app_id, %error, "the upstream's hosts are left alone for a while");
        }
        CacheEvent::RefreshFailed { error, failures, retry_in, .. } => {
            metrics.refreshed(app_id, outcome(error));
            let retry_in = retry_in.as_secs_f32();
            tracing::warn!(%app_id, %error, failures, retry_in, "no licence came; what is held is held on");
        }
        CacheEvent::NotWritten(path, error) => {
            metrics.not_written(app_id);
            let path = path.display();
            tracing::error!(%app_id, %path, %error, "the licence is in memory only: it does not survive a restart");
        }
    }
}

/// An error's name as a label: an upstream must not be able to invent ever new ones.
fn outcome(error: &FetchError) -> String {
    match error {
        FetchError::Refused { .. } if error.return_code().is_none() => "refused other".to_owned(),
        error => named(error),
    }
}

fn network_limit(config: &Config) -> NetworkLimit {
    NetworkLimit::new(NetworkLimitConfig {
        rate: Rate {
            per_second: config.network_limit.per_second,
            burst: config.network_limit.burst,
        },
        lifted: config.listen.lifted_networks.clone(),
    })
}
