//! A backend in a world of its own: an upstream that fails on command, a clock turned by hand, and a
//! directory that outlives the process.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tonegate_client::{
    AppId, CacheDirectory, CachedLicense, Environment, LicenseCache, LicenseClient, LicenseState,
    ServerSecret, Trust, Upstream, View,
};
use tonegate_clock::{Clock, ClockHand};
use tonegate_license::{Expect, State, Time, verify};
use tonegate_testing::{ISSUER, SECRET, Upstream as Double};

pub(crate) const APP: u32 = 12345;
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;
/// Longest backoff, and what the breaker may add to it: a host that came back is asked by then.
pub(crate) const BACK_WITHIN: i64 = 300 + 60;
/// The longest time between two refreshes that succeed.
pub(crate) const REFRESH_MAX: i64 = 2 * HOUR + HOUR / 2;
/// Time for an answer: long on loopback, short for those that never come.
const TOTAL: Duration = Duration::from_millis(250);

pub(crate) struct World {
    pub(crate) upstream: Double,
    pub(crate) clock: Clock,
    pub(crate) hand: ClockHand,
    pub(crate) directory: TempDir,
    pub(crate) opaque: bool,
    /// What this machine's clock shows too much.
    off: Cell<i64>,
    /// The ends of licences that an app's verifier has accepted.
    ends: RefCell<HashMap<String, i64>>,
}

impl World {
    /// With an issuer of ours, whose licences are verified before they are kept.
    pub(crate) async fn ours() -> Self {
        Self::of(false).await
    }

    /// With an upstream whose licences nobody can read.
    pub(crate) async fn opaque() -> Self {
        Self::of(true).await
    }

    async fn of(opaque: bool) -> Self {
        let (clock, hand) = Clock::manual(crate::support::NOW);
        let upstream = match opaque {
            true => Double::start_opaque(clock.clone()).await,
            false => Double::start(clock.clone()).await,
        };
        let directory = tempfile::tempdir().unwrap();
        Self {
            upstream,
            clock,
            hand,
            directory,
            opaque,
            off: Cell::new(0),
            ends: Default::default(),
        }
    }

    pub(crate) fn client(&self) -> LicenseClient {
        let upstream = Upstream::builder(self.upstream.endpoint())
            .requests_per_second(10_000)
            .total_timeout(TOTAL)
            .clock(self.clock.clone());
        client_of(upstream.build().unwrap(), APP, self.trust())
    }

    fn trust(&self) -> Option<Trust> {
        let trust = Trust {
            pins: self.upstream.authority().pins(),
            issuer: ISSUER.to_owned(),
            environment: Environment::Production,
            features: vec!["ans".to_owned()],
        };
        (!self.opaque).then_some(trust)
    }

    /// The cache of a process that starts now, on the directory of those before.
    pub(crate) fn cache(&self) -> LicenseCache {
        self.cache_in(self.directory.path())
    }

    pub(crate) fn cache_in(&self, directory: &Path) -> LicenseCache {
        LicenseCache::builder(self.client())
            .directory(&CacheDirectory::open(directory).unwrap())
            .build()
    }

    /// A cache that has a licence.
    pub(crate) async fn fresh_cache(&self) -> LicenseCache {
        let cache = self.cache();
        cache.attend().await;
        assert_eq!(cache.view().state, LicenseState::Fresh);
        cache
    }

    pub(crate) fn file(&self) -> PathBuf {
        file_in(self.directory.path())
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.hand.advance(Duration::from_secs(seconds.unsigned_abs()));
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }

    /// Sets this machine's clock and leaves the issuer's as it is.
    pub(crate) fn step_own_wall(&self, seconds: i64) {
        self.hand.step_wall(seconds);
        self.off.set(self.off.get() + seconds);
        self.upstream.set_skew(-self.off.get());
    }

    /// Lets time pass as a backend sees it: the cache is driven, and `look` asks at least every
    /// minute, with the seconds passed.
    pub(crate) async fn live(
        &self,
        cache: &LicenseCache,
        seconds: i64,
        mut look: impl FnMut(i64, &View),
    ) {
        let mut passed = 0;
        while passed < seconds {
            let wait = i64::try_from(cache.attend().await.as_secs()).unwrap();
            look(passed, &cache.view());
            let step = wait.clamp(1, 60).min(seconds - passed);
            self.advance(step);
            passed += step;
            look(passed, &cache.view());
        }
    }

    /// What an app on a device finds in a licence: it is authentic and its own, and ends then.
    pub(crate) fn end_of(&self, license: &CachedLicense) -> i64 {
        let known = self.ends.borrow().get(&license.license).copied();
        known.unwrap_or_else(|| {
            let end = self.verified_end_of(license);
            self.ends.borrow_mut().insert(license.license.clone(), end);
            end
        })
    }

    fn verified_end_of(&self, license: &CachedLicense) -> i64 {
        let expect = Expect {
            issuer: ISSUER,
            environment: Environment::Production,
            app_id: Some(APP),
            identity: None,
        };
        let time = Time { wall: license.fetched_at, elapsed: 0 };
        let pins = self.upstream.authority().pins();
        let (verdict, _) = verify(&license.license, pins, expect, time, State::new(7));
        let validity = verdict.validity.filter(|_| verdict.is_valid());
        validity.unwrap_or_else(|| panic!("handed out: {:?}", verdict.reason)).valid_until
    }

    /// Whoever gets this licence now can use it.
    pub(crate) fn assert_good(&self, license: &CachedLicense) {
        let now = self.now();
        assert!(license.expire_at > now, "{} s too late", now - license.expire_at);
        if !self.opaque {
            let end = self.end_of(license);
            assert!(end > now, "handed out {} s after its end", now - end);
        }
    }
}

pub(crate) fn client_of(upstream: Upstream, app_id: u32, trust: Option<Trust>) -> LicenseClient {
    let secret = ServerSecret::new(SECRET).unwrap();
    let client = LicenseClient::new(upstream, AppId(app_id), secret);
    match trust {
        Some(trust) => client.trusting(trust),
        None => client,
    }
}

pub(crate) fn file_in(directory: &Path) -> PathBuf {
    directory.join(format!("{APP}.json"))
}

/// The licence in a cache file.
pub(crate) fn kept_in(file: &Path) -> Option<String> {
    let text = std::fs::read(file).ok()?;
    let record: serde_json::Value = serde_json::from_slice(&text).unwrap();
    Some(record["license"].as_str().unwrap().to_owned())
}

pub(crate) fn text_of(view: &View) -> Option<String> {
    view.license.as_ref().map(|license: &Arc<CachedLicense>| license.license.clone())
}
