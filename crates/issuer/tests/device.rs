//! A device in the hands of its owner, who may do anything to it but alter what it stores.

use tonegate_license::{Expect, Gate, Pins, State, Time, limits};

use crate::house;

/// The features that the owner is after.
pub(crate) const FEATURES: [&str; 2] = ["agc", "ans"];

/// A licence in the owner's hoard.
#[derive(Clone)]
pub(crate) struct Hoarded {
    pub(crate) text: String,
    pub(crate) expires_at: i64,
    /// Seconds that each of [`FEATURES`] may go on after that, at the most.
    pub(crate) graces: [i64; 2],
}

/// What the owner can do next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    /// Set the wall clock.
    Wall(i64),
    /// Load a licence of the hoard.
    Load(usize),
    /// Have the app ask for a feature, and use it where it may run.
    Check(usize),
    /// Let time pass; running features are asked for in time.
    Pass(u64),
    /// Kill the app and start it anew.
    Restart,
}

/// How long a feature ran since the newest licence was first loaded.
#[derive(Clone, Copy, Default)]
struct Use {
    running_since_check: Option<u64>,
    seconds: i64,
}

pub(crate) struct Device {
    pins: Pins,
    expect: Expect<'static>,
    gate: Gate,
    stored: [u8; State::BYTES],
    wall: i64,
    elapsed: u64,
    uses: [Use; 2],
    newest: i64,
    /// Effective time when the newest licence was first loaded, its `exp` at the most.
    since: i64,
    /// Where each feature must end: the latest `exp` + grace of what was loaded.
    ends: [i64; 2],
}

impl Device {
    pub(crate) fn new() -> Self {
        let (pins, expect) = (house::pins(), house::expect());
        let state = State::new(u16::MAX);
        Self {
            pins,
            expect,
            gate: Gate::new(pins, expect, state),
            stored: state.to_bytes(),
            wall: house::START,
            elapsed: 0,
            uses: [Use::default(); 2],
            newest: 0,
            since: 0,
            ends: [0; 2],
        }
    }

    pub(crate) fn make(&mut self, hoard: &[Hoarded], step: Move) {
        match step {
            Move::Wall(wall) => self.wall = wall,
            Move::Load(index) => self.load(&hoard[index % hoard.len()]),
            Move::Check(feature) => self.check(feature % FEATURES.len()),
            Move::Pass(seconds) => self.pass(seconds),
            Move::Restart => self.restart(),
        }
        self.stored = self.gate.state().to_bytes();
    }

    /// By how many seconds the worst feature ran beyond what its licences allow.
    pub(crate) fn excess(&self) -> i64 {
        let excess =
            |feature: usize| self.uses[feature].seconds - (self.ends[feature] - self.since).max(0);
        (0..FEATURES.len()).map(excess).max().unwrap()
    }

    /// Seconds of use since the newest licence, of the feature most used.
    pub(crate) fn used(&self) -> i64 {
        self.uses.iter().map(|used| used.seconds).max().unwrap()
    }

    fn time(&self) -> Time {
        Time { wall: self.wall, elapsed: self.elapsed }
    }

    fn load(&mut self, license: &Hoarded) {
        let verdict = self.gate.load(&license.text, self.time());
        if license.expires_at > self.newest {
            self.newest = license.expires_at;
            self.since = verdict.validity.unwrap().now.min(license.expires_at);
            self.uses.iter_mut().for_each(|used| used.seconds = 0);
        }
        for (end, grace) in self.ends.iter_mut().zip(license.graces) {
            *end = (*end).max(license.expires_at + grace);
        }
    }

    fn check(&mut self, feature: usize) {
        let runs = self.gate.check(FEATURES[feature], self.time()).runs();
        self.uses[feature].running_since_check = runs.then_some(0);
    }

    fn pass(&mut self, seconds: u64) {
        let mut left = seconds;
        while left > 0 {
            let step = left.min(self.until_next_check());
            if step == 0 {
                self.check_what_is_due();
                self.stored = self.gate.state().to_bytes();
                continue;
            }
            self.uses.iter_mut().for_each(|used| {
                if let Some(since) = &mut used.running_since_check {
                    *since += step;
                    used.seconds += step.cast_signed();
                }
            });
            self.elapsed += step;
            self.wall = self.wall.saturating_add_unsigned(step);
            left -= step;
        }
    }

    fn until_next_check(&self) -> u64 {
        let due = |used: &Use| {
            used.running_since_check.map_or(u64::MAX, |since| limits::CHECK_SECS_MAX - since)
        };
        self.uses.iter().map(due).min().unwrap()
    }

    fn check_what_is_due(&mut self) {
        for feature in 0..FEATURES.len() {
            if self.uses[feature].running_since_check == Some(limits::CHECK_SECS_MAX) {
                self.check(feature);
            }
        }
    }

    fn restart(&mut self) {
        let state = State::from_bytes(&self.stored).unwrap();
        self.gate = Gate::new(self.pins, self.expect, state);
        self.uses.iter_mut().for_each(|used| used.running_since_check = None);
        self.elapsed = 0;
    }
}
