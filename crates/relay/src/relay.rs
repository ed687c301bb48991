//! A running relay: its two listeners and what keeps its licences in order behind them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tonegate_client::AppId;
use tonegate_clock::Clock;
use tonegate_listener::{
    Drain, Limits, Listener, ListenerConfig, Stats, TlsFiles, serve_while_whole,
};
use tonegate_telemetry::TARGET;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use crate::app::App;
use crate::config::{Config, Listen};
use crate::fast::FastRelay;
use crate::limits::{END_LOOK, FAREWELL, KEEPER_LOOK, LOOK, MENDED_LOOK};
use crate::metrics::Metrics;
use crate::service::{Service, StartError};
use crate::{admin, answer, upkeep, webhook};

/// A relay that has its sockets.
pub struct Relay {
    service: Arc<Service>,
    listener: Listener,
    admin: Listener,
}

impl Relay {
    /// Reads what it needs and takes both addresses. An upstream that is away is no reason not to
    /// start: licences of an earlier process are handed out, and others as soon as they come.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn bind(config: Config, clock: Clock) -> Result<Self, StartError> {
        let listen = listener_config(&config.listen);
        let admin = ListenerConfig::new(config.admin.address);
        let service = Service::open(config, clock)?;
        let listener = Listener::bind(listen).await?;
        let admin = Listener::bind(admin).await?;
        Ok(Self { service, listener, admin })
    }

    /// What it serves from.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Where apps ask.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// The admin listener's address.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.local_addr()
    }

    /// Stops the relay when begun: readiness off, no new connections, requests in flight finish.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.service.drain.clone()
    }

    /// Serves until the drain is done. What runs beside the requests never ends by itself: if it does,
    /// the drain begins, and `false` comes back.
    pub async fn run(self) -> bool {
        let Self { service, listener, admin } = self;
        let stats = listener.stats();
        let mut chores = chores(&service, Arc::clone(&stats));
        let admin_drain = Drain::new();
        let admin = tokio::spawn(serve_admin(admin, Arc::clone(&service), admin_drain.clone()));
        let handler = Arc::clone(&service);
        let serving = listener.serve_with_fast_path(
            move |request, peer| answer::answer(Arc::clone(&handler), request, peer),
            Arc::new(FastRelay(Arc::clone(&service))),
            service.config.listen.workers,
            service.drain.clone(),
        );
        let mut is_whole = true;
        serve_while_whole(serving, &mut chores, || {
            is_whole = false;
            service.drain.begin();
        })
        .await;
        // The admin listener goes last, so that a supervisor can watch the drain.
        admin_drain.begin_hard();
        let _ = admin.await;
        chores.shutdown().await;
        is_whole && stats.event_loops_failed.get() == 0
    }
}

async fn serve_admin(listener: Listener, service: Arc<Service>, drain: Drain) {
    let handle = move |request, _peer| {
        let service = Arc::clone(&service);
        async move { admin::answer(&service, &request) }
    };
    listener.serve(handle, drain).await;
}

fn listener_config(listen: &Listen) -> ListenerConfig {
    let tls = !listen.tls_certificate.as_os_str().is_empty();
    ListenerConfig {
        limits: Limits {
            connections: listen.connections,
            connections_per_network: listen.connections_per_network,
            farewell: FAREWELL,
            ..Limits::default()
        },
        trusted_proxies: listen.trusted_proxies.clone(),
        proxy_protocol: listen.proxy_protocol,
        lifted: listen.lifted_networks.clone(),
        tls: tls.then(|| TlsFiles {
            certificate: listen.tls_certificate.clone(),
            key: listen.tls_key.clone(),
        }),
        ..ListenerConfig::new(listen.address)
    }
}

/// What runs beside the requests, until the relay has drained.
fn chores(service: &Arc<Service>, stats: Arc<Stats>) -> JoinSet<()> {
    let mut chores = JoinSet::new();
    chores.spawn(keep_all_fresh(Arc::clone(service)));
    chores.spawn(upkeep::watch_files(Arc::clone(service)));
    chores.spawn(upkeep::fetch_sets(Arc::clone(service)));
    chores.spawn(look_for_ends(Arc::clone(service)));
    chores.spawn(webhook::deliver_all(Arc::clone(service)));
    chores.spawn(count_connections(Arc::clone(service), stats));
    chores
}

/// A keeper for each app; ends when one ends, which none does.
async fn keep_all_fresh(service: Arc<Service>) {
    let mut keepers = JoinSet::new();
    for &app_id in service.apps.keys() {
        let service = Arc::clone(&service);
        keepers.spawn(async move { keep_fresh(&service, app_id).await });
    }
    keepers.join_next().await;
}

async fn keep_fresh(service: &Arc<Service>, app_id: AppId) {
    let Some(app) = service.apps.get(&app_id) else { return };
    loop {
        let view = app.cache.view();
        let is_due = view.refresh_in.is_zero();
        let may_be_mended = is_due || view.failures > 0;
        let is_mended = may_be_mended && has_new_secret(service, app_id, is_due).await;
        if is_due || is_mended {
            let span = info_span!(
                target: TARGET, "refresh_license", app_id = app_id.0, failed = Empty,
            );
            // What goes wrong is held, and was told to the observer.
            let refreshed = app.cache.refresh().instrument(span.clone()).await;
            span.record("failed", refreshed.is_err());
        }
        let view = app.cache.view();
        // Not longer, so that a clock that was set, or a secret that was mended, is noticed; not
        // shorter, so that nothing spins.
        let look = if view.failures > 0 { MENDED_LOOK } else { KEEPER_LOOK };
        tokio::time::sleep(view.refresh_in.clamp(Duration::from_millis(10), look)).await;
    }
}

/// Takes over the app's secret; `true`: it was changed.
async fn has_new_secret(service: &Arc<Service>, app_id: AppId, is_due: bool) -> bool {
    let service = Arc::clone(service);
    // Files may lie on disks that are slow.
    let taken =
        tokio::task::spawn_blocking(move || service.apps.get(&app_id).map(App::take_secret));
    match taken.await.ok().flatten() {
        Some(Ok(is_other)) => is_other,
        Some(Err(error)) if is_due => {
            tracing::warn!(%app_id, %error, "the ServerSecret cannot be read again; the old one stays");
            false
        }
        // Between two refreshes it is only looked for, and nobody wants to read that every time.
        Some(Err(_)) | None => false,
    }
}

async fn look_for_ends(service: Arc<Service>) {
    loop {
        service.look_for_ends();
        tokio::time::sleep(END_LOOK).await;
    }
}

async fn count_connections(service: Arc<Service>, stats: Arc<Stats>) {
    loop {
        let metrics = &service.metrics;
        metrics.connections_open.set(stats.open.get().cast_signed());
        Metrics::set(&metrics.connections_accepted, stats.accepted.get());
        let refused = stats.refused_total_cap.get() + stats.refused_address_cap.get();
        Metrics::set(&metrics.connections_refused, refused);
        tokio::time::sleep(LOOK).await;
    }
}
