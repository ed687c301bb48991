//! A licence that is kept fresh: when to fetch the next one, what to store, what to tell.
//!
//! A [`Session`] fetches, stores and waits for nothing itself: it says what is due, and is told what
//! came of it, so the same rules run on every platform's threads, timers and storage. Invariant: a
//! licence in force is only ever replaced by a newer authentic one, so a bad answer, an outage or a
//! stale cache on the way takes nothing from an app.

use crate::gate::{Expect, Gate};
use crate::key::Pins;
use crate::limits::{
    CHECK_SECS_MAX, FETCH_SECS_MAX, LICENSE_CHARS_MAX, RETRY_SECS_FIRST, RETRY_SECS_MAX,
    RETRY_SECS_WITHOUT, STORED_BYTES_MAX,
};
use crate::list::List;
use crate::state::{State, Time};
use crate::verdict::{FeatureVerdict, Outlook, Reason, Verdict};

/// Keeps one app's licence fresh.
///
/// ```
/// use tonegate_license::{limits, Environment, Expect, Pins, Session, Time};
///
/// let pins: Pins = "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw"
///     .parse()?;
/// let expect = Expect {
///     issuer: "tonegate-test",
///     environment: Environment::Production,
///     app_id: Some(12345),
///     identity: None,
/// };
/// let at = |seconds: u64| Time { wall: 1_763_843_553 + seconds as i64, elapsed: seconds };
///
/// // A new device has stored nothing; 7 stands for a number drawn at random.
/// let mut session = Session::begin(pins, expect, &[], 7, at(0));
/// assert!(session.turn(at(0)).fetch);
///
/// // The app fetches, by whatever means it has:
/// session.fetched(include_str!("../../../vectors/001-valid.txt"), at(1));
/// let turn = session.turn(at(1));
/// assert!(turn.changed.is_some_and(|verdict| verdict.is_valid()) && !turn.fetch);
/// assert!(session.check("ans", at(1)).runs());
///
/// // At the next start, the licence is there before anything was fetched.
/// let mut stored = [0; limits::STORED_BYTES_MAX];
/// let stored = session.save(&mut stored);
/// let mut session = Session::begin(pins, expect, stored, 8, at(90));
/// assert!(session.check("ans", at(90)).runs() && !session.turn(at(90)).fetch);
/// # Ok::<(), tonegate_license::PinsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    gate: Gate,
    /// The text of the licence that the gate holds, for the next start.
    text: List<u8, LICENSE_CHARS_MAX>,
    saved: Option<State>,
    told: Told,
    next: Next,
    failures: u32,
    drawn: u64,
}

/// What has to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Fetch a licence, and hand what comes of it to [`Session::fetched`] or [`Session::failed`].
    /// Said once for each fetch.
    pub fetch: bool,
    /// Tell the app: the verdict is another one than was told last, or another licence is in force.
    pub changed: Option<Verdict>,
    /// Come back after so many seconds, 1 to 60; sooner does no harm.
    pub wait_secs: u64,
}

/// When the next fetch is due, by `elapsed`.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// When the licence held says so.
    ByLicense,
    /// Not before.
    NotBefore(u64),
    /// One is under way, and given up then.
    UnderWay(u64),
}

/// What the app was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// `made`: `iat` and `rev` of the licence held.
    Verdict {
        reason: Option<Reason>,
        made: Option<(i64, u32)>,
    },
}

impl Session {
    /// Goes on where the last start of the app ended.
    ///
    /// `stored`: what [`save`](Self::save) gave; nothing on a new device. Damaged bytes count as
    /// nothing. `drawn`: a number drawn at random at each start.
    #[must_use]
    pub fn begin(pins: Pins, expect: Expect<'_>, stored: &[u8], drawn: u64, time: Time) -> Self {
        let (state, text) = stored.split_at_checked(State::BYTES).unwrap_or_default();
        let state = State::from_bytes(state);
        let [low, high, ..] = drawn.to_le_bytes();
        let fresh = State::new(u16::from_le_bytes([low, high]));
        let mut session = Self {
            gate: Gate::new(pins, expect, state.unwrap_or(fresh)),
            text: List::new(),
            saved: state,
            told: Told::Nothing,
            next: Next::ByLicense,
            failures: 0,
            // A generator of this kind stands still at 0.
            drawn: drawn | 1,
        };
        if let Some(text) = str::from_utf8(text).ok().filter(|text| !text.is_empty()) {
            session.gate.load(text, time);
            session.keep(text);
        }
        session
    }

    /// What is due at `time`. Ask after each wait, and whenever a fetch has ended.
    pub fn turn(&mut self, time: Time) -> Turn {
        if matches!(self.next, Next::UnderWay(until) if time.elapsed >= until) {
            self.failed(0, time);
        }
        let verdict = self.gate.verdict(time);
        let fetch_in = self.fetch_in(&verdict, time);
        let fetch = fetch_in == Some(0);
        if fetch {
            self.next = Next::UnderWay(time.elapsed.saturating_add(FETCH_SECS_MAX));
        }
        let wait = fetch_in.filter(|wait| *wait > 0).unwrap_or(CHECK_SECS_MAX);
        let wait_secs = wait.min(until_change(&verdict)).clamp(1, CHECK_SECS_MAX);
        Turn { fetch, changed: self.tell(&verdict), wait_secs }
    }

    /// A fetch brought this text; the verdict is the text's. `Ok`: it is in force now.
    ///
    /// `Err`: what was in force stays so, as the text is none of ours, or older. That counts as a
    /// failed fetch, and so does the same licence once more when a newer one is due.
    pub fn fetched(&mut self, text: &str, time: Time) -> Result<Verdict, Verdict> {
        let offered = self.gate.renew(text, time);
        if offered.is_ok() && self.text.as_slice() != text.as_bytes() {
            self.keep(text);
        }
        match offered {
            Ok(verdict) if refresh_in(&verdict) > 0 => {
                (self.next, self.failures) = (Next::ByLicense, 0);
            }
            _ => self.failed(0, time),
        }
        offered
    }

    /// A fetch failed. `retry_after`: how many seconds the server asked to wait; 0: it did not.
    pub fn failed(&mut self, retry_after: u64, time: Time) {
        // Whoever is without a licence asks again within that time, also when it ends in the meantime.
        let ends_in = seconds_left(&self.gate.verdict(time));
        let longest = RETRY_SECS_WITHOUT.saturating_add(ends_in).min(RETRY_SECS_MAX);
        let wait = RETRY_SECS_FIRST.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        // Between a half and the whole, so that devices that failed together do not return together.
        // Saturating, so that the compiler sees that it divides by no zero.
        let wait = wait / 2 + self.draw() % (wait - wait / 2).saturating_add(1);
        let asked = retry_after.min(RETRY_SECS_MAX);
        self.next = Next::NotBefore(time.elapsed.saturating_add(wait.max(asked)));
    }

    /// Forgets a wait after a failure: the network is back, or the user is. A fetch under way goes
    /// on, and should it fail, the waits begin with the shortest again.
    pub fn hasten(&mut self) {
        self.failures = 0;
        if let Next::NotBefore(_) = self.next {
            self.next = Next::ByLicense;
        }
    }

    /// May `feature` run? As [`Gate::check`].
    pub fn check(&mut self, feature: &str, time: Time) -> FeatureVerdict {
        self.gate.check(feature, time)
    }

    /// What is true of the licence in force. As [`Gate::verdict`].
    pub fn verdict(&mut self, time: Time) -> Verdict {
        self.gate.verdict(time)
    }

    /// What will become of `feature`. As [`Gate::outlook`].
    #[must_use]
    pub fn outlook(&self, feature: &str) -> Option<Outlook> {
        self.gate.outlook(feature)
    }

    /// The text of the licence that is held; empty: none is.
    #[must_use]
    pub fn text(&self) -> &str {
        str::from_utf8(self.text.as_slice()).unwrap_or_default()
    }

    /// Is there something to store that was not saved? Ask after each call.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.saved != Some(self.gate.state())
    }

    /// The bytes to store, in one piece and in place of those before.
    pub fn save<'b>(&mut self, into: &'b mut [u8; STORED_BYTES_MAX]) -> &'b [u8] {
        let state = self.gate.state();
        self.saved = Some(state);
        let kept = state.to_bytes();
        let content = kept.iter().chain(self.text.as_slice());
        into.iter_mut().zip(content).for_each(|(to, from)| *to = *from);
        into.get(..State::BYTES + self.text.as_slice().len()).unwrap_or_default()
    }

    /// Remembers the text of what the gate holds now.
    fn keep(&mut self, text: &str) {
        if self.gate.license().is_some() {
            self.text = List::from_slice(text.as_bytes()).unwrap_or_else(List::new);
            self.saved = None;
        }
    }

    /// Seconds until a fetch is due; `None`: one is under way.
    fn fetch_in(&self, verdict: &Verdict, time: Time) -> Option<u64> {
        match self.next {
            Next::ByLicense => Some(refresh_in(verdict)),
            Next::NotBefore(at) => Some(at.saturating_sub(time.elapsed)),
            Next::UnderWay(_) => None,
        }
    }

    fn tell(&mut self, verdict: &Verdict) -> Option<Verdict> {
        let made = self.gate.license().map(|held| (held.issued_at(), held.revision()));
        let now = Told::Verdict { reason: verdict.reason, made };
        (core::mem::replace(&mut self.told, now) != now).then_some(*verdict)
    }

    /// The next number of a sequence that differs from device to device (xorshift).
    fn draw(&mut self) -> u64 {
        self.drawn ^= self.drawn << 13;
        self.drawn ^= self.drawn >> 7;
        self.drawn ^= self.drawn << 17;
        self.drawn
    }
}

/// Seconds until the next licence is due.
fn refresh_in(verdict: &Verdict) -> u64 {
    match (verdict.is_valid(), verdict.validity) {
        (true, Some(validity)) => seconds(validity.refresh_after.saturating_sub(validity.now)),
        _ => 0,
    }
}

/// Seconds for which the licence is still good; 0: it is not.
fn seconds_left(verdict: &Verdict) -> u64 {
    match (verdict.is_valid(), verdict.validity) {
        (true, Some(validity)) => seconds(validity.seconds_left()),
        _ => 0,
    }
}

/// Seconds until the verdict changes by itself.
fn until_change(verdict: &Verdict) -> u64 {
    let Some(validity) = verdict.validity else { return CHECK_SECS_MAX };
    let ahead =
        [validity.valid_from, validity.valid_until].map(|at| at.saturating_sub(validity.now));
    ahead.into_iter().filter(|left| *left > 0).map(seconds).min().unwrap_or(CHECK_SECS_MAX)
}

fn seconds(left: i64) -> u64 {
    u64::try_from(left).unwrap_or(0)
}
