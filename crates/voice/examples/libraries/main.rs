//! The libraries that could clean a voice message, measured on the committed sounds; prints the tables of docs/VOICE.md:
//! `cargo run --release --package tonegate-voice --example libraries`.

#[path = "../../tests/sounds.rs"]
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

type Process = Box<dyn FnMut(&mut [f32; FRAME])>;

fn main() {
    println!(
        "| Suppression | hum and hiss, dB | babble, dB | speech, dB | real-time factor |\n|---|---|---|---|---|"
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
    println!(
        "\n| Gain control | −35 dBFS | −30 | −25 | −20 | −15 | −10 | real-time factor |\n|---|---|---|---|---|---|---|---|"
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
    let mut factor = 0.0;
    let mut run = |sound: &Sound| {
        let (cleaned, took) = through(sound, latency, make());
        factor = took;
        cleaned
    };
    let (clean_steady, clean_babble) = (run(&steady), run(&babble));
    println!(
        "| {name} | {:.1} | {:.1} | {:+.1} | {factor:.4} |",
        decibels(clean_steady.in_pauses() / steady.in_pauses()),
        decibels(clean_babble.in_pauses() / babble.in_pauses()),
        decibels(clean_steady.while_spoken() / speech.while_spoken()),
    );
}

fn gain_row(name: &str, make: impl Fn() -> Process) {
    let mut row = format!("| {name} |");
    let mut factor = 0.0;
    for level in [-35.0, -30.0, -25.0, -20.0, -15.0, -10.0] {
        let (out, took) = through(&Sound::read("speech").at(level), 0, make());
        row += &format!(" {:.1} |", loudness(&out.samples));
        factor = took;
    }
    println!("{row} {factor:.4} |");
}

/// What comes out, put back to when it went in; and the time it took by the time it lasts.
fn through(sound: &Sound, latency: usize, mut process: Process) -> (Sound, f64) {
    let begun = Instant::now();
    let out = sound.through(latency, |frame| process(frame));
    let lasts = sound.samples.len() as f64 / f64::from(SAMPLE_RATE);
    (out, begun.elapsed().as_secs_f64() / lasts)
}
