//! How a relay stands, for people and programs: `/status`, and `tonegate relay status` that reads it.

use serde::{Deserialize, Serialize};
use tonegate_client::{AppId, ExpireAtBasis, FetchError, ReturnCode};

use crate::rendered::named;
use crate::service::Service;

/// Largest `/status` document, bytes.
pub const STATUS_BYTES_MAX: usize = 16 << 20;

/// A relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// This machine's time, Unix seconds.
    pub server_time: i64,
    /// Whether anything can be handed out.
    pub ready: bool,
    /// Each app.
    pub apps: Vec<AppStatus>,
    /// Each upstream.
    pub upstreams: Vec<UpstreamStatus>,
}

/// An app and its licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppStatus {
    /// The app.
    pub app_id: AppId,
    /// Name of its upstream.
    pub upstream: String,
    /// `fresh`, `due`, `stale` or `expired`.
    pub state: String,
    /// Seconds since the licence was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
    /// Seconds until it ends; below 0: since it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    /// Where its end is known from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_at_basis: Option<ExpireAtBasis>,
    /// Seconds until the next refresh.
    pub refresh_in: u64,
    /// Refreshes that failed since the last one that did not.
    pub failures: u32,
    /// What the last one failed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorStatus>,
}

/// An error, for programs and people. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorStatus {
    /// Its stable name.
    pub kind: String,
    /// The return code behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// What happened, why, and what to do.
    pub message: String,
}

/// An upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamStatus {
    /// Its name in the configuration.
    pub name: String,
    /// Its time less this machine's, seconds, as far as requests need it.
    pub clock_offset: i64,
    /// Its hosts, in the order in which they are asked.
    pub hosts: Vec<HostStatus>,
}

/// A host of an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStatus {
    /// Host and port.
    pub host: String,
    /// Did it fail several times, so that it is not asked for a while?
    pub left_alone: bool,
}

impl ErrorStatus {
    /// An error as operators get it.
    #[must_use]
    pub fn of(error: &FetchError) -> Self {
        Self {
            kind: named(error),
            code: error.return_code().map(ReturnCode::number),
            message: error.to_string(),
        }
    }
}

impl Status {
    /// How the relay stands now.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        let upstreams = service.upstreams.iter().map(|(name, upstream)| UpstreamStatus {
            name: name.clone(),
            clock_offset: upstream.clock_offset_secs(),
            hosts: upstream
                .hosts()
                .map(|(host, left_alone)| HostStatus { host: host.to_owned(), left_alone })
                .collect(),
        });
        Self {
            server_time: service.clock.unix_seconds(),
            ready: service.is_ready(),
            apps: service.apps.values().map(AppStatus::of).collect(),
            upstreams: upstreams.collect(),
        }
    }
}

impl AppStatus {
    fn of(app: &crate::app::App) -> Self {
        let view = app.cache.view();
        let license = view.license.as_ref();
        Self {
            app_id: app.id(),
            upstream: app.upstream.clone(),
            state: view.state.name().to_owned(),
            age: license.map(|license| view.now.saturating_sub(license.fetched_at)),
            expires_in: license.map(|license| license.expire_at.saturating_sub(view.now)),
            expire_at_basis: license.map(|license| license.expire_at_basis),
            refresh_in: view.refresh_in.as_secs(),
            failures: view.failures,
            error: view.state.error().map(|error| ErrorStatus::of(error)),
        }
    }
}
