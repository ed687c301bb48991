//! Automatic gain control: the parts of WebRTC's AGC2, put together for one loudness.
//!
//! WebRTC's own order only amplifies, towards a peak level. Voice messages that were recorded too loud are to come down as
//! well, and all of them to one loudness: so the sound is lowered by a fixed gain first, and the speech level that
//! the controller hears of is lowered with it.

use sonora_agc2::adaptive_digital_gain_controller::{AdaptiveDigitalGainController, FrameInfo};
use sonora_agc2::common::{
    ADJACENT_SPEECH_FRAMES_THRESHOLD, MIN_LEVEL_DBFS, SUB_FRAMES_IN_FRAME, db_to_ratio,
    float_s16_to_dbfs,
};
use sonora_agc2::fixed_digital_level_estimator::FixedDigitalLevelEstimator;
use sonora_agc2::interpolated_gain_curve::InterpolatedGainCurve;
use sonora_agc2::noise_level_estimator::NoiseLevelEstimator;
use sonora_agc2::speech_level_estimator::{AdaptiveDigitalConfig, SpeechLevelEstimator};
use sonora_agc2::vad_wrapper::VoiceActivityDetectorWrapper;
use sonora_simd::detect_backend;

use crate::{FRAME, FULL_SCALE, SAMPLE_RATE};

/// The level that syllables are brought to, dBFS: whole messages come to −18 LUFS by it.
const TARGET_DBFS: f32 = -15.0;
/// No noise is raised above it.
const NOISE_DBFS: f32 = -45.0;
/// By how much the level that the estimator is told falls in a frame at most: it rides on syllables, and pauses between
/// words, which are speech to the detector, do not make speech look quieter than it is.
const RELEASE_DB: f32 = 0.2;
/// By how much the sound is lowered before the controller raises it.
const LOWERED_DB: f32 = 20.0;
/// The split of the target that the controller's two kinds of headroom need; both must be above zero.
const HEADROOM_DB: f32 = 1.0;
const CONTROL: AdaptiveDigitalConfig = AdaptiveDigitalConfig {
    headroom_db: -TARGET_DBFS - HEADROOM_DB,
    max_gain_db: 30.0 + LOWERED_DB,
    initial_gain_db: LOWERED_DB,
    max_gain_change_db_per_second: 24.0,
    max_output_noise_level_dbfs: NOISE_DBFS,
};
const SUB_FRAMES: usize = SUB_FRAMES_IN_FRAME as usize;
const SUB_FRAME: usize = FRAME / SUB_FRAMES;

/// The gain control of one recording. Adds no latency.
pub(crate) struct Agc {
    voice_activity: VoiceActivityDetectorWrapper,
    speech: SpeechLevelEstimator,
    noise: NoiseLevelEstimator,
    control: AdaptiveDigitalGainController,
    limiter: Limiter,
    /// Of the latest syllables, dBFS.
    loudness: f32,
}

impl Agc {
    pub(crate) fn new() -> Self {
        let (backend, rate) = (detect_backend(), SAMPLE_RATE.cast_signed());
        Self {
            voice_activity: VoiceActivityDetectorWrapper::new(backend, rate),
            speech: SpeechLevelEstimator::new(&CONTROL, ADJACENT_SPEECH_FRAMES_THRESHOLD),
            noise: NoiseLevelEstimator::default(),
            control: AdaptiveDigitalGainController::new(CONTROL, ADJACENT_SPEECH_FRAMES_THRESHOLD),
            limiter: Limiter::new(),
            loudness: MIN_LEVEL_DBFS,
        }
    }

    /// `heard` is the sound as it was recorded: what suppression takes of the first words must not be given to the rest.
    pub(crate) fn process(&mut self, heard: &[f32; FRAME], frame: &mut [f32; FRAME]) {
        let heard = heard.map(|sample| sample * FULL_SCALE);
        for sample in frame.iter_mut() {
            *sample *= FULL_SCALE;
        }
        let speech_probability = self.voice_activity.analyze(&heard);
        let noise_dbfs = self.noise.analyze(&[&frame[..]]);
        self.loudness = level_dbfs(&heard).max(self.loudness - RELEASE_DB);
        self.speech.update(self.loudness, speech_probability);
        let info = FrameInfo {
            speech_probability,
            speech_level_dbfs: self.speech.level_dbfs() - LOWERED_DB,
            speech_level_reliable: self.speech.is_confident(),
            // Noise that is louder already is not raised, and does not take the speech down with it either.
            noise_rms_dbfs: noise_dbfs.min(NOISE_DBFS) - LOWERED_DB,
            headroom_db: HEADROOM_DB,
            limiter_envelope_dbfs: float_s16_to_dbfs(self.limiter.level.last_audio_level()),
        };
        let lowered = db_to_ratio(-LOWERED_DB);
        for sample in frame.iter_mut() {
            *sample *= lowered;
        }
        self.control.process(&info, &mut [&mut frame[..]]);
        self.limiter.process(frame);
        for sample in frame.iter_mut() {
            *sample /= FULL_SCALE;
        }
    }
}

fn level_dbfs(frame: &[f32; FRAME]) -> f32 {
    let energy: f32 = frame.iter().map(|sample| sample * sample).sum();
    float_s16_to_dbfs((energy / FRAME as f32).sqrt())
}

/// WebRTC's limiter from its own parts: the whole allocates for every frame.
struct Limiter {
    level: FixedDigitalLevelEstimator,
    curve: InterpolatedGainCurve,
    last_gain: f32,
}

impl Limiter {
    fn new() -> Self {
        Self {
            level: FixedDigitalLevelEstimator::new(FRAME),
            curve: InterpolatedGainCurve::default(),
            last_gain: 1.0,
        }
    }

    fn process(&mut self, frame: &mut [f32; FRAME]) {
        let levels = self.level.compute_level(&[&frame[..]]);
        for (part, level) in frame.chunks_exact_mut(SUB_FRAME).zip(levels) {
            let gain = self.curve.look_up_gain_to_apply(level);
            // A gain that falls does so at once, as it is wanted for what is loud already.
            let bend = if gain < self.last_gain { 8 } else { 1 };
            for (sample, at) in part.iter_mut().zip(1_u8..) {
                let left = (1.0 - f32::from(at) / SUB_FRAME as f32).powi(bend);
                let gain = left.mul_add(self.last_gain - gain, gain);
                *sample = (*sample * gain).clamp(-FULL_SCALE, FULL_SCALE - 1.0);
            }
            self.last_gain = gain;
        }
    }
}
