//! The feature gate: a licence loaded once, asked at each use.

use crate::certificate::Chain;
use crate::key::Pins;
use crate::license::{Environment, License, OnExpiry, Token};
use crate::state::{DeviceClock, State, Time};
use crate::text::{Feature, Identity, Issuer};
use crate::verdict::{FeatureVerdict, Outlook, Reason, Validity, Verdict};

/// What this app expects of its licences.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The issuer's name, `iss`.
    pub issuer: &'a str,
    /// The world this app runs in, `env`.
    pub environment: Environment,
    /// This app's AppId, `sub`; `None`: any.
    pub app_id: Option<u32>,
    /// This app's identity, for licences that are tied to some (`bind`).
    pub identity: Option<Identity>,
}

/// Holds a licence and answers, at each use of a feature, whether it may run.
///
/// Loading checks signatures (about 0.1 ms); [`check`](Self::check) compares numbers. A licence that
/// cannot be used leaves the gate closed with its reason; nothing panics and nothing is fatal.
///
/// ```
/// use tonegate_license::{Environment, Expect, FeatureVerdict, Gate, Pins, Reason, State, Time};
///
/// let pins: Pins = "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw"
///     .parse()?;
/// let expect = Expect {
///     issuer: "tonegate-test",
///     environment: Environment::Production,
///     app_id: Some(12345),
///     identity: None,
/// };
/// // What the app stored last time; a number drawn at random on a new device.
/// let mut stored = State::new(0x5eed).to_bytes();
/// let mut gate = Gate::new(pins, expect, State::from_bytes(&stored).unwrap());
///
/// let at = |seconds: u64| Time { wall: 1_763_843_553 + seconds as i64, elapsed: seconds };
/// let verdict = gate.load(include_str!("../../../vectors/001-valid.txt"), at(0));
/// assert!(verdict.is_valid());
///
/// // At each use, and every 60 s while it lasts:
/// assert_eq!(gate.check("ans", at(1)), FeatureVerdict::Run);
/// assert_eq!(gate.check("ans-ai", at(1)), FeatureVerdict::Bypass(Reason::FeatureMissing));
/// // After each call:
/// if gate.state().to_bytes() != stored {
///     stored = gate.state().to_bytes();
/// }
///
/// let verdict = gate.load("not a licence", at(30));
/// assert_eq!((verdict.reason, verdict.sdk_code()), (Some(Reason::NotALicense), 81));
/// assert_eq!(gate.check("ans", at(30)).sdk_code(), 81);
/// # Ok::<(), tonegate_license::PinsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    pins: Pins,
    expected: Expected,
    state: State,
    chain: Option<Chain>,
    clock: Option<DeviceClock>,
    held: Result<Held, Reason>,
}

/// [`Expect`], kept.
#[derive(Clone, Copy, Debug)]
struct Expected {
    /// `None`: no issuer can have such a name.
    issuer: Option<Issuer>,
    environment: Environment,
    app_id: Option<u32>,
    identity: Option<Identity>,
}

/// An authentic licence of this app, good or not at the moment.
#[derive(Clone, Debug)]
struct Held {
    license: License,
    certificate_ends: i64,
}

impl Gate {
    /// A closed gate, with the state that the device kept.
    #[must_use]
    pub fn new(pins: Pins, expect: Expect<'_>, state: State) -> Self {
        let expected = Expected::from(expect);
        Self { pins, expected, state, chain: None, clock: None, held: Err(Reason::Empty) }
    }

    /// Loads a licence in place of the one before, whatever comes of it.
    pub fn load(&mut self, text: &str, time: Time) -> Verdict {
        self.advance(time);
        self.held = self.authenticate(text);
        self.take_in(time);
        self.verdict(time)
    }

    /// Takes a licence in place of the one before where it is authentic and was not made earlier;
    /// otherwise the one before stays, and what runs by it runs on.
    ///
    /// `Err`: it was not taken; this is what the text offered comes to.
    pub fn renew(&mut self, text: &str, time: Time) -> Result<Verdict, Verdict> {
        let now = self.advance(time);
        let offered = match self.authenticate(text) {
            Ok(offered) => offered,
            Err(reason) => {
                if self.held.is_err() {
                    self.held = Err(reason);
                }
                return Err(Verdict::refused(reason));
            }
        };
        if let Ok(held) = &self.held
            && offered.is_older_than(held)
        {
            return Err(offered.verdict(now, &self.state));
        }
        self.held = Ok(offered);
        self.take_in(time);
        Ok(self.verdict(time))
    }

    /// What is true of the loaded licence at `time`.
    pub fn verdict(&mut self, time: Time) -> Verdict {
        let now = self.advance(time);
        match &self.held {
            Err(reason) => Verdict::refused(*reason),
            Ok(held) => held.verdict(now, &self.state),
        }
    }

    /// May `feature` run at `time`? Ask at each use, and every 60 s while it lasts: nothing ends by
    /// itself.
    pub fn check(&mut self, feature: &str, time: Time) -> FeatureVerdict {
        let now = self.advance(time);
        match &self.held {
            Err(reason) => FeatureVerdict::Bypass(*reason),
            Ok(held) => held.check(feature, now, &self.state),
        }
    }

    /// What the device should keep. Store it whenever it differs from what was stored.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The licence that was loaded, where it is authentic and this app's.
    #[must_use]
    pub fn license(&self) -> Option<&License> {
        self.held.as_ref().ok().map(|held| &held.license)
    }

    /// What becomes of `feature` when the licence ends, and when that is on this device; `None`
    /// where no authentic licence names it.
    #[must_use]
    pub fn outlook(&self, feature: &str) -> Option<Outlook> {
        let held = self.held.as_ref().ok()?;
        let feature = held.feature(feature)?;
        let on_expiry = held.license.on_expiry(&feature);
        let ends = held.grace_ends(on_expiry, &self.state).min(held.certificate_ends);
        Some(Outlook { on_expiry, runs_until: ends })
    }

    fn take_in(&mut self, time: Time) {
        if let Ok(held) = &self.held {
            let clock = self.clock.get_or_insert(DeviceClock::start(&self.state, time));
            let runs_until = held.runs_until(&self.state);
            clock.take_in(&mut self.state, &held.license, runs_until);
        }
    }

    fn advance(&mut self, time: Time) -> i64 {
        let clock = self.clock.as_mut();
        clock.map_or(time.wall, |clock| clock.advance(&mut self.state, time))
    }

    /// FORMAT.md §6: everything but time.
    fn authenticate(&mut self, text: &str) -> Result<Held, Reason> {
        let token = Token::parse(text)?;
        let chain = match self.chain {
            Some(chain) if chain.is_of(token.certificate()) => chain,
            _ => Chain::verify(token.certificate(), &self.pins)?,
        };
        if Some(chain.issuer) != self.expected.issuer {
            return Err(Reason::Issuer);
        }
        chain.admit(&mut self.state)?;
        self.chain = Some(chain);
        let license = License::verify(&token, &chain)?;
        self.expected.meets(&license)?;
        Ok(Held { license, certificate_ends: chain.expires_at() })
    }
}

impl From<Expect<'_>> for Expected {
    fn from(expect: Expect<'_>) -> Self {
        let Expect { issuer, environment, app_id, identity } = expect;
        Self { issuer: Issuer::parse(issuer.as_bytes()), environment, app_id, identity }
    }
}

impl Expected {
    fn meets(&self, license: &License) -> Result<(), Reason> {
        if license.environment() != self.environment {
            return Err(Reason::Environment);
        }
        if self.app_id.is_some_and(|app_id| app_id != license.app_id()) {
            return Err(Reason::App);
        }
        let bound = license.identities();
        let mine = self.identity.is_some_and(|identity| bound.contains(&identity));
        if bound.is_empty() || mine { Ok(()) } else { Err(Reason::Identity) }
    }
}

impl Held {
    fn reason(&self, now: i64) -> Option<Reason> {
        if now < self.license.not_before() {
            Some(Reason::NotYetValid)
        } else if now >= self.license.expires_at() {
            Some(Reason::Expired)
        } else {
            (now >= self.certificate_ends).then_some(Reason::CertificateExpired)
        }
    }

    fn verdict(&self, now: i64, state: &State) -> Verdict {
        let (from, until) = (self.license.issued_at(), self.license.expires_at());
        let validity = Validity {
            now,
            valid_from: self.license.not_before(),
            valid_until: until.min(self.certificate_ends),
            refresh_after: from.saturating_add(state.share_of_life(until.saturating_sub(from))),
        };
        Verdict { reason: self.reason(now), validity: Some(validity) }
    }

    fn check(&self, feature: &str, now: i64, state: &State) -> FeatureVerdict {
        match (self.reason(now), self.feature(feature)) {
            (None, Some(_)) => FeatureVerdict::Run,
            (Some(Reason::Expired), Some(feature)) => self.after_expiry(&feature, now, state),
            (Some(reason), _) => FeatureVerdict::Bypass(reason),
            (None, None) => FeatureVerdict::Bypass(Reason::FeatureMissing),
        }
    }

    /// The feature of this name, where the licence has it.
    fn feature(&self, name: &str) -> Option<Feature> {
        let feature = Feature::parse(name.as_bytes())?;
        self.license.features().contains(&feature).then_some(feature)
    }

    /// Was it made before `other`? A change to an app makes another licence within the same hour.
    fn is_older_than(&self, other: &Self) -> bool {
        let made = |held: &Self| (held.license.issued_at(), held.license.revision());
        made(self) < made(other)
    }

    /// `exp` has passed: the feature's policy decides.
    fn after_expiry(&self, feature: &Feature, now: i64, state: &State) -> FeatureVerdict {
        let policy = self.license.on_expiry(feature);
        match (policy, self.grace_ends(policy, state).saturating_sub(now)) {
            (OnExpiry::Stop, _) => FeatureVerdict::Stop(Reason::Expired),
            (_, seconds_left @ 1..) => FeatureVerdict::Grace { seconds_left },
            _ => FeatureVerdict::Bypass(Reason::Expired),
        }
    }

    /// When a feature with this policy ends on this device.
    fn grace_ends(&self, policy: OnExpiry, state: &State) -> i64 {
        let OnExpiry::Grace(hours) = policy else { return self.license.expires_at() };
        let grace = state.share_of_grace(i64::from(hours) * 3_600);
        self.license.expires_at().saturating_add(grace).min(self.certificate_ends)
    }

    /// When the last of its features ends.
    fn runs_until(&self, state: &State) -> i64 {
        let features = self.license.features().iter();
        let ends = features.map(|feature| self.grace_ends(self.license.on_expiry(feature), state));
        ends.fold(self.license.expires_at(), i64::max)
    }
}
