//! The libraries that could clean a voice message, measured on the committed sounds; prints the tables of docs/VOICE.md:
//! `cargo bench --package tonegate-voice`.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, and when it cannot go on has nobody to tell but its reader"
)]

#[path = "../tests/sounds.rs"]
mod sounds;

use std::time::Instant;

use nnnoiseless::DenoiseState;
use sonora::config::{
    AdaptiveDigital, GainController2, MaxProcessingRate, NoiseSuppression, NoiseSuppressionLevel,
    Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};
use tonegate_voice::{AnsMode, Effects, Engine, FRAME, SAMPLE_RATE};

use crate::sounds::{Sound, decibels, loudness};

/// Levels of speech that gain control is given, dBFS.
const LEVELS: [f64; 6] = [-35.0, -30.0, -25.0, -20.0, -15.0, -10.0];

type Process = Box<dyn FnMut(&mut [f32; FRAME])>;

fn main() {
    println!(
        "| Suppression | hum and hiss, dB | babble, dB | speech, dB | real-time factor | allocations a frame |\n|---|---|---|---|---|---|"
    );
    for level in [
        NoiseSuppressionLevel::Low,
        NoiseSuppressionLevel::Moderate,
        NoiseSuppressionLevel::High,
        NoiseSuppressionLevel::VeryHigh,
    ] {
        let suppress = || {
            webrtc(Config {
                noise_suppression: Some(NoiseSuppression { level, ..NoiseSuppression::default() }),
                ..Config::default()
            })
        };
        noise_row(&format!("sonora, {level:?}"), 334, suppress);
    }
    noise_row("nnnoiseless", 480, || {
        let mut state = DenoiseState::new();
        Box::new(move |frame| {
            let mut cleaned = [0.0; FRAME];
            state.process_frame(&mut cleaned, &frame.map(|sample| sample * 32_768.0));
            *frame = cleaned.map(|sample| sample / 32_768.0);
        })
    });
    for mode in AnsMode::ALL {
        let effects = Effects { ans: Some(mode), agc: false };
        noise_row(&format!("ours, {mode}"), Engine::new(effects).latency(), || ours(effects));
    }
    let levels = LEVELS.map(|dbfs| format!("{dbfs} dBFS")).join(" | ");
    println!(
        "\n| Gain control | {levels} | real-time factor | allocations a frame |\n|{}",
        "---|".repeat(9)
    );
    for headroom_db in [5.0, 15.0] {
        let adaptive_digital = Some(AdaptiveDigital { headroom_db, ..AdaptiveDigital::default() });
        gain_row(&format!("sonora, headroom {headroom_db} dB"), || {
            webrtc(Config {
                gain_controller2: Some(GainController2 {
                    adaptive_digital: adaptive_digital.clone(),
                    ..GainController2::default()
                }),
                ..Config::default()
            })
        });
    }
    gain_row("ours", || ours(Effects { ans: None, agc: true }));
}

fn webrtc(config: Config) -> Process {
    let stream = StreamConfig::new(SAMPLE_RATE, 1);
    let pipeline = Pipeline {
        maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
        ..Pipeline::default()
    };
    let config = Config { pipeline, ..config };
    let mut processing = AudioProcessing::builder()
        .config(config)
        .capture_config(stream)
        .render_config(stream)
        .build();
    Box::new(move |frame| {
        let mut out = [0.0; FRAME];
        processing.process_capture_f32(&[&frame[..]], &mut [&mut out[..]]).expect("48 kHz mono");
        *frame = out;
    })
}

fn ours(effects: Effects) -> Process {
    let mut engine = Engine::new(effects);
    Box::new(move |frame| engine.process(frame, effects))
}

fn noise_row(name: &str, latency: usize, make: impl Fn() -> Process) {
    let (speech, steady, babble) =
        (Sound::read("speech"), Sound::read("steady"), Sound::read("babble"));
    let (clean_babble, _) = through(&babble, latency, make());
    let (clean_steady, cost) = through(&steady, latency, make());
    println!(
        "| {name} | {:.1} | {:.1} | {:+.1} | {cost}",
        decibels(clean_steady.in_pauses() / steady.in_pauses()),
        decibels(clean_babble.in_pauses() / babble.in_pauses()),
        decibels(clean_steady.while_spoken() / speech.while_spoken()),
    );
}

fn gain_row(name: &str, make: impl Fn() -> Process) {
    let loudness_at =
        |dbfs| loudness(&through(&Sound::read("speech").at(dbfs), 0, make()).0.samples);
    let levels = LEVELS.map(|dbfs| format!("{:.1}", loudness_at(dbfs))).join(" | ");
    let (_, cost) = through(&Sound::read("speech"), 0, make());
    println!("| {name} | {levels} | {cost}");
}

/// What comes out, put back to when it went in; and the last two columns: the time it took by the time it lasts, and
/// allocations for each frame.
fn through(sound: &Sound, latency: usize, mut process: Process) -> (Sound, String) {
    process(&mut [0.0; FRAME]);
    let (mut out, begun) = (sound.clone(), Instant::now());
    let counted =
        allocation_counter::measure(|| out = sound.through(latency, |frame| process(frame)));
    let factor =
        begun.elapsed().as_secs_f64() * f64::from(SAMPLE_RATE) / sound.samples.len() as f64;
    let allocations = counted.count_total / (sound.samples.len() / FRAME) as u64;
    (out, format!("{factor:.4} | {allocations} |"))
}
