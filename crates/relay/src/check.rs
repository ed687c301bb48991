//! A dry run: does each upstream answer, with what, and how far is the clock off. Nothing is kept.

use serde::Serialize;
use tonegate_client::{AppId, ExpireAtBasis, FetchError, FetchedLicense, LicenseClient};
use tonegate_clock::Clock;

use crate::config::Config;
use crate::service::{StartError, clients, upstreams};
use crate::status::ErrorStatus;

/// What two fetches of one app brought.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// The app.
    pub app_id: AppId,
    /// Name of its upstream.
    pub upstream: String,
    /// What came; `None`: nothing, see `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// Why nothing came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorStatus>,
}

/// What came.
#[derive(Debug, Serialize)]
pub struct Found {
    /// Host and port that answered.
    pub server: String,
    /// The issuer's time less this machine's, seconds; `None`: it does not tell its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_offset: Option<i64>,
    /// Unix seconds at which the licence ends.
    pub expire_at: i64,
    /// Where that is known from: `license` where it was verified, `fetch` where it is opaque.
    pub expire_at_basis: ExpireAtBasis,
    /// Whether the second fetch brought the same string.
    pub same_string: bool,
}

/// The apps to check, one by one.
pub struct Check {
    clients: Vec<(String, LicenseClient)>,
}

impl Check {
    /// Reads secrets and pins.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn open(config: &Config, clock: &Clock) -> Result<Self, StartError> {
        let shared = upstreams(config, clock)?;
        let clients = clients(config, &shared)?.into_iter();
        Ok(Self { clients: clients.map(|(name, client, _)| (name.to_owned(), client)).collect() })
    }

    /// How many apps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Fetches twice for each app, and calls `checked` after each.
    pub async fn run(&self, mut checked: impl FnMut(&Checked)) -> Vec<Checked> {
        let mut all = Vec::new();
        for (upstream, client) in &self.clients {
            let outcome = fetch_twice(client).await;
            let app_id = client.app_id();
            let upstream = upstream.clone();
            let (found, error) = match outcome {
                Ok(found) => (Some(found), None),
                Err(error) => (None, Some(ErrorStatus::of(&error))),
            };
            let one = Checked { app_id, upstream, found, error };
            checked(&one);
            all.push(one);
        }
        all
    }
}

async fn fetch_twice(client: &LicenseClient) -> Result<Found, FetchError> {
    let first = client.fetch().await?;
    let second = client.fetch().await?;
    Ok(Found::of(first, &second))
}

impl Found {
    fn of(first: FetchedLicense, second: &FetchedLicense) -> Self {
        let same_string = first.license == second.license;
        let clock_offset = first.server_time.map(|time| time.saturating_sub(first.fetched_at));
        let server = first.server.clone();
        let license = tonegate_client::CachedLicense::from(first);
        Self {
            server,
            clock_offset,
            expire_at: license.expire_at,
            expire_at_basis: license.expire_at_basis,
            same_string,
        }
    }
}
