//! A sound goes through the gated voice, as through an app that records it, and comes out as long as it was.

use std::cell::Cell;

use tonegate_license::Time;
use tonegate_voice::{FRAME, Flow, SAMPLE_RATE, Voice, VoiceError};

use super::resample::Resampler;
use crate::exit::Failure;

/// What is pushed after the sound, to get out what is still on its way.
const SILENCE: [f32; 4_096] = [0.0; 4_096];

/// Samples per second, to count with.
const VOICE_RATE: u64 = 48_000;
const VOICE_FRAME: u64 = 480;
const _: () = assert!(SAMPLE_RATE == 48_000 && FRAME == 480);

/// The time of a recording that began at a moment: it moves with the sound.
pub(super) struct SoundClock {
    began: i64,
    frames: Cell<u64>,
}

impl SoundClock {
    /// Unix seconds.
    pub(super) const fn new(began: i64) -> Self {
        Self { began, frames: Cell::new(0) }
    }

    /// How far the sound has come, seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.frames.get() as f64 / 100.0
    }

    /// What a device's clocks show.
    pub(super) fn time(&self) -> Time {
        let elapsed = self.frames.get() / 100;
        let passed = i64::try_from(elapsed).unwrap_or(i64::MAX);
        Time { wall: self.began.saturating_add(passed), elapsed }
    }
}

/// A recording that is going on.
pub(super) struct Recording<'a, F> {
    voice: Voice<F>,
    clock: &'a SoundClock,
    rate: u32,
    up: Resampler,
    down: Resampler,
    /// At the voice's rate, not yet a whole frame.
    waiting: Vec<f32>,
    /// Samples that still have to be left out, because the effects are late.
    late: usize,
    latency: usize,
    /// Samples that went through the effects, at the voice's rate.
    taken: u64,
    /// Samples of the sound, and those of it that came out, at the file's rate.
    total: u64,
    given: u64,
    has_ended: bool,
}

/// What became of a recording.
pub(super) struct Ended<F> {
    /// With what the device has to remember.
    pub(super) voice: Voice<F>,
    /// The licence ended it before the sound ended.
    pub(super) is_cut: bool,
}

impl<'a, F: FnMut(&VoiceError)> Recording<'a, F> {
    /// Of a voice whose recording was begun, for a sound of so many samples at this rate.
    pub(super) fn new(
        voice: Voice<F>,
        clock: &'a SoundClock,
        rate: u32,
        total: u64,
    ) -> Result<Self, Failure> {
        let latency = voice.latency();
        Ok(Self {
            voice,
            clock,
            rate,
            up: Resampler::new(rate, SAMPLE_RATE)?,
            down: Resampler::new(SAMPLE_RATE, rate)?,
            waiting: Vec::new(),
            late: latency,
            latency,
            taken: 0,
            total,
            given: 0,
            has_ended: false,
        })
    }

    /// Takes a part of the sound in, and appends to `out` what is ready.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), Failure> {
        if self.has_ended {
            return Ok(());
        }
        self.up.push(samples, &mut self.waiting)?;
        let mut processed = Vec::with_capacity(self.waiting.len());
        let mut taken = 0;
        for frame in self.waiting.as_chunks_mut::<FRAME>().0 {
            let flow = self.voice.process(frame, self.clock.time());
            taken += FRAME;
            self.taken += VOICE_FRAME;
            // The silence after the sound takes no time.
            let sound = self.total * VOICE_RATE / u64::from(self.rate);
            self.clock.frames.set(self.taken.min(sound) / VOICE_FRAME);
            let late = self.late.min(FRAME);
            self.late -= late;
            processed.extend_from_slice(&frame[late..]);
            if flow != Flow::Records {
                self.has_ended = true;
                break;
            }
        }
        self.waiting.drain(..taken);
        self.put_out(&processed, out)
    }

    /// Appends what is still on its way, and takes the voice back.
    ///
    /// All parts together are as long as the sound; shorter where the licence ended the recording.
    pub(super) fn finish(mut self, out: &mut Vec<f32>) -> Result<Ended<F>, Failure> {
        while self.given < self.total && !self.has_ended {
            self.push(&SILENCE, out)?;
        }
        let total = if self.has_ended { self.total.min(self.heard()) } else { self.total };
        while self.given < total {
            self.put_out(&SILENCE, out)?;
        }
        let over = usize::try_from(self.given - total).unwrap_or(usize::MAX);
        out.truncate(out.len().saturating_sub(over));
        if self.voice.is_recording() {
            self.voice.complete_record();
        }
        Ok(Ended { voice: self.voice, is_cut: self.has_ended })
    }

    fn put_out(&mut self, processed: &[f32], out: &mut Vec<f32>) -> Result<(), Failure> {
        let before = out.len();
        self.down.push(processed, out)?;
        self.given += u64::try_from(out.len() - before).unwrap_or(0);
        Ok(())
    }

    /// Samples at the file's rate that went through the effects to the end.
    fn heard(&self) -> u64 {
        let heard = self.taken.saturating_sub(u64::try_from(self.latency).unwrap_or(0));
        heard * u64::from(self.rate) / VOICE_RATE
    }
}
