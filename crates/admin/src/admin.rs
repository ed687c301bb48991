//! What every operation has at hand: the server's state, and how it changes it.
//!
//! Invariant: a change is one transaction with its audit entries, under the caller's name, and in force
//! on this server before it is answered.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;
use tonegate_listener::{NetworkLimit, NetworkLimitConfig};
use tonegate_server::Service;
use tonegate_server::store::{Store, Tx};

use crate::auth::{Callers, FailedSignIns, Passwords, Permitted};
use crate::caller::Caller;
use crate::demo::Demo;
use crate::limits::{CLOCK_RETRY_SECS, STRANGER_RATE};
use crate::problem::{Code, Problem};

/// One server, as operations see it. Clones share it.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) service: Arc<Service>,
    /// Networks that send no good credential.
    pub(crate) strangers: Arc<NetworkLimit>,
    /// Callers who are known.
    pub(crate) callers: Arc<Callers>,
    /// Unix seconds.
    pub(crate) started_at: i64,
    /// Only `tonegate demo` has one.
    pub(crate) demo: Option<Arc<Demo>>,
    /// Who failed to sign in, and where.
    pub(crate) failed_sign_ins: Arc<FailedSignIns>,
    /// Leave to work on passwords.
    pub(crate) passwords: Arc<Passwords>,
    /// Who may call what.
    pub(crate) permitted: Arc<Permitted>,
    /// Held by the import that is under way.
    pub(crate) importing: Arc<Mutex<()>>,
}

impl Admin {
    /// `document`: the one that the API serves.
    pub(crate) fn new(service: Arc<Service>, document: &Value) -> Self {
        let strangers = NetworkLimitConfig { rate: STRANGER_RATE, lifted: Vec::new() };
        Self {
            started_at: service.time.now(),
            service,
            strangers: Arc::new(NetworkLimit::new(strangers)),
            callers: Arc::default(),
            demo: None,
            failed_sign_ins: Arc::default(),
            passwords: Arc::default(),
            permitted: Arc::new(Permitted::read(document)),
            importing: Arc::default(),
        }
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.service.time.now()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.service.store
    }

    /// The licence API's URL, as backends write it.
    pub(crate) fn gateway_url(&self) -> String {
        let config = &self.service.config;
        if !config.admin.gateway_url.is_empty() {
            return config.admin.gateway_url.clone();
        }
        let scheme =
            if config.gateway.tls_certificate.as_os_str().is_empty() { "http" } else { "https" };
        format!("{scheme}://{}", config.gateway.address)
    }

    /// Begins a change in the caller's name. `Err(ClockSuspect)`: see [`check_clock`](Self::check_clock).
    pub(crate) async fn begin(&self, caller: &Caller) -> Result<Tx, Problem> {
        self.check_clock()?;
        self.begin_unchecked(caller).await
    }

    /// The same whatever the clock says: for the end of sessions, which must always be possible.
    pub(crate) async fn begin_unchecked(&self, caller: &Caller) -> Result<Tx, Problem> {
        Ok(self.store().begin(&caller.who.to_string(), self.now()).await?)
    }

    /// `Err(ClockSuspect)`: a change writes times, in the audit log at least, and this server's clock has just
    /// been moved, so nobody knows yet which time is right.
    pub(crate) fn check_clock(&self) -> Result<(), Problem> {
        if self.service.time.may_mint() {
            return Ok(());
        }
        let detail = "this server's clock was moved, and changes write times: nothing was changed; try again in \
                      a minute, when a steady clock is believed again, or on another node";
        Err(Problem::new(Code::ClockSuspect, detail).retry_after(CLOCK_RETRY_SECS))
    }

    /// Keeps a change, and has this server go by it.
    pub(crate) async fn commit(&self, tx: Tx) -> Result<(), Problem> {
        if tx.commit().await?.is_some() {
            self.catch_up().await;
        }
        Ok(())
    }

    /// Has this server go by what the store says. Its watcher would find it too, within 2 s.
    pub(crate) async fn catch_up(&self) {
        if let Err(error) = self.service.catch_up().await {
            tracing::warn!(%error, "a change is not in force yet");
        }
    }
}
