//! Gateway time: an anchor plus the monotonic clock (docs/PROTOCOL.md §5, Gateway time).
//!
//! Invariant: between two ticks gateway time runs with the monotonic clock, within one part in
//! twenty, whatever happens to the wall; the one exception is a re-anchoring, and that is announced.
//! [`Anchor::step`] decides and is pure; [`GatewayTime`] reads the clock and publishes the decision.
//! It leaves keeping the guard's tables to the replay guard, and the mint to whoever asks
//! [`GatewayTime::may_mint`].

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Clock, Reading};
use crate::limits::HOLD_SECS;

/// How long a re-anchoring has effect.
pub const HOLD: Duration = Duration::from_secs(HOLD_SECS.unsigned_abs());

/// A wall this far from gateway time, in nanoseconds, is a step; anything less is drift.
const TOLERANCE: i64 = 2 * NANOS;
/// The wall must disagree steadily for so long before the gateway believes it.
const STEADY: Duration = Duration::from_secs(60);
/// Drift is absorbed at one part in so many of the time that passes: 2 s take 40 s.
const SLEW: i64 = 20;
const NANOS: i64 = 1_000_000_000;
/// Stands for "nothing is refused" in the published atomic.
const NO_REFUSAL: i64 = i64::MIN;

/// What the gateway thinks of the machine's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    /// Wall and gateway time agree.
    Steady,
    /// The wall stepped; gateway time goes on without it.
    Suspect {
        /// Gateway time when it was noticed, Unix seconds.
        since: i64,
        /// How far the wall is ahead (negative: behind), in seconds.
        offset_secs: i64,
    },
}

/// What a tick changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockEvent {
    /// The wall stepped by this many seconds: no new mint from now on.
    Suspected {
        /// How far the wall is ahead (negative: behind), in seconds.
        offset_secs: i64,
    },
    /// The wall came back: all is as before.
    Recovered,
    /// Gateway time moved to the wall; Timestamps before `refuse_before` are refused for a while.
    Reanchored {
        /// By how much gateway time moved, in seconds.
        offset_secs: i64,
        /// The moment of re-anchoring, Unix seconds in the new time.
        refuse_before: i64,
    },
}

/// What all checks of one request are made at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Gateway time, Unix seconds.
    pub now: i64,
    /// Time since the clock was made, for rates.
    pub monotonic: Duration,
}

/// The gateway's time. Reading is lock-free; [`tick`](Self::tick) belongs to one caller.
#[derive(Debug)]
pub struct GatewayTime {
    clock: Clock,
    /// Owned by `tick`; the three atomics below publish what it decided.
    anchor: Mutex<Anchor>,
    offset: AtomicI64,
    refuse_before: AtomicI64,
    may_mint: AtomicBool,
}

impl GatewayTime {
    /// Anchors to the wall as it stands now.
    pub fn new(clock: Clock) -> Self {
        let anchor = Anchor::new(clock.read());
        Self {
            offset: AtomicI64::new(anchor.offset),
            refuse_before: AtomicI64::new(NO_REFUSAL),
            may_mint: AtomicBool::new(true),
            anchor: Mutex::new(anchor),
            clock,
        }
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.moment().now
    }

    /// Gateway time and monotonic time, with one look at the clock.
    pub fn moment(&self) -> Moment {
        let monotonic = self.clock.monotonic();
        let offset = self.offset.load(Ordering::Acquire);
        let now = offset.saturating_add(nanos(monotonic)).div_euclid(NANOS);
        Moment { now, monotonic }
    }

    /// Time since the clock was made, for rates and timeouts.
    pub fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Compares wall and gateway time; to be called every 250 ms. Logs what it finds.
    pub fn tick(&self) -> Option<ClockEvent> {
        let mut anchor = self.anchor();
        let event = anchor.step(self.clock.read());
        // The refusal is published before the time it belongs to.
        self.refuse_before.store(anchor.refuse_before.unwrap_or(NO_REFUSAL), Ordering::Release);
        self.may_mint.store(anchor.suspicion.is_none(), Ordering::Release);
        self.offset.store(anchor.offset, Ordering::Release);
        if let Some(event) = event {
            log(event);
        }
        event
    }

    /// Whether the wall is believed.
    pub fn state(&self) -> ClockState {
        let anchor = self.anchor();
        anchor.suspicion.map_or(ClockState::Steady, |suspicion| ClockState::Suspect {
            since: suspicion.since,
            offset_secs: (suspicion.offset - anchor.offset) / NANOS,
        })
    }

    /// `false` while the clock is suspect: held licences only.
    pub fn may_mint(&self) -> bool {
        self.may_mint.load(Ordering::Acquire)
    }

    /// For 1,260 s after a re-anchoring its moment, Unix seconds: older Timestamps are refused.
    pub fn refuse_before(&self) -> Option<i64> {
        Some(self.refuse_before.load(Ordering::Acquire)).filter(|&moment| moment != NO_REFUSAL)
    }

    /// Whether the re-anchoring rule lets this Timestamp pass; `false`: code 100000004. The window
    /// of 600 s is checked elsewhere.
    pub fn accepts(&self, timestamp: i64) -> bool {
        timestamp >= self.refuse_before.load(Ordering::Acquire)
    }

    /// Whether the replay guard must keep every table it has: for 1,260 s after start or a
    /// re-anchoring, while a wrong gateway time could still come back.
    pub fn holds_tables(&self) -> bool {
        self.clock.monotonic() < self.anchor().hold_until
    }

    /// How often gateway time moved to the wall since start; a metric.
    pub fn reanchored_count(&self) -> u64 {
        self.anchor().reanchored
    }

    fn anchor(&self) -> MutexGuard<'_, Anchor> {
        self.anchor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gateway time and the case against the wall. Offsets are wall minus monotonic time, nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Anchor {
    offset: i64,
    ticked: Duration,
    suspicion: Option<Suspicion>,
    hold_until: Duration,
    refuse_before: Option<i64>,
    reanchored: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Suspicion {
    since: i64,
    /// The wall's offset when it last began to be steady.
    offset: i64,
    steady_since: Duration,
}

impl Anchor {
    fn new(seen: Reading) -> Self {
        Self {
            offset: offset_of(seen),
            ticked: seen.monotonic,
            suspicion: None,
            hold_until: seen.monotonic + HOLD,
            refuse_before: None,
            reanchored: 0,
        }
    }

    fn step(&mut self, seen: Reading) -> Option<ClockEvent> {
        let elapsed = seen.monotonic.saturating_sub(self.ticked);
        self.ticked = seen.monotonic;
        if seen.monotonic >= self.hold_until {
            self.refuse_before = None;
        }
        let gap = offset_of(seen).saturating_sub(self.offset);
        if gap.saturating_abs() > TOLERANCE {
            return self.suspect(seen, gap / NANOS);
        }
        let most = nanos(elapsed) / SLEW;
        self.offset += gap.clamp(-most, most);
        self.suspicion.take().map(|_| ClockEvent::Recovered)
    }

    fn suspect(&mut self, seen: Reading, offset_secs: i64) -> Option<ClockEvent> {
        let offset = offset_of(seen);
        let earlier = self.suspicion;
        let steady =
            earlier.filter(|s| offset.saturating_sub(s.offset).saturating_abs() <= TOLERANCE);
        if steady.is_some_and(|s| seen.monotonic.saturating_sub(s.steady_since) >= STEADY) {
            return Some(self.reanchor(seen, offset_secs));
        }
        let now = self.offset.saturating_add(nanos(seen.monotonic)).div_euclid(NANOS);
        self.suspicion = steady.or(Some(Suspicion {
            since: earlier.map_or(now, |s| s.since),
            offset,
            steady_since: seen.monotonic,
        }));
        earlier.is_none().then_some(ClockEvent::Suspected { offset_secs })
    }

    fn reanchor(&mut self, seen: Reading, offset_secs: i64) -> ClockEvent {
        let moment = nanos(seen.wall).div_euclid(NANOS);
        *self = Self {
            refuse_before: Some(moment),
            reanchored: self.reanchored + 1,
            ..Self::new(seen)
        };
        ClockEvent::Reanchored { offset_secs, refuse_before: moment }
    }
}

fn offset_of(seen: Reading) -> i64 {
    nanos(seen.wall).saturating_sub(nanos(seen.monotonic))
}

/// Saturates in the year 2262.
fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

fn log(event: ClockEvent) {
    match event {
        ClockEvent::Suspected { offset_secs } => {
            tracing::error!(offset_secs, "wall clock stepped: nothing new is minted");
        }
        ClockEvent::Recovered => tracing::warn!("wall clock is back: minting again"),
        ClockEvent::Reanchored { offset_secs, refuse_before } => {
            tracing::error!(offset_secs, refuse_before, "gateway time moved to the wall clock");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_700_000_000;
    const TICK: Duration = Duration::from_millis(250);

    fn gateway_time() -> (GatewayTime, crate::clock::ClockHand) {
        let (clock, hand) = Clock::manual(START);
        (GatewayTime::new(clock), hand)
    }

    /// Ticks for `seconds`; gives the events with the second in which each came.
    fn run(
        time: &GatewayTime,
        hand: &crate::clock::ClockHand,
        seconds: u32,
    ) -> Vec<(u32, ClockEvent)> {
        let mut events = Vec::new();
        for tick in 1..=seconds * 4 {
            hand.advance(TICK);
            events.extend(time.tick().map(|event| (tick / 4, event)));
        }
        events
    }

    #[test]
    fn a_step_is_suspected_at_once_and_believed_after_a_minute() {
        for step in [3, 86_400, -3, -86_400] {
            let (time, hand) = gateway_time();
            hand.step_wall(step);
            assert_eq!(run(&time, &hand, 1)[0].1, ClockEvent::Suspected { offset_secs: step });
            assert!(!time.may_mint());
            assert_eq!(
                time.state(),
                ClockState::Suspect { since: START, offset_secs: step },
                "gateway time does not follow"
            );
            assert_eq!(run(&time, &hand, 58), [], "{step}");
            assert_eq!(time.now(), START + 59);
            let moment = START + 60 + step;
            assert_eq!(
                run(&time, &hand, 2),
                [(1, ClockEvent::Reanchored { offset_secs: step, refuse_before: moment })]
            );
            assert_eq!((time.state(), time.may_mint()), (ClockState::Steady, true));
            assert_eq!(time.now(), START + 61 + step);
            assert_eq!(time.reanchored_count(), 1);
        }
    }

    #[test]
    fn a_reanchoring_refuses_older_timestamps_for_1260_seconds_and_no_longer() {
        let (time, hand) = gateway_time();
        run(&time, &hand, 1_261);
        assert!(!time.holds_tables(), "the hold of the start is over");
        hand.step_wall(-7_200);
        run(&time, &hand, 61);
        let moment = time.refuse_before().unwrap();
        assert!(!time.accepts(moment - 1) && time.accepts(moment) && time.holds_tables());
        run(&time, &hand, 1_258);
        assert!(!time.accepts(moment - 1) && time.holds_tables());
        run(&time, &hand, 2);
        assert!(time.accepts(moment - 1) && time.refuse_before().is_none());
        assert!(!time.holds_tables());
    }

    #[test]
    fn a_wall_that_comes_back_ends_the_suspicion() {
        let (time, hand) = gateway_time();
        hand.step_wall(100);
        run(&time, &hand, 30);
        hand.step_wall(-99);
        assert_eq!(run(&time, &hand, 300), [(0, ClockEvent::Recovered)]);
        assert_eq!(time.now(), START + 331, "the last second was absorbed as drift");
        assert_eq!(time.reanchored_count(), 0);
    }

    #[test]
    fn a_wall_that_does_not_settle_is_not_believed_until_it_does() {
        let (time, hand) = gateway_time();
        for step in 0..20 {
            hand.step_wall(10);
            run(&time, &hand, 30);
            assert!(!time.may_mint(), "{step}");
            assert_eq!(time.now(), START + 30 * (step + 1));
        }
        run(&time, &hand, 31);
        assert_eq!(time.now(), START + 831);
        assert!(time.may_mint());
    }

    #[test]
    fn slow_drift_never_adds_up_to_a_suspicion() {
        let (time, hand) = gateway_time();
        for second in 1..=1_000 {
            hand.step_wall(i64::from(second % 40 == 0));
            assert_eq!(run(&time, &hand, 1), []);
        }
        assert_eq!(time.now(), START + 1_024, "all but the last second is absorbed");
    }

    proptest! {
        #[test]
        fn any_walk_of_the_wall_heals_in_a_minute(
            walk in prop::collection::vec((-5_000i64..5_000, 1u32..200), 1..12),
        ) {
            let (time, hand) = gateway_time();
            for (step, seconds) in walk {
                hand.step_wall(step);
                let mut before = time.now();
                for _ in 0..seconds {
                    let events = run(&time, &hand, 1);
                    let moved = events.iter().find_map(|(_, event)| match event {
                        ClockEvent::Reanchored { offset_secs, .. } => Some(*offset_secs),
                        _ => None,
                    });
                    let ran = time.now() - before - moved.unwrap_or(0);
                    prop_assert!((0..=2).contains(&ran), "gateway time ran {ran} s in one");
                    before = time.now();
                }
            }
            run(&time, &hand, 61);
            prop_assert_eq!(time.state(), ClockState::Steady);
            run(&time, &hand, 1_260);
            prop_assert_eq!(time.refuse_before(), None);
            prop_assert_eq!(time.now(), i64::try_from(time.clock.wall().as_secs()).unwrap());
        }
    }
}
