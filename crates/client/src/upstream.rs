//! Where licences come from: one issuer, at one host or several of its regions, and what was learnt of
//! them: how far our clock is off, and which host is out of order.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tonegate_clock::Clock;

use crate::breaker::Breaker;
use crate::endpoint::Endpoint;
use crate::http::{HttpClient, HttpConfig};
use crate::pace::Pace;
use crate::{FetchError, limits};

/// An issuer as its callers see it. A clone is the same one: apps that share it share its pace, what it
/// learnt of the clock, and what it knows of hosts that fail.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    /// In the order in which they are asked.
    hosts: Vec<Host>,
    http: HttpClient,
    pace: Pace,
    clock: Clock,
    /// Seconds to add to our time to get the issuer's. Learnt from answers, kept between fetches.
    offset: AtomicI64,
}

/// One address of the issuer.
pub(crate) struct Host {
    pub(crate) endpoint: Endpoint,
    /// Host and port, for messages.
    pub(crate) server: String,
    pub(crate) breaker: Breaker,
}

impl Upstream {
    /// Begins an upstream at `endpoint` (`https://host[:port]`, or `http://` on trusted networks).
    pub fn builder(endpoint: impl Into<String>) -> UpstreamBuilder {
        UpstreamBuilder {
            endpoints: vec![endpoint.into()],
            http: HttpConfig::default(),
            per_second: limits::REQUESTS_PER_SECOND,
            clock: None,
        }
    }

    /// How far this machine's clock is known to be behind the issuer's, seconds; 0 while no
    /// correction was needed.
    #[must_use]
    pub fn clock_offset_secs(&self) -> i64 {
        self.0.offset.load(Ordering::Relaxed)
    }

    /// Each host and port, in the order in which they are asked, and whether it is left alone at the
    /// moment because it failed.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, bool)> {
        let now = self.0.clock.monotonic();
        self.0.hosts.iter().map(move |host| (host.server.as_str(), host.breaker.is_open(now)))
    }

    pub(crate) fn learn(&self, offset: i64) {
        self.0.offset.store(offset, Ordering::Relaxed);
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn http(&self) -> &HttpClient {
        &self.0.http
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.0.pace
    }

    pub(crate) fn addresses(&self) -> &[Host] {
        &self.0.hosts
    }
}

/// Shows whom it asks.
impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<&str> = self.0.hosts.iter().map(|host| host.server.as_str()).collect();
        f.debug_struct("Upstream").field("hosts", &hosts).finish_non_exhaustive()
    }
}

/// What an [`Upstream`] is made of. Made by [`Upstream::builder`].
#[derive(Debug)]
#[must_use]
pub struct UpstreamBuilder {
    endpoints: Vec<String>,
    http: HttpConfig,
    per_second: u32,
    clock: Option<Clock>,
}

impl UpstreamBuilder {
    /// Ask here when those named before do not answer as they should; repeatable.
    pub fn fallback(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoints.push(endpoint.into());
        self
    }

    /// Trust the authorities in this PEM file too, next to the system's.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.http.ca_file = Some(file.into());
        self
    }

    /// Time for the TCP connection. Default 5 s.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.http.connect = time;
        self
    }

    /// Time for one answer. Default 15 s.
    pub fn total_timeout(mut self, time: Duration) -> Self {
        self.http.total = time;
        self
    }

    /// Most requests in any second, all apps together. Default 20, as the original service allows.
    pub fn requests_per_second(mut self, rate: u32) -> Self {
        self.per_second = rate;
        self
    }

    /// Where to take the time from. Default: the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The upstream.
    ///
    /// # Errors
    /// [`FetchError::BadEndpoint`] and [`FetchError::NoTrust`].
    pub fn build(mut self) -> Result<Upstream, FetchError> {
        let endpoints = self.endpoints.iter().map(|endpoint| Endpoint::parse(endpoint));
        let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
        self.http.tls = endpoints.iter().any(Endpoint::is_tls);
        let request = self.http.total;
        let host = |endpoint: Endpoint| Host {
            server: endpoint.server(),
            endpoint,
            breaker: Breaker::new(request),
        };
        Ok(Upstream(Arc::new(Inner {
            hosts: endpoints.into_iter().map(host).collect(),
            http: HttpClient::new(&self.http)?,
            pace: Pace::new(self.per_second),
            clock: self.clock.unwrap_or_else(Clock::system),
            offset: AtomicI64::new(0),
        })))
    }
}
