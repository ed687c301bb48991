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
use crate::limits::STRANGER_RATE;
use crate::problem::Problem;

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

    /// Begins a change in the caller's name.
    pub(crate) async fn begin(&self, caller: &Caller) -> Result<Tx, Problem> {
        Ok(self.store().begin(&caller.who.to_string(), self.now()).await?)
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
