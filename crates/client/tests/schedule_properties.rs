//! Random schedules: time, failures, clocks, requests and restarts in any order. Whatever is handed out
//! is authentic and good for an hour or more, unless the cache says that it is stale and why; what is
//! good is never withheld; and memory and disk hold the same.
//!
//! True time is what the test has let pass. The issuer's clock is up to [`SKEW`] away from it; this
//! machine's is wherever it was set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tonegate_client::{CacheDirectory, CacheEvent, LicenseCache, LicenseState, StaleReason, View};
use tonegate_testing::Behaviour;

use crate::world::{DAY, HOUR, World, kept_in, text_of};

/// How far the issuer's clock may be from the true time, seconds.
const SKEW: i64 = 300;
/// How far a cache's time may be from the true one: the issuer's own error, and the 600 s that it lets
/// requests be off, which is all that is known where an answer has no `Date`; and rounding.
const TIME_ERROR: i64 = SKEW + 600 + 2;

#[derive(Debug, Clone)]
enum Step {
    /// Time passes, and nobody looks.
    Sleep(i64),
    /// Time passes, and the cache is driven.
    Live(i64),
    Good(usize),
    Bad(usize),
    Lifetime(u32),
    /// The issuer's clock is set.
    Skew(i64),
    /// This machine's clock is set.
    SetWall(i64),
    License,
    Refresh,
    Restart,
    Down,
    Up,
}

fn step() -> impl Strategy<Value = Step> {
    let time = || prop_oneof![1..120_i64, 120..2 * HOUR, 2 * HOUR..2 * DAY, 6 * DAY..8 * DAY];
    prop_oneof![
        2 => time().prop_map(Step::Sleep),
        4 => (1..3 * HOUR).prop_map(Step::Live),
        4 => (0..goods().len()).prop_map(Step::Good),
        2 => (0..bads().len()).prop_map(Step::Bad),
        2 => prop::sample::select(vec![3_600, 3_700, 5_400, 9_000, 86_400, 604_800, 1_209_600])
            .prop_map(Step::Lifetime),
        1 => (-SKEW..=SKEW).prop_map(Step::Skew),
        1 => (-6 * HOUR..=6 * HOUR).prop_map(Step::SetWall),
        4 => Just(Step::License),
        1 => Just(Step::Refresh),
        2 => Just(Step::Restart),
        1 => Just(Step::Down),
        3 => Just(Step::Up),
    ]
}

fn goods() -> [Behaviour; 3] {
    [Behaviour::Good, Behaviour::DateMissing, Behaviour::DateGarbage]
}

/// Without those that cost real time.
fn bads() -> Vec<Behaviour> {
    let kinds = Behaviour::bad_ones().into_iter().map(|(_, behaviour)| behaviour);
    kinds.filter(|kind| !matches!(kind, Behaviour::Hang | Behaviour::SlowLoris)).collect()
}

#[test]
fn what_is_handed_out_is_good_for_an_hour_unless_it_is_said_to_be_stale() {
    holds_for(64, World::ours);
}

/// Counted from the fetch: 7 days of true time, of which the last 10 minutes are not used.
#[test]
fn what_nobody_can_read_is_good_for_an_hour_unless_it_is_said_to_be_stale() {
    holds_for(32, World::opaque);
}

fn holds_for(cases: u32, world: impl AsyncFn() -> World) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let schedules = (any::<u64>(), vec(step(), 1..=60));
    let outcome = runner.run(&schedules, |(seed, steps)| {
        // What the cache draws, it draws on this thread.
        fastrand::seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { run(world().await, steps).await });
        Ok(())
    });
    outcome.unwrap();
}

async fn run(world: World, steps: Vec<Step>) {
    let mut model = Model::new(world);
    for step in steps {
        model.take(step).await;
        model.check();
    }
}

/// The world, and what is true in it.
struct Model {
    world: World,
    cache: LicenseCache,
    now: i64,
    issuer_off: i64,
    own_off: i64,
    refreshed: Arc<AtomicU32>,
    /// What the counter showed at the last look.
    seen: u32,
    /// What this machine's clock was off by when the file was written.
    own_off_in_file: i64,
    /// The true time then.
    fetched_at: i64,
    /// A process that starts has to believe the machine's clock; not so any other.
    knows_time: bool,
}

impl Model {
    fn new(world: World) -> Self {
        let refreshed = Arc::default();
        Self {
            cache: cache(&world, &refreshed),
            now: world.now(),
            world,
            issuer_off: 0,
            own_off: 0,
            refreshed,
            seen: 0,
            own_off_in_file: 0,
            fetched_at: 0,
            knows_time: true,
        }
    }

    async fn take(&mut self, step: Step) {
        let upstream = &self.world.upstream;
        match step {
            Step::Sleep(seconds) => self.pass(seconds),
            Step::Live(seconds) => return self.live(seconds).await,
            Step::Good(which) => upstream.set(goods()[which].clone()),
            Step::Bad(which) => upstream.set(bads()[which].clone()),
            Step::Lifetime(seconds) => upstream.set_lifetime(seconds),
            Step::Skew(seconds) => self.issuer_off = seconds,
            Step::SetWall(seconds) => {
                self.world.hand.step_wall(seconds);
                self.own_off += seconds;
            }
            Step::License => {
                if let Ok(view) = self.cache.license().await {
                    assert!(view.usable().is_some());
                }
            }
            Step::Refresh => _ = self.cache.refresh().await,
            Step::Restart => {
                self.cache = cache(&self.world, &self.refreshed);
                self.knows_time = self.own_off == self.own_off_in_file;
            }
            Step::Down => upstream.down().await,
            Step::Up => upstream.up().await,
        }
        self.world.upstream.set_skew(self.issuer_off - self.own_off);
        self.notice_success();
    }

    fn pass(&mut self, seconds: i64) {
        self.world.advance(seconds);
        self.now += seconds;
    }

    /// As a process does whose loop runs.
    async fn live(&mut self, seconds: i64) {
        let end = self.now + seconds;
        while self.now < end {
            let wait = self.cache.attend().await.as_secs();
            self.notice_success();
            self.check();
            let wait = i64::try_from(wait).unwrap().clamp(1, 900);
            self.pass(wait.min(end - self.now));
            self.check();
        }
    }

    fn notice_success(&mut self) {
        let refreshed = self.refreshed.load(Ordering::Relaxed);
        if refreshed != self.seen {
            self.seen = refreshed;
            self.own_off_in_file = self.own_off;
            self.fetched_at = self.now;
            self.knows_time = true;
        }
    }

    fn check(&self) {
        let view = self.cache.view();
        let Some(license) = &view.license else {
            // A file of the future is left alone: this machine's clock is far behind.
            let has_file = self.world.file().exists();
            return assert!(!has_file || self.world.opaque && !self.knows_time, "it is forgotten");
        };
        assert_eq!(text_of(&view), kept_in(&self.world.file()), "memory and disk");
        // Not what the cache says of it, but what an app would find.
        if !self.world.opaque {
            is_as_it_says(&view, self.world.end_of(license) - view.now, 0);
        } else if self.knows_time {
            is_as_it_says(&view, self.fetched_at + 7 * DAY - self.now, 600);
        }
        if self.knows_time {
            let error = view.now - self.now;
            assert!(error.abs() <= TIME_ERROR, "its time is off by {error} s");
        }
    }
}

/// `left`: seconds that the licence is good, of which so many are not to be used.
fn is_as_it_says(view: &View, left: i64, unused: i64) {
    // Where time is known from a process before this one, it is known to the second.
    let left = left - unused;
    let rounding = if unused > 0 { 2 } else { 0 };
    let says_why = match &view.state {
        LicenseState::Stale { why: StaleReason::RefreshFailed(_) } => view.failures > 0,
        LicenseState::Stale { why: StaleReason::EndsSoon | StaleReason::ClockMoved } => true,
        LicenseState::Fresh | LicenseState::Due | LicenseState::Expired { .. } => false,
    };
    match view.usable() {
        Some(_) if says_why => assert!(left > -rounding, "handed out {} s after its end", -left),
        Some(_) => assert!(left >= HOUR - rounding, "{left} s left, and {:?}", view.state),
        None => assert!(left <= rounding, "withheld with {left} s left"),
    }
}

fn cache(world: &World, refreshed: &Arc<AtomicU32>) -> LicenseCache {
    let refreshed = Arc::clone(refreshed);
    let opaque = world.opaque;
    let observer = move |event: &CacheEvent<'_>| match event {
        CacheEvent::Refreshed(_) => _ = refreshed.fetch_add(1, Ordering::Relaxed),
        CacheEvent::NotLoaded(..) if opaque => {}
        CacheEvent::NotLoaded(..) | CacheEvent::NotWritten(..) => panic!("{event:?}"),
        CacheEvent::Loaded(_) | CacheEvent::RefreshFailed { .. } => {}
    };
    let directory = CacheDirectory::open(world.directory.path()).unwrap();
    LicenseCache::builder(world.client()).directory(&directory).observer(observer).build()
}
