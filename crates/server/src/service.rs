//! Everything that a request needs, in one plain struct.
//!
//! Who writes what: `directory`, `keyring` by the store's watcher; `held` by mints; `guard`,
//! `network_limit` and rates by requests; `time` by the clock's tick. All of it is safe to share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tonegate_issuer::{Keyring, SignError};
use tonegate_listener::Drain;
use tonegate_pkcs11::Token;

use crate::audit::publish::{self, Publisher};
use crate::audit::{CheckpointError, SignedCheckpoint, latest_checkpoint};
use crate::clock::{Clock, ClockState, GatewayTime};
use crate::config::Config;
use crate::directory::Directory;
use crate::guard::shared::{SharedGuard, SharedGuardError};
use crate::guard::{self, GuardConfig, GuardError, ReplayGuard};
use crate::held::Held;
use crate::installation::{Installation, InstallationError, Place};
use crate::limits::KEYS_END_SOON_SECS;
use crate::local_copy::CopyError;
use crate::local_copy::keep::LocalCopy;
use crate::metrics::Metrics;
use crate::mints::Mints;
use crate::node::{Identity, IdentityError};
use crate::opened::Opened;
use crate::premint::Preminted;
use crate::store::{Store, StoreError};
use crate::usage::{self, Usage};
use crate::watch::{self, CatchingUp};
use crate::webhook_delivery::Couriers;
use tonegate_listener::Rate;
use tonegate_listener::{NetworkLimit, NetworkLimitConfig};

/// One server's state.
pub struct Service {
    /// As it was started.
    pub config: Config,
    /// Which installation it serves.
    pub installation: Installation,
    /// Its database.
    pub store: Store,
    /// All apps.
    pub directory: Directory,
    /// The issuing keys.
    pub keyring: ArcSwap<Keyring>,
    /// Does any of them live in a token? Each request asks.
    pub(crate) keys_in_token: AtomicBool,
    /// The hardware token with issuing keys, where one is configured.
    pub token: Option<Token>,
    /// Licences of the current hours.
    pub held: Held,
    /// Licences of coming hours.
    pub(crate) preminted: Preminted,
    /// Who may ask a slow signer.
    pub(crate) mints: Mints,
    /// Signatures that were used.
    pub guard: ReplayGuard,
    /// Those that any node has seen; `None`: this one guards alone.
    pub shared_guard: Option<SharedGuard>,
    /// How many nodes there are, itself included; what an app may ask this one while it limits alone.
    pub nodes: AtomicU32,
    /// Networks whose requests fail.
    pub network_limit: NetworkLimit,
    /// The time that requests are judged by.
    pub time: GatewayTime,
    /// What is counted.
    pub metrics: Metrics,
    /// What was answered.
    pub usage: Usage,
    /// Begun when the server is to stop.
    pub drain: Drain,
    /// How messages get to webhooks.
    pub(crate) couriers: Couriers,
    /// One at a time catches up with the store, or an older look could undo a newer one.
    pub(crate) catching_up: Mutex<CatchingUp>,
    /// Checkpoints of the audit log, as they were last handed out.
    pub(crate) publisher: Mutex<Publisher>,
    /// Who this server is.
    pub node: Identity,
    /// Its own copy of the directory, for when the database is away.
    pub(crate) local_copy: LocalCopy,
    pub(crate) issues_to_itself: AtomicBool,
    /// Did the key whose turn it is fail to sign when it was last asked?
    pub(crate) signer_lost: AtomicBool,
    pub(crate) store_answers: AtomicBool,
    /// Does another installation's database answer in place of ours?
    pub(crate) store_is_foreign: AtomicBool,
    /// Are this server's clock and the shared database's too far from each other?
    pub(crate) database_clock_differs: AtomicBool,
    pub(crate) checkpoints_fail: AtomicBool,
    pub(crate) broken: AtomicBool,
    /// Gateway time at which a failed mint was last logged.
    pub(crate) mint_failure_logged: AtomicI64,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The installation.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// The replay guard.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// What the nodes share of it.
    #[error(transparent)]
    SharedGuard(#[from] SharedGuardError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database is away, and so is what would do instead.
    #[error("{store}; and this server cannot start without it: {copy}")]
    Unreachable {
        /// The database.
        store: Box<StoreError>,
        /// The copy.
        copy: CopyError,
    },
    /// This server's id.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A listener.
    #[error(transparent)]
    Listen(#[from] tonegate_listener::ListenError),
    /// No licence can be made: keys, signer or verifier do not fit.
    #[error("this server cannot issue a licence to itself: {0}; see `tonegate doctor`")]
    SelfIssue(String),
}

impl StartError {
    /// Does another process hold the address or the data directory?
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        matches!(
            self,
            Self::Guard(GuardError::InUse { .. })
                | Self::Listen(tonegate_listener::ListenError::AddressInUse { .. })
        )
    }
}

impl Service {
    /// Opens the configured installation and loads everything that requests need: from the database, or
    /// where that is elsewhere and cannot be reached, from this server's own copy.
    pub async fn open(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let place = Place::of(&config);
        let time = GatewayTime::new(clock);
        let opened = Opened::open(&config, &place, time.moment()).await?;
        let guard = GuardConfig {
            max_entries: config.guard.max_entries,
            journal_dir: Some(place.data.journal()),
        };
        let guard = ReplayGuard::open(guard, time.now(), guard::boot_id().as_deref())?;
        let node = Identity::open(&place.data, &config.node.name, time.now())?;
        let metrics = Metrics::new();
        let Opened { installation, store, keyring, directory, policies, local_copy, nodes } =
            opened;
        node.found.store(nodes, Ordering::Relaxed);
        let starts_from_copy = local_copy.is_in_use.load(Ordering::Relaxed);
        let shared_guard = shared_guard(&config, &installation, &metrics).await?;
        let preminted = Preminted::open(&place.data.preminted(), store.kek());
        let service = Arc::new(Self {
            network_limit: NetworkLimit::new(network_limit(&config)),
            couriers: Couriers::new(config.webhooks.allow_private_addresses),
            config,
            installation,
            store,
            directory,
            keys_in_token: AtomicBool::new(keyring.has_token_keys()),
            keyring: ArcSwap::from_pointee(keyring),
            token: place.token.clone(),
            held: Held::new(),
            preminted,
            mints: Mints::new(),
            signer_lost: AtomicBool::new(false),
            guard,
            shared_guard,
            time,
            usage: Usage::new(&metrics),
            metrics,
            drain: Drain::new(),
            catching_up: Mutex::new(CatchingUp::with(policies)),
            publisher: Mutex::default(),
            node,
            nodes: AtomicU32::new(nodes),
            local_copy,
            issues_to_itself: AtomicBool::new(false),
            store_answers: AtomicBool::new(!starts_from_copy),
            store_is_foreign: AtomicBool::new(false),
            database_clock_differs: AtomicBool::new(false),
            checkpoints_fail: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            mint_failure_logged: AtomicI64::new(0),
        });
        if !starts_from_copy {
            watch::catch_up_at_start(&service).await?;
            usage::keep::remember(&service).await;
        }
        Ok(service)
    }

    /// Brings directory and keys to the store's newest revision, as the watcher does twice a second.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        watch::catch_up(self).await
    }

    /// Signs with these from now on.
    pub fn use_keys(&self, keyring: Arc<Keyring>) {
        self.keys_in_token.store(keyring.has_token_keys(), Ordering::Relaxed);
        self.keyring.store(keyring);
    }

    /// Can a licence be answered now, and is nobody stopping the server?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.issues_to_itself.load(Ordering::Relaxed) && !self.drain.has_begun()
    }

    /// Did a part of the server end by itself, which began the drain?
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Readiness off, and the drain begins.
    pub(crate) fn stop_broken(&self) {
        self.broken.store(true, Ordering::Relaxed);
        self.drain.begin();
    }

    /// Notes how the signer was, when it was last asked.
    pub(crate) fn signer_is(&self, lost: Option<&SignError>) {
        let was_lost = self.signer_lost.swap(lost.is_some(), Ordering::Relaxed);
        match lost {
            Some(error) if !was_lost => {
                tracing::error!(%error, "the signer is lost: only licences at hand go out");
            }
            None if was_lost => tracing::info!("the signer signs again"),
            _ => {}
        }
    }

    /// May it do now what one server does for all: remove what is old, send webhooks, renew keys? Not
    /// before the store was looked at, nor with another clock than the store's.
    pub(crate) fn acts_for_all(&self) -> bool {
        self.store_answers.load(Ordering::Relaxed)
            && !self.database_clock_differs.load(Ordering::Relaxed)
    }

    /// Where the audit log stands now, signed; for whoever wants to keep it.
    pub async fn latest_checkpoint(&self) -> Result<SignedCheckpoint, CheckpointError> {
        latest_checkpoint(&self.store, publish::ACTOR, self.time.now()).await
    }

    /// What is not as it should be, by name, while licences still go out.
    #[must_use]
    pub fn degraded(&self) -> Vec<&'static str> {
        self.degradations().into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
    }

    /// Everything that can be so, and whether it is.
    pub(crate) fn degradations(&self) -> [(&'static str, bool); 13] {
        let now = self.time.now();
        let fill = self.guard.len() as f64 / self.guard.capacity().max(1) as f64;
        [
            ("clock_suspect", self.time.state() != ClockState::Steady),
            ("store_unreachable", !self.store_answers.load(Ordering::Relaxed)),
            ("signer_lost", self.signer_lost.load(Ordering::Relaxed)),
            ("store_foreign", self.store_is_foreign.load(Ordering::Relaxed)),
            ("database_clock_differs", self.database_clock_differs.load(Ordering::Relaxed)),
            ("directory_from_copy", self.local_copy.is_in_use.load(Ordering::Relaxed)),
            ("directory_copy_failing", self.local_copy.fails.load(Ordering::Relaxed)),
            ("node_id_shared", self.node.is_shared.load(Ordering::Relaxed)),
            ("journal_failing", self.guard.journal_is_failing(now)),
            ("guard_nearly_full", fill >= 0.8),
            ("shared_guard_lost", self.shared_guard.as_ref().is_some_and(SharedGuard::is_lost)),
            ("audit_checkpoint_failing", self.checkpoints_fail.load(Ordering::Relaxed)),
            ("keys_end_soon", self.keyring.load().covered_until(now) - now < KEYS_END_SOON_SECS),
        ]
    }
}

/// Its first look blocks.
async fn shared_guard(
    config: &Config,
    installation: &Installation,
    metrics: &Metrics,
) -> Result<Option<SharedGuard>, StartError> {
    let (section, metrics) = (config.shared_guard.clone(), metrics.shared_guard.clone());
    let id = installation.id.clone();
    let loops = match config.gateway.workers {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        loops => loops,
    };
    let start = move || SharedGuard::start(&section, &id, loops, metrics);
    let started = tokio::task::spawn_blocking(start).await;
    let threads = |error| SharedGuardError::Threads(std::io::Error::other(error));
    Ok(started.map_err(threads)??)
}

fn network_limit(config: &Config) -> NetworkLimitConfig {
    NetworkLimitConfig {
        rate: Rate {
            per_second: config.network_limit.per_second,
            burst: config.network_limit.burst,
        },
        lifted: config.gateway.lifted_networks.clone(),
    }
}
