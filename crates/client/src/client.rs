//! The client: sign, send, read; and once again with the issuer's time when the clock was off.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustls::crypto::{SecureRandom, aws_lc_rs};
use tonegate_protocol::{AppId, ReturnCode, ServerSecret, signed_query};

use crate::answer::{self, Granted};
use crate::endpoint::Endpoint;
use crate::transport::{Answer, Transport};
use crate::{Clock, FetchError, limits, tls};

/// Fetches the licences of one app from one issuer.
pub struct LicenseClient {
    endpoint: Endpoint,
    app_id: AppId,
    secret: ServerSecret,
    total: Duration,
    clock: Clock,
    transport: Transport,
    random: &'static dyn SecureRandom,
    /// Seconds to add to our time to get the issuer's. Learnt from answers, kept between fetches.
    offset: AtomicI64,
}

/// A licence as it came from the issuer: opaque, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedLicense {
    /// The licence text.
    pub license: String,
    /// Names the answer in the issuer's records; older services send none.
    pub request_id: Option<String>,
    /// When the answer was here: Unix seconds by this machine's clock.
    pub fetched_at: i64,
    /// The issuer's time less this machine's, seconds, as far as learnt; 0 while no correction was
    /// needed.
    pub clock_offset_secs: i64,
}

impl LicenseClient {
    /// Begins a client for `endpoint` (`https://host[:port]`, or `http://` on trusted networks).
    pub fn builder(
        endpoint: impl Into<String>,
        app_id: AppId,
        secret: ServerSecret,
    ) -> LicenseClientBuilder {
        LicenseClientBuilder {
            endpoint: endpoint.into(),
            app_id,
            secret,
            authority: None,
            connect: limits::CONNECT,
            total: limits::TOTAL,
            clock: Clock::system(),
        }
    }

    /// Whose licences it fetches.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        self.app_id
    }

    /// Fetches a licence. After 100000004 it takes the issuer's time from the answer, keeps the
    /// difference for later fetches too, and repeats the request once, signed anew.
    ///
    /// # Errors
    /// See [`FetchError`]. Cancelling is safe; the signature may then be used up.
    pub async fn fetch(&self) -> Result<FetchedLicense, FetchError> {
        let timeout =
            FetchError::Timeout { server: self.transport.server().to_owned(), after: self.total };
        tokio::time::timeout(self.total, self.fetch_unbounded()).await.unwrap_or(Err(timeout))
    }

    async fn fetch_unbounded(&self) -> Result<FetchedLicense, FetchError> {
        let offset = self.offset.load(Ordering::Relaxed);
        let (date, outcome) = self.request(offset).await?;
        match outcome {
            Err(error) if is_expired(&error) => {}
            outcome => return outcome.map(|granted| self.fetched(granted, offset)),
        }
        let offset = self.learn(date)?;
        let (_, outcome) = self.request(offset).await?;
        match outcome {
            Err(error) if is_expired(&error) => Err(clock_off(Some(offset))),
            Err(error) => Err(error),
            Ok(granted) => {
                self.offset.store(offset, Ordering::Relaxed);
                Ok(self.fetched(granted, offset))
            }
        }
    }

    /// One request signed for our time plus `offset`: the server's time and what it said.
    async fn request(
        &self,
        offset: i64,
    ) -> Result<(Option<i64>, Result<Granted, FetchError>), FetchError> {
        let timestamp = self.clock.now().saturating_add(offset);
        let query = signed_query(self.app_id, &self.nonce()?, &self.secret, timestamp);
        let bad = FetchError::BadEndpoint { why: "it makes no URL" };
        let uri = self.endpoint.with_query(&query).ok_or(bad)?;
        let Answer { date, body } = self.transport.get(uri).await?;
        let signature = query.rsplit('=').next().unwrap_or(&query);
        let hidden = [self.secret.expose(), signature];
        Ok((date, answer::read(&body, self.transport.server(), hidden)))
    }

    /// The offset that the server's time asks for, when it tells one and it is believable.
    fn learn(&self, date: Option<i64>) -> Result<i64, FetchError> {
        let offset = date.map(|date| date.saturating_sub(self.clock.now()));
        match offset {
            Some(offset) if offset.unsigned_abs() <= limits::OFFSET_MAX.unsigned_abs() => {
                Ok(offset)
            }
            offset => Err(clock_off(offset)),
        }
    }

    /// 16 hex characters, never the same twice.
    fn nonce(&self) -> Result<String, FetchError> {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes).map_err(|_| FetchError::NoRandomness)?;
        Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
    }

    fn fetched(&self, granted: Granted, clock_offset_secs: i64) -> FetchedLicense {
        let Granted { license, request_id } = granted;
        FetchedLicense { license, request_id, fetched_at: self.clock.now(), clock_offset_secs }
    }
}

/// Shows whom it asks and for which app; never the secret.
impl fmt::Debug for LicenseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenseClient")
            .field("server", &self.transport.server())
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// What a [`LicenseClient`] is made of. Made by [`LicenseClient::builder`].
#[derive(Debug)]
#[must_use]
pub struct LicenseClientBuilder {
    endpoint: String,
    app_id: AppId,
    secret: ServerSecret,
    authority: Option<PathBuf>,
    connect: Duration,
    total: Duration,
    clock: Clock,
}

impl LicenseClientBuilder {
    /// Trust the authorities in this PEM file too, next to the system's.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.authority = Some(file.into());
        self
    }

    /// Time for the TCP connection. Default 5 s.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect = time;
        self
    }

    /// Time for a whole fetch. Default 15 s.
    pub fn total_timeout(mut self, time: Duration) -> Self {
        self.total = time;
        self
    }

    /// Where to take the time from. Default: the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`FetchError::BadEndpoint`] and [`FetchError::NoTrust`].
    pub fn build(self) -> Result<LicenseClient, FetchError> {
        let endpoint = Endpoint::parse(&self.endpoint)?;
        let tls = tls::client_config(endpoint.is_tls(), self.authority.as_deref())?;
        Ok(LicenseClient {
            transport: Transport::new(endpoint.server(), tls, self.connect),
            endpoint,
            app_id: self.app_id,
            secret: self.secret,
            total: self.total,
            clock: self.clock,
            random: aws_lc_rs::default_provider().secure_random,
            offset: AtomicI64::new(0),
        })
    }
}

fn is_expired(error: &FetchError) -> bool {
    error.return_code() == Some(ReturnCode::SignatureExpired)
}

fn clock_off(offset_secs: Option<i64>) -> FetchError {
    FetchError::ClockOff { offset_secs }
}
