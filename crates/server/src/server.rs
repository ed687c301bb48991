//! A running server: its two listeners and what keeps it in order behind them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tonegate_listener::{
    Drain, Limits, Listener, ListenerConfig, Peer, Request, RequestBody, Response, ResponseBody,
    Stats, TlsFiles, serve_while_whole,
};
use tonegate_protocol::{Refusal, ReturnCode};

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::gateway::FastGateway;
use crate::limits::{
    BODY_BYTES_MAX, BODY_TIME, CLOCK_TICK, FAREWELL, JOURNAL_SYNC, KEYS_TOLD_SECS, SELF_ISSUE,
};
use crate::metrics::{Metrics, Totals};
use crate::service::{Service, StartError};
use crate::watch::KeyAlarm;
use crate::{
    admin, audit, gateway, local_copy, news, node, premint, usage, watch, webhook_delivery,
};

/// How long the end waits for the store: a supervisor is waiting too.
const LAST_FLUSH: Duration = Duration::from_secs(3);
/// How often an installation looks whether a key is due, and warns that none comes.
const KEY_CHECK: Duration = Duration::from_secs(600);

/// A server that has its sockets and has proved that it can issue.
pub struct Server {
    service: Arc<Service>,
    gateway: Listener,
    admin: Listener,
}

impl Server {
    /// Opens the installation, issues a licence to itself, and takes both addresses.
    pub async fn bind(config: Config, clock: Clock) -> Result<Self, StartError> {
        let gateway = gateway_listener(&config.gateway);
        let admin = admin_listener(&config.admin);
        let service = Service::open(config, clock).await?;
        if service.store_answers.load(Ordering::Relaxed) {
            watch::renew_keys(&service).await;
            watch::catch_up_at_start(&service).await?;
        }
        look_for_token(&service).await;
        let issued = issue_once(&service).await;
        service.issues_to_itself.store(issued.is_ok(), Ordering::Relaxed);
        match issued {
            // It may come back, and with it readiness: ending would only have a supervisor try again,
            // and with each start its PIN.
            Err(error) if service.keyring.load().is_in_token(service.time.now()) => {
                tracing::error!(%error, "no licence can be issued without the token: not ready");
            }
            other => other.map_err(|refusal| StartError::SelfIssue(refusal.to_string()))?,
        }
        let gateway = Listener::bind(gateway).await?;
        let admin = Listener::bind(admin).await?;
        Ok(Self { service, gateway, admin })
    }

    /// What it serves from.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The gateway's address.
    #[must_use]
    pub fn gateway_address(&self) -> SocketAddr {
        self.gateway.local_addr()
    }

    /// The admin listener's address.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.local_addr()
    }

    /// Stops the server when begun: readiness off, no new connections, requests in flight finish.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.service.drain.clone()
    }

    /// Serves until the drain is done; then everything that must survive is on disk. What runs beside
    /// the requests never ends by itself: if it does, the drain begins, and
    /// [`Service::is_broken`] says so afterwards.
    pub async fn run(self) {
        let service = Arc::clone(&self.service);
        let health = move |request: Request<RequestBody>, _| {
            std::future::ready(admin::answer(&service, &request))
        };
        self.run_with(health).await;
    }

    /// The same with another answer on the admin listener, which leaves `/livez`, `/readyz` and
    /// `/metrics` to [`admin::answer`].
    pub async fn run_with<H, F>(self, answer: H)
    where
        H: Fn(Request<RequestBody>, Peer) -> F + Send + Sync + 'static,
        F: Future<Output = Response<ResponseBody>> + Send + 'static,
    {
        let Self { service, gateway, admin } = self;
        let stats = gateway.stats();
        let mut chores = chores(&service, Arc::clone(&stats));
        let admin_drain = Drain::new();
        let admin = tokio::spawn(admin.serve(answer, admin_drain.clone()));
        let handler = Arc::clone(&service);
        let drain = service.drain.clone();
        let serving = gateway.serve_with_fast_path(
            move |request, peer| gateway::answer(Arc::clone(&handler), request, peer),
            Arc::new(FastGateway(Arc::clone(&service))),
            service.config.gateway.workers,
            drain,
        );
        serve_while_whole(serving, &mut chores, || service.stop_broken()).await;
        if stats.event_loops_failed.get() > 0 {
            service.stop_broken();
        }
        // The admin listener goes last, so that a supervisor can watch the drain.
        admin_drain.begin_hard();
        let _ = admin.await;
        chores.shutdown().await;
        let flush = async {
            watch::flush_last_uses(&service).await;
            usage::keep::flush(&service).await;
        };
        if tokio::time::timeout(LAST_FLUSH, flush).await.is_err() {
            tracing::warn!("the store did not answer: last uses and usage were not written");
        }
        local_copy::keep::finish(&service).await;
        if tokio::time::timeout(LAST_FLUSH, audit::publish::publish(&service)).await.is_err() {
            tracing::warn!("the last checkpoint of the audit log did not get out in time");
        }
        if let Err(error) = service.guard.close(service.time.now()) {
            tracing::error!(%error, "the replay journal was not closed cleanly");
        }
        service.store.clone().close().await;
    }
}

/// The console's imports are larger and slower than what the gateway reads.
fn admin_listener(admin: &config::Admin) -> ListenerConfig {
    ListenerConfig {
        limits: Limits { body: BODY_TIME, body_bytes: BODY_BYTES_MAX, ..Limits::default() },
        trusted_proxies: admin.trusted_proxies.clone(),
        tls: tls_files(&admin.tls_certificate, &admin.tls_key),
        ..ListenerConfig::new(admin.address)
    }
}

fn tls_files(certificate: &Path, key: &Path) -> Option<TlsFiles> {
    let is_on = !certificate.as_os_str().is_empty();
    is_on.then(|| TlsFiles { certificate: certificate.to_owned(), key: key.to_owned() })
}

fn gateway_listener(gateway: &config::Gateway) -> ListenerConfig {
    ListenerConfig {
        limits: Limits {
            connections: gateway.connections,
            connections_per_network: gateway.connections_per_network,
            farewell: FAREWELL,
            ..Limits::default()
        },
        trusted_proxies: gateway.trusted_proxies.clone(),
        proxy_protocol: gateway.proxy_protocol,
        lifted: gateway.lifted_networks.clone(),
        tls: tls_files(&gateway.tls_certificate, &gateway.tls_key),
        ..ListenerConfig::new(gateway.address)
    }
}

/// What runs beside the requests, until the server has drained.
fn chores(service: &Arc<Service>, stats: Arc<Stats>) -> JoinSet<()> {
    let mut chores = JoinSet::new();
    chores.spawn(tick_clock(Arc::clone(service)));
    chores.spawn(keep_journal(Arc::clone(service)));
    chores.spawn(watch::follow(Arc::clone(service)));
    chores.spawn(watch::keep_last_uses(Arc::clone(service)));
    chores.spawn(local_copy::keep::keep(Arc::clone(service)));
    chores.spawn(node::beat(Arc::clone(service)));
    chores.spawn(issue_to_itself(Arc::clone(service)));
    chores.spawn(renew_keys(Arc::clone(service)));
    chores.spawn(premint::probe_signer(Arc::clone(service)));
    chores.spawn(premint::mint_ahead(Arc::clone(service)));
    chores.spawn(news::watch_health(Arc::clone(service)));
    chores.spawn(webhook_delivery::deliver_all(Arc::clone(service)));
    chores.spawn(webhook_delivery::prune(Arc::clone(service)));
    chores.spawn(audit::publish::keep_publishing(Arc::clone(service)));
    chores.spawn(usage::keep::look(Arc::clone(service)));
    chores.spawn(usage::keep::keep(Arc::clone(service)));
    chores.spawn(usage::keep::prune(Arc::clone(service)));
    chores.spawn(count_connections(Arc::clone(service), stats));
    chores
}

async fn tick_clock(service: Arc<Service>) {
    loop {
        tokio::time::sleep(CLOCK_TICK).await;
        service.time.tick();
    }
}

/// Disk work, off the threads that answer.
async fn keep_journal(service: Arc<Service>) {
    loop {
        tokio::time::sleep(JOURNAL_SYNC).await;
        let keeper = Arc::clone(&service);
        let kept = tokio::task::spawn_blocking(move || {
            let now = keeper.time.now();
            keeper.guard.sync(now);
            if !keeper.time.holds_tables() {
                keeper.guard.expire(now);
            }
        });
        if kept.await.is_err() {
            tracing::error!("keeping the replay journal panicked");
        }
    }
}

/// Signs in to the token, if there is one: the first request would wait for it otherwise.
async fn look_for_token(service: &Arc<Service>) {
    let Some(token) = service.token.clone() else { return };
    match tokio::task::spawn_blocking(move || token.check()).await {
        Ok(Ok(facts)) => tracing::info!(token = facts.label, model = facts.model, "token found"),
        Ok(Err(error)) => service.signer_is(Some(&error.into())),
        Err(error) => tracing::error!(%error, "looking for the token panicked"),
    }
}

/// A signer may take its time, which is not the event loop's.
async fn issue_once(service: &Arc<Service>) -> Result<(), Refusal> {
    let issuer = Arc::clone(service);
    let issued = tokio::task::spawn_blocking(move || gateway::self_issue(&issuer)).await;
    issued.unwrap_or_else(|_| Err(ReturnCode::GatewayInternal.into()))
}

async fn issue_to_itself(service: Arc<Service>) {
    loop {
        tokio::time::sleep(SELF_ISSUE).await;
        let outcome = issue_once(&service).await;
        let could = service.issues_to_itself.swap(outcome.is_ok(), Ordering::Relaxed);
        match outcome {
            Err(refusal) => {
                service.metrics.self_issue_failures.inc();
                if could {
                    tracing::error!(%refusal, "no licence can be issued: not ready");
                }
            }
            Ok(()) if !could => tracing::info!("licences can be issued again"),
            Ok(()) => {}
        }
    }
}

async fn renew_keys(service: Arc<Service>) {
    let mut alarm = KeyAlarm::default();
    loop {
        watch::renew_keys(&service).await;
        // A key that has just come is no cause for alarm. That the store fails is `follow`'s to say.
        let _ = watch::catch_up(&service).await;
        // What was told is known by times, too. The log has said it.
        if let Some(end) = alarm.look(&service)
            && service.acts_for_all()
        {
            let until = service.time.now() + KEYS_TOLD_SECS;
            news::tell_once(&service, &end.name(), until, "key.ends_soon", &end).await;
        }
        tokio::time::sleep(KEY_CHECK).await;
    }
}

async fn count_connections(service: Arc<Service>, stats: Arc<Stats>) {
    loop {
        let Metrics { gauges, totals, .. } = &service.metrics;
        gauges.connections_open.set(stats.open.get().cast_signed());
        Totals::set(&totals.connections_accepted, stats.accepted.get());
        let refused = stats.refused_total_cap.get() + stats.refused_address_cap.get();
        Totals::set(&totals.connections_refused, refused);
        Totals::set(&totals.connections_timed_out, stats.closed_header_timeout.get());
        Totals::set(&totals.tls_failures, stats.tls_failed.get());
        Totals::set(&totals.proxy_headers_bad, stats.proxy_header_bad.get());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
