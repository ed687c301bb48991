//! The gated side: what an app calls, checked against its licence at each call.

use std::fmt;

use tonegate_license::{Expect, FeatureVerdict, Gate, Pins, Reason, State, Time, Verdict};

use crate::FRAME;
use crate::ans::AnsMode;
use crate::engine::{Effects, Engine};

/// The code of an error, as the published SDK numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Code {
    /// Something was called before [`Voice::init`].
    NotInitialized = 2,
    /// An argument is out of range, or the call does not fit what is going on.
    InvalidParameter = 4,
    /// No licence, or none that this app can read and trust.
    LicenseInvalid = 81,
    /// The licence has expired.
    LicenseExpired = 82,
    /// The licence does not have the feature.
    FeatureMissing = 83,
}

impl Code {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// What an app's error callback is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoiceError {
    /// Which error.
    pub code: Code,
    /// What happened.
    pub message: &'static str,
    /// What to do about it.
    pub next_step: &'static str,
    /// The feature that does not run, where the licence is the cause.
    pub feature: Option<&'static str>,
    /// The exact cause in the licence, finer than the code.
    pub reason: Option<Reason>,
}

impl fmt::Display for VoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code.number())
    }
}

impl std::error::Error for VoiceError {}

/// How a recording goes on after a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Records,
    /// It has ended, because the licence says so (`on_expiry: stop`); the frame faded out. What was recorded is kept.
    Ended,
    /// None is going on; the frame is as it was.
    Idle,
}

/// Recordings of one app, and the licence that unlocks what may be applied to them.
///
/// Errors go to the callback, and nothing else comes of them: the call changes nothing, and recording goes on without
/// the effect. Each call brings the clocks' readings.
///
/// ```
/// use tonegate_license::{Environment, Expect, State, Time};
/// use tonegate_voice::{FRAME, Flow, Voice};
///
/// let pins = "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw".parse()?;
/// let expect = Expect {
///     issuer: "tonegate-test",
///     environment: Environment::Production,
///     app_id: Some(12345),
///     identity: None,
/// };
/// let mut codes = Vec::new();
/// let mut voice = Voice::new(pins, expect, State::new(0x5eed), |error| codes.push(error.code.number()));
///
/// let at = |seconds: u64| Time { wall: 1_763_843_553 + seconds as i64, elapsed: seconds };
/// voice.init(include_str!("../../../vectors/001-valid.txt"), at(0));
/// voice.enable_ans(true, at(0));
/// voice.set_ans_mode(3, at(0)); // AI: this licence does not have it
/// voice.start_record(at(0));
/// let mut frame = [0.01; FRAME];
/// assert_eq!(voice.process(&mut frame, at(1)), Flow::Records);
/// voice.complete_record();
/// drop(voice);
/// assert_eq!(codes, [83]);
/// # Ok::<(), tonegate_license::PinsError>(())
/// ```
pub struct Voice<F> {
    gate: Gate,
    initialized: bool,
    wanted: Wanted,
    recording: Option<Recording>,
    /// The last recording was ended by its licence, and not completed yet.
    ended: bool,
    on_error: F,
}

/// What the next recording is to have.
#[derive(Clone, Copy, Default)]
struct Wanted {
    ans: bool,
    mode: AnsMode,
    agc: bool,
}

struct Recording {
    effects: Effects,
    engine: Engine,
    /// What ran in the last frame.
    running: Effects,
}

impl<F: FnMut(&VoiceError)> Voice<F> {
    /// Nothing is checked yet, and no licence held.
    pub fn new(pins: Pins, expect: Expect<'_>, state: State, on_error: F) -> Self {
        Self {
            gate: Gate::new(pins, expect, state),
            initialized: false,
            wanted: Wanted::default(),
            recording: None,
            ended: false,
            on_error,
        }
    }

    /// Takes a licence, and proceeds with an empty or bad one too: plain recording needs none.
    ///
    /// What it makes of the licence is returned, and the callback hears of it only when a feature is asked for. Called again,
    /// it puts this licence in the place of the other, whatever it is: fetched ones go to [`renew`](Self::renew).
    pub fn init(&mut self, license: &str, time: Time) -> Verdict {
        self.initialized = true;
        self.gate.load(license, time)
    }

    /// Takes a licence that was fetched while another is held, and a recording may be going on: it is put in its place only if
    /// it is authentic and newer. Otherwise the one held stays, and `Err` has what is wrong with the other.
    ///
    /// # Errors
    /// The verdict on a licence that was not taken.
    pub fn renew(&mut self, license: &str, time: Time) -> Result<Verdict, Verdict> {
        self.initialized = true;
        self.gate.renew(license, time)
    }

    /// Ends a recording, forgets what was switched on and the licence's text; the device's state stays.
    pub fn uninit(&mut self, time: Time) {
        self.gate.load("", time);
        (self.initialized, self.wanted, self.recording) = (false, Wanted::default(), None);
    }

    /// Switches noise suppression on or off, from the next recording on. On needs the feature of the mode that is set.
    pub fn enable_ans(&mut self, enable: bool, time: Time) {
        if self.may_call() && (!enable || self.may_use(self.wanted.mode.feature(), time)) {
            self.wanted.ans = enable;
        }
    }

    /// Switches automatic gain control on or off, from the next recording on. On needs `agc`.
    pub fn enable_agc(&mut self, enable: bool, time: Time) {
        if self.may_call() && (!enable || self.may_use("agc", time)) {
            self.wanted.agc = enable;
        }
    }

    /// Sets the mode of noise suppression by its number, 0 to 4, from the next recording on. Needs the mode's feature.
    pub fn set_ans_mode(&mut self, number: i32, time: Time) {
        if !self.may_call() {
            return;
        }
        let Some(mode) = AnsMode::from_number(number) else {
            return self.invalid(
                "a noise suppression mode is a number from 0 to 4",
                "Pass 0 (soft), 1 (medium), 2 (aggressive), 3 (AI) or 4 (AI balanced).",
            );
        };
        if self.may_use(mode.feature(), time) {
            self.wanted.mode = mode;
        }
    }

    /// Begins a recording with what is switched on now; what is switched later takes effect with the next one.
    ///
    /// An effect whose licence has ended since it was switched on is left out, and the callback hears of it.
    pub fn start_record(&mut self, time: Time) {
        if !self.may_call() {
            return;
        }
        if self.recording.is_some() {
            return self.invalid(
                "a recording is going on",
                "Complete it or cancel it before another is begun.",
            );
        }
        let Wanted { ans, mode, agc } = self.wanted;
        let effects = Effects {
            ans: (ans && self.may_use(mode.feature(), time)).then_some(mode),
            agc: agc && self.may_use("agc", time),
        };
        self.ended = false;
        self.recording =
            Some(Recording { effects, engine: Engine::new(effects), running: effects });
    }

    /// Processes a frame of the recording in place. Each effect is asked for anew: a licence that ends meanwhile ends it,
    /// as its `on_expiry` says, and the callback hears of it once.
    pub fn process(&mut self, frame: &mut [f32; FRAME], time: Time) -> Flow {
        let Some(recording) = &mut self.recording else { return Flow::Idle };
        let (mut now, mut stop, mut refused) = (recording.effects, false, [None; 2]);
        if let Some(mode) = recording.effects.ans {
            let verdict = self.gate.check(mode.feature(), time);
            stop |= matches!(verdict, FeatureVerdict::Stop(_));
            now.ans = verdict.runs().then_some(mode);
            refused[0] = verdict
                .reason()
                .filter(|_| recording.running.ans.is_some())
                .map(|reason| (mode.feature(), reason));
        }
        if recording.effects.agc {
            let verdict = self.gate.check("agc", time);
            stop |= matches!(verdict, FeatureVerdict::Stop(_));
            now.agc = verdict.runs();
            refused[1] =
                verdict.reason().filter(|_| recording.running.agc).map(|reason| ("agc", reason));
        }
        // What ends with this frame is heard to its end: an effect that goes does so over the frame that fades out.
        recording.engine.process(frame, if stop { recording.running } else { now });
        recording.running = now;
        for (feature, reason) in refused.into_iter().flatten() {
            (self.on_error)(&license_error(feature, reason));
        }
        if !stop {
            return Flow::Records;
        }
        fade_out(frame);
        (self.recording, self.ended) = (None, true);
        Flow::Ended
    }

    /// Ends the recording. Code 4 where none is going on; where its licence has just ended it, nothing is left to do.
    pub fn complete_record(&mut self) {
        let ended = std::mem::take(&mut self.ended);
        if self.may_call() && self.recording.take().is_none() && !ended {
            self.invalid("no recording is going on", "Begin one with start_record.");
        }
    }

    /// Is a recording going on?
    #[must_use]
    pub const fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Samples by which the recording that goes on comes out later than it goes in.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.recording.as_ref().map_or(0, |recording| recording.engine.latency())
    }

    /// What was applied to the last frame of the recording that goes on.
    #[must_use]
    pub fn running(&self) -> Effects {
        self.recording.as_ref().map_or_else(Effects::default, |recording| recording.running)
    }

    /// The gate that answers: its state is to be stored after calls, its outlook told to the user.
    #[must_use]
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    fn may_call(&mut self) -> bool {
        if !self.initialized {
            (self.on_error)(&VoiceError {
                code: Code::NotInitialized,
                message: "called before init",
                next_step: "Call init first; an empty licence will do for plain recording.",
                feature: None,
                reason: None,
            });
        }
        self.initialized
    }

    fn may_use(&mut self, feature: &'static str, time: Time) -> bool {
        let verdict = self.gate.check(feature, time);
        if let Some(reason) = verdict.reason() {
            (self.on_error)(&license_error(feature, reason));
        }
        verdict.runs()
    }

    fn invalid(&mut self, message: &'static str, next_step: &'static str) {
        (self.on_error)(&VoiceError {
            code: Code::InvalidParameter,
            message,
            next_step,
            feature: None,
            reason: None,
        });
    }
}

fn license_error(feature: &'static str, reason: Reason) -> VoiceError {
    let code = match reason.sdk_code() {
        82 => Code::LicenseExpired,
        83 => Code::FeatureMissing,
        _ => Code::LicenseInvalid,
    };
    VoiceError {
        code,
        message: reason.message(),
        next_step: reason.next_step(),
        feature: Some(feature),
        reason: Some(reason),
    }
}

fn fade_out(frame: &mut [f32; FRAME]) {
    for (sample, left) in frame.iter_mut().zip((0_u16..FRAME as u16).rev()) {
        *sample *= f32::from(left) / FRAME as f32;
    }
}
