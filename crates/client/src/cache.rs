//! The licence of one app, kept fresh: in memory, on disk, and never fetched twice at a time.
//!
//! Invariant: what is held was fetched whole, passed its checks, and is replaced only by what did too.
//! A failed refresh changes nothing but what is said of it. Whoever asks ([`LicenseCache::view`])
//! never waits.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tonegate_clock::{Clock, Reading};
use tonegate_protocol::AppId;

use crate::cached::{CachedLicense, LicenseState, StaleReason, View};
use crate::disk::{CacheDirectory, Kept};
use crate::issuer_time::IssuerTime;
use crate::{FetchError, LicenseClient, limits, schedule};

/// Keeps one app's licence fresh. A clone is the same cache.
///
/// Something must drive it: [`keep_fresh`](Self::keep_fresh) in a task of its own, or
/// [`attend`](Self::attend) again and again.
#[derive(Clone)]
pub struct LicenseCache(Arc<Inner>);

struct Inner {
    client: LicenseClient,
    disk: Option<CacheDirectory>,
    observer: Observer,
    /// Read by whoever asks, replaced by whoever holds the flight.
    held: ArcSwap<Held>,
    /// Held by the one fetch under way.
    flight: Arc<Mutex<()>>,
}

type Observer = Box<dyn Fn(&CacheEvent<'_>) + Send + Sync>;

/// What is known; replaced whole.
#[derive(Clone)]
struct Held {
    license: Option<Arc<CachedLicense>>,
    failures: u32,
    error: Option<Arc<FetchError>>,
    time: IssuerTime,
    /// Monotonic time of the next refresh.
    attempt_at: Duration,
}

/// Something that happened to a cache, for metrics and logs.
#[derive(Debug)]
pub enum CacheEvent<'a> {
    /// A licence was read from disk.
    Loaded(&'a CachedLicense),
    /// The file of the licence cannot be used; it is as if there were none.
    NotLoaded(&'a Path, &'a io::Error),
    /// A licence came.
    Refreshed(&'a CachedLicense),
    /// None came.
    RefreshFailed {
        /// Why.
        error: &'a FetchError,
        /// Which failure in a row it is, from 1.
        failures: u32,
        /// How long until the next try.
        retry_in: Duration,
        /// Was a request made? Otherwise the issuer's hosts are left alone at the moment.
        was_asked: bool,
    },
    /// The licence came, but could not be written to disk.
    NotWritten(&'a Path, &'a io::Error),
}

impl LicenseCache {
    /// A cache for the app of `client`.
    pub fn builder(client: LicenseClient) -> LicenseCacheBuilder {
        LicenseCacheBuilder { client, directory: None, observer: Box::new(|_| ()) }
    }

    /// Whose licence it keeps.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        self.0.client.app_id()
    }

    /// What it fetches with.
    #[must_use]
    pub fn client(&self) -> &LicenseClient {
        &self.0.client
    }

    /// What it holds now.
    #[must_use]
    pub fn view(&self) -> View {
        self.view_at(self.0.clock().read())
    }

    /// What it holds at a moment of its own clock.
    #[must_use]
    pub fn view_at(&self, reading: Reading) -> View {
        self.0.held.load().view(reading)
    }

    /// A licence to hand out: the one held, or, where there is none that is good, the one that a fetch
    /// brings. However many wait, one fetch is under way; right after a failure, nobody waits.
    ///
    /// # Errors
    /// Why none came.
    pub async fn license(&self) -> Result<View, Arc<FetchError>> {
        let view = self.view();
        if view.usable().is_some() {
            return Ok(view);
        }
        if let Some(error) = view.state.error().filter(|_| !view.refresh_in.is_zero()) {
            return Err(Arc::clone(error));
        }
        self.refresh().await?;
        Ok(self.view())
    }

    /// Fetches now, or waits for the fetch that is under way, also where that is at its last step, the
    /// writing to disk. Cancelling leaves the fetch to itself.
    ///
    /// # Errors
    /// Why no licence came; what was held is held on.
    pub async fn refresh(&self) -> Result<(), Arc<FetchError>> {
        match Arc::clone(&self.0.flight).try_lock_owned() {
            Ok(flight) => self.start(flight).await,
            Err(_) => drop(self.0.flight.lock().await),
        }
        self.0.held.load().error.clone().map_or(Ok(()), Err)
    }

    /// In a task, so that a caller who goes away takes the fetch from nobody.
    async fn start(&self, flight: OwnedMutexGuard<()>) {
        let inner = Arc::clone(&self.0);
        let fetch = tokio::spawn(async move { inner.fetch(flight).await });
        // A panic in there has released the flight, and the next one tries again.
        let _ = fetch.await;
    }

    /// Refreshes if it is time to; tells how long until the next time.
    pub async fn attend(&self) -> Duration {
        if self.view().refresh_in.is_zero() {
            // What went wrong is held, and was told to the observer.
            let _ = self.refresh().await;
        }
        self.view().refresh_in
    }

    /// Attends for ever.
    pub async fn keep_fresh(&self) -> std::convert::Infallible {
        loop {
            let wait = self.attend().await;
            // Not longer, so that a clock that was set is noticed.
            tokio::time::sleep(wait.min(limits::LOOK)).await;
        }
    }
}

impl Inner {
    fn clock(&self) -> &Clock {
        self.client.upstream().clock()
    }

    async fn fetch(&self, flight: OwnedMutexGuard<()>) {
        let fetched = self.client.fetch().await.map(CachedLicense::from);
        match fetched.and_then(|license| self.held.load().newer(license)) {
            Ok(license) => {
                let license = Arc::new(license);
                let held = Held::refreshed(Arc::clone(&license), self.clock().read());
                self.held.store(Arc::new(held));
                (self.observer)(&CacheEvent::Refreshed(&license));
                self.write(license).await;
            }
            Err(error) => self.failed(error),
        }
        drop(flight);
    }

    fn failed(&self, error: FetchError) {
        let before = self.held.load_full();
        let reading = self.clock().read();
        let left = before
            .license
            .as_ref()
            .map_or(i64::MAX, |license| license.expire_at.saturating_sub(before.time.now(reading)));
        let was_asked = error.was_asked();
        let failures = before.failures.saturating_add(u32::from(was_asked)).max(1);
        let retry_in = match &error {
            FetchError::LeftAlone { retry_after, .. } => schedule::spread(*retry_after),
            FetchError::Status { retry_after: Some(wanted), .. } => {
                schedule::after_failure(failures, left).max(*wanted)
            }
            _ => schedule::after_failure(failures, left),
        };
        // What the app's own request failed with says more than what another app's did.
        let error = match &before.error {
            Some(own) if !was_asked => Arc::clone(own),
            _ => Arc::new(error),
        };
        self.held.store(Arc::new(Held {
            failures,
            error: Some(Arc::clone(&error)),
            attempt_at: reading.monotonic + retry_in,
            ..Held::clone(&before)
        }));
        let event = CacheEvent::RefreshFailed { error: &error, failures, retry_in, was_asked };
        (self.observer)(&event);
    }

    /// Keeps the licence on disk too.
    async fn write(&self, license: Arc<CachedLicense>) {
        let Some(disk) = self.disk.clone() else { return };
        let app_id = self.client.app_id();
        let clock_offset = license.fetched_at.saturating_sub(self.clock().unix_seconds());
        let file = disk.file(app_id);
        let written = tokio::task::spawn_blocking(move || {
            let license = CachedLicense::clone(&license);
            disk.write(app_id, &Kept { license, clock_offset })
        });
        // A disk that hangs must not hold up the next refresh.
        let written = match tokio::time::timeout(limits::WRITE, written).await {
            Ok(written) => written.unwrap_or_else(|panic| Err(io::Error::other(panic))),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the disk does not answer")),
        };
        if let Err(error) = written {
            (self.observer)(&CacheEvent::NotWritten(&file, &error));
        }
    }

    /// Nobody can read whose an opaque licence is, but it is known where it came from.
    fn of_this_upstream(&self, kept: Option<Kept>) -> io::Result<Option<Kept>> {
        let is_foreign = |kept: &Kept| {
            let mut hosts = self.client.upstream().hosts();
            self.client.trust().is_none() && !hosts.any(|(host, _)| host == kept.license.server)
        };
        match kept {
            Some(kept) if is_foreign(&kept) => {
                let server = kept.license.server;
                Err(io::Error::other(format!("it came from {server}, which is not asked any more")))
            }
            kept => Ok(kept),
        }
    }

    /// Takes over what an earlier process has kept.
    fn load(&self) {
        let Some(disk) = &self.disk else { return };
        let reading = self.clock().read();
        let app_id = self.client.app_id();
        let wall = self.clock().unix_seconds();
        let kept = disk.read(app_id, self.client.trust(), wall);
        match kept.and_then(|kept| self.of_this_upstream(kept)) {
            Ok(None) => {}
            Ok(Some(kept)) => {
                (self.observer)(&CacheEvent::Loaded(&kept.license));
                self.held.store(Arc::new(Held::loaded(kept, reading)));
            }
            Err(error) => (self.observer)(&CacheEvent::NotLoaded(&disk.file(app_id), &error)),
        }
    }
}

impl Held {
    fn nothing(reading: Reading) -> Self {
        Self {
            license: None,
            failures: 0,
            error: None,
            time: IssuerTime::unknown(reading),
            attempt_at: reading.monotonic,
        }
    }

    /// The licence, unless the one held was issued after it and lasts longer. One that lasts longer than
    /// any licence is of a time when the issuer's clock was wrong, and gives way.
    fn newer(&self, license: CachedLicense) -> Result<CachedLicense, FetchError> {
        let is_older = self.license.as_ref().is_some_and(|held| {
            license.issued_at < held.issued_at
                && license.expire_at < held.expire_at
                && held.expire_at.saturating_sub(license.fetched_at) <= limits::LICENSE_SECS_MAX
        });
        match is_older {
            false => Ok(license),
            true => Err(FetchError::OlderLicense { server: license.server }),
        }
    }

    fn refreshed(license: Arc<CachedLicense>, reading: Reading) -> Self {
        let left = license.expire_at.saturating_sub(license.fetched_at);
        Self {
            time: IssuerTime::told(license.fetched_at, reading),
            license: Some(license),
            failures: 0,
            error: None,
            attempt_at: reading.monotonic + schedule::after_success(left),
        }
    }

    /// A refresh is due: who knows how long ago, and by which clock, this was written.
    fn loaded(kept: Kept, reading: Reading) -> Self {
        let Kept { license, clock_offset } = kept;
        let time = IssuerTime::remembered(clock_offset, license.fetched_at, reading);
        Self { license: Some(Arc::new(license)), time, ..Self::nothing(reading) }
    }

    fn view(&self, reading: Reading) -> View {
        let now = self.time.now(reading);
        let refresh_in = self.attempt_at.saturating_sub(reading.monotonic);
        // The issuer knows the time. After a failure the wait is as for any other.
        let is_doubtful = self.time.is_doubtful(reading);
        let asks_time = is_doubtful && self.error.is_none();
        let refresh_in = if asks_time { Duration::ZERO } else { refresh_in };
        let state = self.state(now, refresh_in, is_doubtful);
        View { license: self.license.clone(), state, now, refresh_in, failures: self.failures }
    }

    fn state(&self, now: i64, refresh_in: Duration, is_doubtful: bool) -> LicenseState {
        let left = self.license.as_ref().map_or(0, |license| license.expire_at - now);
        let error = self.error.clone();
        match error {
            why if left <= 0 => LicenseState::Expired { why },
            Some(error) => LicenseState::Stale { why: StaleReason::RefreshFailed(error) },
            None if is_doubtful => LicenseState::Stale { why: StaleReason::ClockMoved },
            None if left < limits::ENDS_SOON_SECS => {
                LicenseState::Stale { why: StaleReason::EndsSoon }
            }
            None if refresh_in.is_zero() => LicenseState::Due,
            None => LicenseState::Fresh,
        }
    }
}

impl fmt::Debug for LicenseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenseCache").field("client", &self.0.client).finish_non_exhaustive()
    }
}

/// What a [`LicenseCache`] is made of. Made by [`LicenseCache::builder`].
#[must_use]
pub struct LicenseCacheBuilder {
    client: LicenseClient,
    directory: Option<CacheDirectory>,
    observer: Observer,
}

impl LicenseCacheBuilder {
    /// Keep the licence in this directory too, in a file of the app's own. Default: in memory alone.
    pub fn directory(mut self, directory: &CacheDirectory) -> Self {
        self.directory = Some(directory.clone());
        self
    }

    /// Tell this what happens. It is called from the fetching task and must not block.
    pub fn observer(mut self, observer: impl Fn(&CacheEvent<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// The cache, with what an earlier process has kept. A file that cannot be used is no error: the
    /// observer is told.
    #[must_use]
    pub fn build(self) -> LicenseCache {
        let held = Held::nothing(self.client.upstream().clock().read());
        let inner = Inner {
            client: self.client,
            disk: self.directory,
            observer: self.observer,
            held: ArcSwap::from_pointee(held),
            flight: Arc::default(),
        };
        inner.load();
        LicenseCache(Arc::new(inner))
    }
}
