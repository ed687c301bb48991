//! Random lives of a relay: whatever it hands out is good for an hour, or says that it is stale and
//! why; and it never sends anybody away while it could help.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tonegate_clock::ClockHand;
use tonegate_license::{Environment, Expect, State, Time, verify};
use tonegate_testing::{Behaviour, ISSUER};

use crate::support::world::{manual, pass};
use crate::support::{APP, Answer, DAY, HOUR, TestRelay, World};

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes, and the relay's keepers look as they do.
    Live(i64),
    /// Time passes, and nobody looks: the machine sleeps.
    Sleep(i64),
    Upstream(Upstream),
    Restart,
    /// A caller asks; with the ETag that was handed out so many answers ago.
    Ask(Option<usize>),
}

#[derive(Debug, Clone)]
enum Upstream {
    Away,
    Does(Behaviour),
    /// Good, with licences of this lifetime.
    Lifetime(u32),
}

/// A relay, and what callers know of it.
struct Life {
    world: World,
    hand: ClockHand,
    key: String,
    relay: Option<TestRelay>,
    /// By ETag: the licence that came with it, and whether it was said to be stale.
    known: HashMap<String, (String, bool)>,
    etags: Vec<String>,
}

/// How often something was seen, so that nothing is proved of nothing.
#[derive(Debug, Default)]
struct Seen {
    fresh: AtomicUsize,
    stale: AtomicUsize,
    ends_soon: AtomicUsize,
    not_modified: AtomicUsize,
    none: AtomicUsize,
}

#[test]
fn whatever_is_handed_out_is_good_for_an_hour_or_said_to_be_stale() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let seen = Seen::default();
    let config = ProptestConfig { cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() };
    let lives = prop::collection::vec(step(), 5..40);
    let outcome = TestRunner::new(config).run(&lives, |steps| {
        runtime.block_on(live(steps, &seen));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let Seen { fresh, stale, ends_soon, not_modified, none } = &seen;
    for count in [fresh, stale, ends_soon, not_modified, none] {
        assert!(count.load(Ordering::Relaxed) > 0, "{seen:?}");
    }
}

fn step() -> impl Strategy<Value = Step> {
    let short = prop_oneof![1..HOUR, HOUR..2 * HOUR];
    let times = prop_oneof![short.clone(), 2 * HOUR..DAY, DAY..8 * DAY];
    prop_oneof![
        3 => times.prop_map(Step::Live),
        2 => short.prop_map(Step::Sleep),
        3 => upstream().prop_map(Step::Upstream),
        1 => Just(Step::Restart),
        6 => prop::option::of(0..3_usize).prop_map(Step::Ask),
    ]
}

fn upstream() -> impl Strategy<Value = Upstream> {
    let bad = [
        Behaviour::Status(503),
        Behaviour::CloseAtOnce,
        Behaviour::NotJson,
        Behaviour::RateLimited,
        Behaviour::Forged,
        Behaviour::ExpiredLicense,
        Behaviour::ExpiredChain,
        Behaviour::WrongApp,
    ];
    prop_oneof![
        2 => Just(Upstream::Away),
        3 => prop::sample::select(bad.to_vec()).prop_map(Upstream::Does),
        4 => prop::sample::select(vec![3_600, 3_600, 7_200, 604_800, 1_209_600])
            .prop_map(Upstream::Lifetime),
    ]
}

async fn live(steps: Vec<Step>, seen: &Seen) {
    let (world, hand) = manual().await;
    let key = world.key(&[]).text;
    let (known, etags) = (HashMap::new(), Vec::new());
    let mut life = Life { world, hand, key, relay: None, known, etags };
    life.start().await;
    for step in steps {
        life.step(step, seen).await;
    }
    // One more look at each state that a life ends in.
    life.ask(None, seen).await;
    life.ask(Some(0), seen).await;
}

impl Life {
    async fn start(&mut self) {
        let relay = self.world.empty_relay(|_| ()).await;
        relay.attend().await;
        self.relay = Some(relay);
    }

    fn relay(&self) -> &TestRelay {
        self.relay.as_ref().unwrap()
    }

    async fn step(&mut self, step: Step, seen: &Seen) {
        match step {
            Step::Live(seconds) => {
                let mut left = seconds;
                while left > 0 {
                    // At most so many looks a life, whatever the pauses.
                    let by = (seconds / 30).max(1_800).min(left);
                    pass(&self.hand, by);
                    self.relay().attend().await;
                    left -= by;
                }
            }
            Step::Sleep(seconds) => {
                pass(&self.hand, seconds);
                self.ask(None, seen).await;
            }
            Step::Upstream(upstream) => self.change(upstream).await,
            Step::Restart => {
                assert!(self.relay.take().unwrap().stop().await, "nothing has broken");
                self.start().await;
            }
            Step::Ask(with) => self.ask(with, seen).await,
        }
    }

    async fn change(&self, upstream: Upstream) {
        match upstream {
            Upstream::Away => return self.world.upstream.down().await,
            Upstream::Does(behaviour) => self.world.upstream.set(behaviour),
            Upstream::Lifetime(seconds) => {
                self.world.upstream.set(Behaviour::Good);
                self.world.upstream.set_lifetime(seconds);
            }
        }
        self.world.upstream.up().await;
    }

    async fn ask(&mut self, with: Option<usize>, seen: &Seen) {
        let etag = with.and_then(|ago| self.etags.iter().rev().nth(ago)).cloned();
        let header = etag.iter().map(|etag| format!("If-None-Match: {etag}\r\n"));
        let header: String = header.collect();
        let answer = self.relay().get_with("/v1/license", &self.key, &header).await;
        let count = match answer.status {
            200 => self.take(&answer, seen),
            304 => {
                assert_eq!(Some(answer.etag()), etag, "only what the caller has");
                let (license, is_stale) = &self.known[&answer.etag()];
                self.assert_good(license, *is_stale);
                &seen.not_modified
            }
            _ => {
                answer.assert_problem(503, "no_license");
                let last = self.world.upstream.last_license(APP);
                let ends = last.and_then(|license| self.valid_until(&license));
                assert!(ends.is_none_or(|ends| ends <= self.world.now()), "sent away: {answer:?}");
                &seen.none
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes over what was handed out.
    fn take<'s>(&mut self, answer: &Answer, seen: &'s Seen) -> &'s AtomicUsize {
        let (license, source) = (answer.license(), answer.text("Source"));
        let is_stale = source == "stale";
        assert_eq!(answer.json().get("StaleBecause").is_some(), is_stale, "{answer:?}");
        assert!(is_stale || source == "fresh" || source == "cached");
        self.assert_good(&license, is_stale);
        assert_eq!(answer.number("ServerTime"), self.world.now());
        assert_eq!(Some(answer.number("ExpireAt")), self.valid_until(&license));
        assert!(answer.number("RefreshAfter") <= answer.number("ExpireAt"));
        let before = self.known.insert(answer.etag(), (license.clone(), is_stale));
        let same = before.is_none_or(|before| before == (license, is_stale));
        assert!(same, "one ETag, two answers");
        self.etags.push(answer.etag());
        match answer.json()["StaleBecause"].as_str() {
            None => &seen.fresh,
            Some("ends_soon") => &seen.ends_soon,
            Some(_) => &seen.stale,
        }
    }

    fn assert_good(&self, license: &str, is_stale: bool) {
        let left = self.valid_until(license).expect("authentic") - self.world.now();
        let least = if is_stale { 1 } else { HOUR };
        assert!(left >= least, "{left} s left, stale: {is_stale}");
    }

    /// Until when an app's verifier takes this licence; `None`: it does not.
    fn valid_until(&self, license: &str) -> Option<i64> {
        let expect = Expect {
            issuer: ISSUER,
            environment: Environment::Production,
            app_id: Some(APP),
            identity: None,
        };
        let time = Time { wall: self.world.now(), elapsed: 0 };
        let pins = self.world.upstream.authority().pins();
        let (verdict, _) = verify(license, pins, expect, time, State::new(7));
        verdict.validity.map(|validity| validity.valid_until)
    }
}
