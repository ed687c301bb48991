//! The client: sign, send, read, verify; once again with the issuer's time when the clock was off, and
//! at the issuer's next host when one fails.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{DATE, HeaderMap, RETRY_AFTER};
use rustls::crypto::{SecureRandom, aws_lc_rs};
use tonegate_protocol::limits::ANSWER_BYTES_MAX;
use tonegate_protocol::{AppId, ReturnCode, ServerSecret, signed_query};

use crate::answer::{self, Granted};
use crate::http::HttpAnswer;
use crate::trust::{Trust, Verified};
use crate::upstream::{Host, Upstream};
use crate::{FetchError, limits};

/// Fetches the licences of one app from one issuer.
pub struct LicenseClient {
    upstream: Upstream,
    app_id: AppId,
    /// Replaced when it was rotated.
    secret: ArcSwap<ServerSecret>,
    trust: Option<Trust>,
    random: &'static dyn SecureRandom,
}

/// A licence as it came from the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedLicense {
    /// The licence text, untouched.
    pub license: String,
    /// Names the answer in the issuer's records; older services send none.
    pub request_id: Option<String>,
    /// Host and port that answered.
    pub server: String,
    /// When the answer was here: Unix seconds by this machine's clock.
    pub fetched_at: i64,
    /// What the issuer's `Date` said then, Unix seconds, where it is believable (within ±24 h of our
    /// clock).
    pub server_time: Option<i64>,
    /// The issuer's time less this machine's, seconds, as far as requests need it; 0 while no
    /// correction was needed.
    pub clock_offset_secs: i64,
    /// When it was issued and ends; `None`: the client has no [`Trust`] to read it with.
    pub verified: Option<Verified>,
}

impl FetchedLicense {
    /// The issuer's time when the answer was here, as well as it is known.
    #[must_use]
    pub fn issuer_time(&self) -> i64 {
        self.server_time.unwrap_or(self.fetched_at.saturating_add(self.clock_offset_secs))
    }
}

impl LicenseClient {
    /// A client for one app. What it fetches is not verified: see [`trusting`](Self::trusting).
    #[must_use]
    pub fn new(upstream: Upstream, app_id: AppId, secret: ServerSecret) -> Self {
        let random = aws_lc_rs::default_provider().secure_random;
        let secret = ArcSwap::from_pointee(secret);
        Self { upstream, app_id, secret, trust: None, random }
    }

    /// Takes only licences that pass `trust`. For issuers of ours; the original service's licences
    /// cannot be read.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust: Some(trust), ..self }
    }

    /// Whose licences it fetches.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        self.app_id
    }

    /// Where from.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// What licences must pass.
    #[must_use]
    pub fn trust(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// Signs with this secret from the next request on: the old one was rotated. `true`: it is another.
    pub fn set_secret(&self, secret: ServerSecret) -> bool {
        let secret = Arc::new(secret);
        self.secret.swap(Arc::clone(&secret)).expose() != secret.expose()
    }

    /// Fetches a licence, from the first host that gives one. After 100000004 it takes the issuer's
    /// time from the answer, keeps the difference for later fetches too, and repeats the request
    /// once, signed anew.
    ///
    /// # Errors
    /// See [`FetchError`]; of several hosts, what the first one failed with. Cancelling is safe; the
    /// signature may then be used up.
    pub async fn fetch(&self) -> Result<FetchedLicense, FetchError> {
        let mut first = None;
        for host in self.upstream.addresses() {
            match self.fetch_from(host).await {
                Err(error) if error.is_worth_another_host() => {
                    // What a request failed with says more than that none was made.
                    if !first.as_ref().is_some_and(FetchError::was_asked) {
                        first = Some(error);
                    }
                }
                outcome => return outcome,
            }
        }
        Err(first.unwrap_or(FetchError::BadEndpoint { why: "there is none" }))
    }

    /// Asks one host, unless it is left alone, and keeps in mind how that went.
    async fn fetch_from(&self, host: &Host) -> Result<FetchedLicense, FetchError> {
        let clock = self.upstream.clock();
        // Who is not let through takes no turn.
        self.upstream.pace().turn(|| host.breaker.admit(clock.monotonic())).await?;
        let fetched = self.ask_twice(host).await;
        match &fetched {
            Err(error) if error.is_of_host() => {
                host.breaker.failed(error.clone(), clock.monotonic());
            }
            _ => host.breaker.succeeded(),
        }
        fetched
    }

    async fn ask_twice(&self, host: &Host) -> Result<FetchedLicense, FetchError> {
        let offset = self.upstream.clock_offset_secs();
        let (date, outcome) = self.ask(host, offset).await?;
        match outcome {
            Err(error) if is_expired(&error) => {}
            outcome => return self.fetched(host, outcome?, offset, date),
        }
        let offset = self.offset_by(date)?;
        self.upstream.pace().turn(|| Ok(())).await?;
        let (date, outcome) = self.ask(host, offset).await?;
        match outcome {
            Err(error) if is_expired(&error) => Err(clock_off(Some(offset))),
            Err(error) => Err(error),
            Ok(granted) => {
                self.upstream.learn(offset);
                self.fetched(host, granted, offset, date)
            }
        }
    }

    /// One request signed for our time plus `offset`: the server's time and what it said.
    async fn ask(
        &self,
        host: &Host,
        offset: i64,
    ) -> Result<(Option<i64>, Result<Granted, FetchError>), FetchError> {
        let secret = self.secret.load_full();
        let timestamp = self.now().saturating_add(offset);
        let query = signed_query(self.app_id, &self.nonce()?, &secret, timestamp);
        let bad = FetchError::BadEndpoint { why: "it makes no URL" };
        let mut request = Request::new(Full::<Bytes>::default());
        *request.uri_mut() = host.endpoint.with_query(&query).ok_or(bad)?;
        let answer = self.upstream.http().send(request, ANSWER_BYTES_MAX).await?;
        let HttpAnswer { status, headers, body } = answer;
        if status != 200 {
            return Err(wrong_status(&host.server, status, &headers));
        }
        let signature = query.rsplit('=').next().unwrap_or(&query);
        let hidden = [secret.expose(), signature];
        Ok((date_of(&headers), answer::read(&body, &host.server, hidden)))
    }

    /// The offset that the server's time asks for, when it tells one and it is believable.
    fn offset_by(&self, date: Option<i64>) -> Result<i64, FetchError> {
        let offset = date.map(|date| date.saturating_sub(self.now()));
        offset.filter(|offset| is_believable(*offset)).ok_or(clock_off(offset))
    }

    /// 16 hex characters, never the same twice.
    fn nonce(&self) -> Result<String, FetchError> {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes).map_err(|_| FetchError::NoRandomness)?;
        Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
    }

    fn fetched(
        &self,
        host: &Host,
        granted: Granted,
        clock_offset_secs: i64,
        date: Option<i64>,
    ) -> Result<FetchedLicense, FetchError> {
        let Granted { license, request_id } = granted;
        let (server, fetched_at) = (host.server.clone(), self.now());
        let server_time = date.filter(|date| is_believable(date.saturating_sub(fetched_at)));
        let verified = None;
        let mut fetched = FetchedLicense {
            license,
            request_id,
            server,
            fetched_at,
            server_time,
            clock_offset_secs,
            verified,
        };
        if let Some(trust) = &self.trust {
            let verified = trust.verify(&fetched.license, self.app_id, fetched.issuer_time());
            let bad = |reason| FetchError::BadLicense { server: fetched.server.clone(), reason };
            fetched.verified = Some(verified.map_err(bad)?);
        }
        Ok(fetched)
    }

    fn now(&self) -> i64 {
        self.upstream.clock().unix_seconds()
    }
}

/// Shows whom it asks and for which app; never the secret.
impl fmt::Debug for LicenseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenseClient")
            .field("upstream", &self.upstream)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// The `Date` header in Unix seconds.
fn date_of(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(date).ok()?;
    i64::try_from(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok()
}

fn is_believable(offset: i64) -> bool {
    offset.unsigned_abs() <= limits::OFFSET_MAX.unsigned_abs()
}

fn is_expired(error: &FetchError) -> bool {
    error.return_code() == Some(ReturnCode::SignatureExpired)
}

fn clock_off(offset_secs: Option<i64>) -> FetchError {
    FetchError::ClockOff { offset_secs }
}

fn wrong_status(server: &str, status: u16, headers: &HeaderMap) -> FetchError {
    let cure = match status {
        300..=399 => "give the address that it points to as the endpoint",
        429 | 500..=599 => "it is overloaded or out of order: fetch again later",
        _ => "check that the endpoint is the issuer's",
    };
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let retry_after = seconds.map(|seconds| Duration::from_secs(seconds).min(limits::BACKOFF[1]));
    FetchError::Status { server: server.to_owned(), status, cure, retry_after }
}
