//! Noise suppression: five modes on two libraries.

use std::fmt;
use std::str::FromStr;

use nnnoiseless::DenoiseState;
use sonora::config::{
    HighPassFilter, MaxProcessingRate, NoiseSuppression, NoiseSuppressionLevel, Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

use crate::{FRAME, FULL_SCALE, SAMPLE_RATE};

/// Samples by which WebRTC's suppression comes out later than it goes in, at 48 kHz.
const WIENER_LATENCY: usize = 334;
/// The same for RNNoise: one frame.
const NEURAL_LATENCY: usize = FRAME;

/// WebRTC's suppression takes 1.5 to 1.8 dB of clean speech as well; so much of it is given back.
const GIVEN_BACK: f32 = 1.122; // 1 dB

/// How noise is suppressed; numbers and names are those of the published SDK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum AnsMode {
    /// Steady noise, some of it stays.
    Soft = 0,
    /// Steady noise; what a recording has that names no mode.
    #[default]
    Medium = 1,
    /// Steady noise, at the cost of some sound.
    Aggressive = 2,
    /// Any noise, by a neural network. Not for music.
    Ai = 3,
    /// As [`Ai`](Self::Ai), keeping a part of what the network takes away.
    AiBalanced = 4,
}

impl AnsMode {
    /// All of them, by number.
    pub const ALL: [Self; 5] =
        [Self::Soft, Self::Medium, Self::Aggressive, Self::Ai, Self::AiBalanced];

    /// The mode of this number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number)).copied()
    }

    /// The feature that a licence must have for it.
    #[must_use]
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Soft | Self::Medium | Self::Aggressive => "ans",
            Self::Ai | Self::AiBalanced => "ans-ai",
        }
    }

    /// Its name: `soft`, `medium`, `aggressive`, `ai` or `ai_balanced`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Medium => "medium",
            Self::Aggressive => "aggressive",
            Self::Ai => "ai",
            Self::AiBalanced => "ai_balanced",
        }
    }
}

impl fmt::Display for AnsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Not the name of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnsModeError;

impl fmt::Display for AnsModeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a noise suppression mode is one of soft, medium, aggressive, ai, ai_balanced")
    }
}

impl std::error::Error for AnsModeError {}

impl FromStr for AnsMode {
    type Err = AnsModeError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|mode| mode.name() == name).ok_or(AnsModeError)
    }
}

/// The suppression of one recording.
pub(crate) struct Ans {
    wiener: AudioProcessing,
    neural: Option<Neural>,
}

/// RNNoise, and how much of the sound goes around it.
struct Neural {
    state: Box<DenoiseState<'static>>,
    kept: f32,
    last: [f32; FRAME],
}

impl Ans {
    pub(crate) fn new(mode: AnsMode) -> Self {
        let level = match mode {
            AnsMode::Soft => NoiseSuppressionLevel::Moderate,
            // Steady hum sounds voiced to the network, so WebRTC's filter goes before it.
            AnsMode::Medium | AnsMode::Ai | AnsMode::AiBalanced => NoiseSuppressionLevel::High,
            AnsMode::Aggressive => NoiseSuppressionLevel::VeryHigh,
        };
        let kept = match mode {
            AnsMode::Ai => Some(0.0),
            // −12 dB
            AnsMode::AiBalanced => Some(0.25),
            _ => None,
        };
        Self { wiener: suppressor(level), neural: kept.map(Neural::new) }
    }

    /// Samples by which it comes out later than it goes in.
    pub(crate) fn latency(&self) -> usize {
        WIENER_LATENCY + self.neural.as_ref().map_or(0, |_| NEURAL_LATENCY)
    }

    pub(crate) fn process(&mut self, frame: &mut [f32; FRAME]) {
        let mut cleaned = [0.0; FRAME];
        // The one error is a frame of another shape than was configured: then nothing is suppressed.
        if self.wiener.process_capture_f32(&[&frame[..]], &mut [&mut cleaned[..]]).is_ok() {
            *frame = cleaned.map(|sample| sample * GIVEN_BACK);
        }
        if let Some(neural) = &mut self.neural {
            neural.process(frame);
        }
    }
}

impl Neural {
    fn new(kept: f32) -> Self {
        // The library plans its transforms at the first frame of a thread, which is no time to allocate.
        DenoiseState::new().process_frame(&mut [0.0; FRAME], &[0.0; FRAME]);
        Self { state: DenoiseState::new(), kept, last: [0.0; FRAME] }
    }

    fn process(&mut self, frame: &mut [f32; FRAME]) {
        let heard = frame.map(|sample| sample * FULL_SCALE);
        let mut cleaned = [0.0; FRAME];
        self.state.process_frame(&mut cleaned, &heard);
        for ((out, cleaned), before) in frame.iter_mut().zip(cleaned).zip(&mut self.last) {
            let around = std::mem::replace(before, *out);
            *out = (1.0 - self.kept).mul_add(cleaned / FULL_SCALE, self.kept * around);
        }
    }
}

fn suppressor(level: NoiseSuppressionLevel) -> AudioProcessing {
    let stream = StreamConfig::new(SAMPLE_RATE, 1);
    let config = Config {
        pipeline: Pipeline {
            maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
            ..Pipeline::default()
        },
        high_pass_filter: Some(HighPassFilter::default()),
        noise_suppression: Some(NoiseSuppression { level, ..NoiseSuppression::default() }),
        ..Config::default()
    };
    AudioProcessing::builder().config(config).capture_config(stream).render_config(stream).build()
}
