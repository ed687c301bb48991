//! The sound: what is applied to a recording, frame by frame, and how it comes and goes without a click.

use crate::FRAME;
use crate::agc::Agc;
use crate::ans::{Ans, AnsMode};

/// What is applied to a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Noise suppression, in this mode.
    pub ans: Option<AnsMode>,
    /// Automatic gain control.
    pub agc: bool,
}

impl Effects {
    /// Is there nothing to apply?
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.ans.is_none() && !self.agc
    }
}

/// Processes one recording of 48 kHz mono in frames of 10 ms.
///
/// Everything is allocated by [`new`](Self::new); [`process`](Self::process) allocates nothing in the thread that called
/// it. (In another thread the first frame of an AI mode plans that thread's transforms.) An effect that is passed by leaves
/// each sample as it was, [`latency`](Self::latency) samples later. It goes over one frame, and comes back over one, after
/// one or two in which it gets used to the sound.
///
/// ```
/// use tonegate_voice::{AnsMode, Effects, Engine, FRAME};
///
/// let mut engine = Engine::new(Effects { ans: Some(AnsMode::Medium), agc: true });
/// let mut frame = [0.01; FRAME];
/// engine.process(&mut frame, Effects { ans: Some(AnsMode::Medium), agc: true });
/// // The suppression is passed by from here on; the gain control goes on.
/// engine.process(&mut frame, Effects { ans: None, agc: true });
/// ```
pub struct Engine {
    ans: Option<Stage<Ans>>,
    agc: Option<Stage<Agc>>,
}

impl Engine {
    /// Sets up what the whole recording may use.
    #[must_use]
    pub fn new(effects: Effects) -> Self {
        let ans = effects.ans.map(Ans::new).map(|ans| Stage::new(ans.latency(), ans));
        Self { ans, agc: effects.agc.then(|| Stage::new(0, Agc::new())) }
    }

    /// Samples by which the sound comes out later than it goes in; constant, 0 without noise suppression.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.ans.as_ref().map_or(0, |stage| stage.dry.latency)
    }

    /// Processes a frame in place, samples within ±1. Of `effects` counts what [`new`](Self::new) was given.
    pub fn process(&mut self, frame: &mut [f32; FRAME], effects: Effects) {
        let recorded = frame.map(audible);
        let mut changed = false;
        if let Some(ans) = &mut self.ans {
            changed |= ans.process(frame, effects.ans.is_some(), Ans::process);
        }
        if let Some(agc) = &mut self.agc {
            let run = |agc: &mut Agc, frame: &mut _| agc.process(&recorded, frame);
            changed |= agc.process(frame, effects.agc, run);
        }
        if changed {
            *frame = frame.map(|sample| sample.clamp(-1.0, 1.0));
        }
    }
}

/// An effect, and the untouched sound beside it, equally late.
struct Stage<E> {
    effect: E,
    dry: Delay,
    /// What the last frame ended with.
    heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Dry,
    /// The effect runs for so many more frames before it is heard: after a pause it still has an older sound in it.
    Settling(usize),
    Wet,
}

impl<E> Stage<E> {
    fn new(latency: usize, effect: E) -> Self {
        Self { effect, dry: Delay::new(latency), heard: Heard::Nothing }
    }

    /// Is the effect heard in what comes out?
    fn process(
        &mut self,
        frame: &mut [f32; FRAME],
        on: bool,
        run: impl FnOnce(&mut E, &mut [f32; FRAME]),
    ) -> bool {
        let mut dry = *frame;
        self.dry.process(&mut dry);
        let heard = match (self.heard, on) {
            (Heard::Nothing | Heard::Wet | Heard::Settling(0), true) => Heard::Wet,
            (Heard::Dry, true) => Heard::Settling(self.dry.latency.div_ceil(FRAME)),
            (Heard::Settling(frames), true) => Heard::Settling(frames - 1),
            (_, false) => Heard::Dry,
        };
        if on || self.heard == Heard::Wet {
            *frame = frame.map(audible);
            run(&mut self.effect, frame);
        }
        match (self.heard, heard) {
            (Heard::Nothing | Heard::Wet, Heard::Wet) => {}
            (_, Heard::Wet) => fade(&dry, frame, |share| share),
            (Heard::Wet, _) => fade(&dry, frame, |share| 1.0 - share),
            _ => *frame = dry,
        }
        let changed = self.heard == Heard::Wet || heard == Heard::Wet;
        self.heard = heard;
        changed
    }
}

/// What an effect may be given: one sample that is no number would silence all that follow. Suppression may leave ±1, and
/// gain control is there to bring that back.
fn audible(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-2.0, 2.0) } else { 0.0 }
}

/// Puts into `wet` its share, the rest being dry; the share is asked for each sample from 0 to 1.
fn fade(dry: &[f32; FRAME], wet: &mut [f32; FRAME], share: fn(f32) -> f32) {
    for ((wet, dry), at) in wet.iter_mut().zip(dry).zip(1_u16..) {
        *wet = (*wet - dry).mul_add(share(f32::from(at) / FRAME as f32), *dry);
    }
}

/// Samples come out as they went in, so much later.
struct Delay {
    latency: usize,
    held: Box<[f32]>,
}

impl Delay {
    fn new(latency: usize) -> Self {
        Self { latency, held: vec![0.0; latency + FRAME].into_boxed_slice() }
    }

    fn process(&mut self, frame: &mut [f32; FRAME]) {
        let (_, newest) = self.held.split_at_mut(self.latency);
        newest.copy_from_slice(frame);
        frame.copy_from_slice(&self.held[..FRAME]);
        self.held.copy_within(FRAME.., 0);
    }
}
