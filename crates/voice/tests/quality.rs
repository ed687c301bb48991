//! The sound, measured on the committed test sounds.

use std::f64::consts::TAU;

use tonegate_voice::{AnsMode, Effects, Engine, FRAME, SAMPLE_RATE};

use crate::sounds::{Sound, decibels, loudness, root_mean_square};
use crate::speech::{Voice, say};

fn ans(mode: AnsMode) -> Effects {
    Effects { ans: Some(mode), agc: false }
}

const AGC: Effects = Effects { ans: None, agc: true };

fn processed(sound: &Sound, effects: Effects) -> Sound {
    let mut engine = Engine::new(effects);
    sound.through(engine.latency(), |frame| engine.process(frame, effects))
}

fn noise_change(name: &str, mode: AnsMode) -> f64 {
    let sound = Sound::read(name);
    decibels(processed(&sound, ans(mode)).in_pauses() / sound.in_pauses())
}

#[test]
fn medium_takes_15_db_of_steady_noise_and_leaves_speech_its_level() {
    let (steady, speech) = (Sound::read("steady"), Sound::read("speech"));
    let cleaned = processed(&steady, ans(AnsMode::Medium));
    let noise = decibels(cleaned.in_pauses() / steady.in_pauses());
    assert!(noise <= -15.0, "noise {noise:.1} dB");
    let level = decibels(cleaned.while_spoken() / speech.while_spoken());
    assert!(level.abs() <= 1.5, "speech {level:+.1} dB");
}

#[test]
fn each_mode_takes_more_than_the_one_before() {
    use AnsMode::{Aggressive, Ai, AiBalanced, Medium, Soft};
    let noise: Vec<_> =
        [Soft, Medium, Aggressive, AiBalanced, Ai].map(|mode| noise_change("steady", mode)).into();
    assert!(noise.is_sorted_by(|one, other| *one > other + 1.0), "{noise:.1?}");
    assert!(noise[0] <= -10.0, "{noise:.1?}");
}

#[test]
fn the_network_hears_babble_as_noise() {
    let (medium, ai) =
        (noise_change("babble", AnsMode::Medium), noise_change("babble", AnsMode::Ai));
    assert!(ai <= -12.0 && ai < medium - 2.0, "medium {medium:.1} dB, AI {ai:.1} dB");
}

#[test]
fn gain_control_brings_speech_of_any_level_to_one_loudness() {
    for level in [-35.0, -30.0, -25.0, -20.0, -15.0, -10.0] {
        let out = processed(&Sound::read("speech").at(level), AGC);
        let found = loudness(&out.samples);
        assert!((found + 18.0).abs() <= 2.0, "{level} dBFS came to {found:.1} LUFS");
        let peak = peak(&out.samples);
        assert!(peak < 1.0, "{level} dBFS peaks at {peak}");
    }
}

#[test]
fn gain_control_alone_makes_no_noisy_speech_quieter_and_raises_no_loud_noise() {
    for name in ["steady", "babble"] {
        for level in [-30.0, -20.0] {
            let sound = Sound::read(name).at(level);
            let out = processed(&sound, AGC);
            let speech = decibels(out.while_spoken() / sound.while_spoken());
            assert!(speech >= -1.5, "{name} at {level} dBFS: speech {speech:+.1} dB");
            // Babble is speech, too.
            let noise = decibels(out.in_pauses() / sound.in_pauses());
            assert!(name == "babble" || noise <= 1.5, "at {level} dBFS: noise {noise:+.1} dB");
        }
    }
}

#[test]
fn gain_control_hits_its_loudness_behind_every_suppression() {
    for name in ["speech", "steady"] {
        for mode in AnsMode::ALL {
            for level in [-35.0, -22.0, -10.0] {
                let effects = Effects { ans: Some(mode), agc: true };
                let found = loudness(&processed(&Sound::read(name).at(level), effects).samples);
                let far = (found + 18.0).abs();
                assert!(far <= 2.0, "{name}, {mode}, {level} dBFS: {found:.1} LUFS");
            }
        }
    }
}

#[test]
fn gain_control_does_for_any_voice_what_it_does_for_ours() {
    for (pitch, tract) in [(85.0, 0.9), (160.0, 1.05), (220.0, 1.15), (300.0, 1.3)] {
        let said = say(
            "wi hav u lot tu tok abaut.helO Dis iz u vois mesij.",
            Voice { pitch, tract, seed: 5 },
        );
        let samples = said.samples.into_iter().map(|sample| sample as f32).collect();
        let sound = Sound { samples, spoken: said.spoken };
        for level in [-30.0, -20.0, -10.0] {
            let found = loudness(&processed(&sound.clone().at(level), AGC).samples);
            let far = (found + 18.0).abs();
            assert!(far <= 2.5, "{pitch} Hz at {level} dBFS: {found:.1} LUFS");
        }
    }
}

#[test]
fn both_together_clean_a_quiet_message_in_noise() {
    let quiet = Sound::read("steady").at(-32.0);
    let out = processed(&quiet, Effects { ans: Some(AnsMode::Medium), agc: true });
    let distance = |sound: &Sound| decibels(sound.while_spoken() / sound.in_pauses());
    let gained = distance(&out) - distance(&quiet);
    assert!(gained >= 12.0, "speech stands out by {gained:.1} dB more");
}

#[test]
fn loud_sound_does_not_leave_full_scale() {
    let loud = Sound::read("speech").at(-6.0);
    for mode in AnsMode::ALL {
        for agc in [false, true] {
            let out = processed(&loud, Effects { ans: Some(mode), agc });
            assert!(peak(&out.samples) <= 1.0, "{mode}, gain control {agc}");
        }
    }
}

#[test]
fn what_is_passed_by_is_the_very_sound() {
    let sound = Sound::read("steady");
    let half = sound.samples.len() / FRAME / 2;
    for mode in AnsMode::ALL {
        let all = Effects { ans: Some(mode), agc: true };
        let (mut engine, mut number) = (Engine::new(all), 0);
        let out = sound.through(engine.latency(), |frame| {
            engine.process(frame, if number < half { all } else { Effects::default() });
            number += 1;
        });
        // The effects go over one frame; all that follow are what went in.
        let untouched = (half + 1) * FRAME;
        assert_eq!(out.samples[untouched..], sound.samples[untouched..], "{mode}");
    }
}

#[test]
fn effects_come_and_go_without_a_click() {
    // A low tone has no jumps of its own, and both effects change its level: one takes it for noise, the other has just
    // been told by quiet speech to raise everything.
    let (speech, step) = (Sound::read("speech").at(-35.0), 151.0 / f64::from(SAMPLE_RATE));
    for (effects, tall) in [(ans(AnsMode::Medium), 0.02), (ans(AnsMode::Ai), 0.02), (AGC, 0.002)] {
        let tone = |at: usize| (tall * (TAU * step * at as f64).sin()) as f32;
        let mut engine = Engine::new(effects);
        for frame in speech.samples.as_chunks::<FRAME>().0 {
            engine.process(&mut { *frame }, effects);
        }
        let mut heard = Vec::new();
        for number in 0..1_600 {
            let mut frame = std::array::from_fn(|at| tone(number * FRAME + at));
            let on = number < 1_200 || number % 20 < 10;
            engine.process(&mut frame, if on { effects } else { Effects::default() });
            heard.extend(frame);
        }
        let (steady, switched) = heard[1_100 * FRAME..].split_at(100 * FRAME);
        let (level, loudest) = (peak(steady), peak(switched));
        let changed = f64::from(level) / tall;
        assert!(!(0.7..1.4).contains(&changed), "{effects:?} leaves the tone as it is");
        let smooth = (TAU * step) as f32 * loudest.max(level);
        let found = largest_step(&heard[1_100 * FRAME..]);
        assert!(found <= 1.3 * smooth, "{effects:?}: {found} where the tone has {smooth}");
    }
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak))
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).fold(0.0, |most, pair| (pair[1] - pair[0]).abs().max(most))
}

#[test]
fn the_latency_is_what_is_said() {
    let sound = Sound::read("speech");
    // Edges, which have one place, where slow waves have many.
    let edges = |samples: &[f32]| -> Vec<f32> {
        samples.windows(3).map(|three| three[0] - 2.0 * three[1] + three[2]).collect()
    };
    let said = edges(&sound.samples);
    for mode in AnsMode::ALL {
        let heard = edges(&processed(&sound, ans(mode)).samples);
        // Where the product of both is largest, they are in step.
        let alike = |late: usize| -> f32 {
            let (heard, said) = (&heard[100_000 + late..], &said[100_020..]);
            heard.iter().zip(said).take(96_000).map(|(one, other)| one * other).sum()
        };
        let late = (0..40).max_by(|one, other| alike(*one).total_cmp(&alike(*other))).unwrap();
        assert!(late.abs_diff(20) <= 1, "{mode} is {} samples off", late as i64 - 20);
    }
}

#[test]
fn balanced_is_a_quarter_of_medium_and_the_rest_of_ai() {
    let sound = Sound::read("babble");
    let [medium, ai, balanced] = [AnsMode::Medium, AnsMode::Ai, AnsMode::AiBalanced]
        .map(|mode| processed(&sound, ans(mode)).samples);
    for (at, sample) in balanced.iter().enumerate() {
        let mixed = 0.75 * ai[at] + 0.25 * medium[at];
        assert!((sample - mixed).abs() < 1e-3, "sample {at}: {sample} for {mixed}");
    }
}

#[test]
fn nothing_that_goes_in_silences_what_follows() {
    let effects = Effects { ans: Some(AnsMode::Ai), agc: true };
    let sound = Sound::read("speech");
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30] {
        let mut engine = Engine::new(effects);
        engine.process(&mut [bad; FRAME], effects);
        let out = sound.through(engine.latency(), |frame| engine.process(frame, effects));
        assert!(out.samples.iter().all(|sample| sample.is_finite()), "{bad}");
        let level = decibels(root_mean_square(out.samples[240_000..].iter().copied()));
        assert!((-32.0..-12.0).contains(&level), "{bad}: {level:.1} dBFS");
    }
}

#[test]
fn silence_stays_silence() {
    let effects = Effects { ans: Some(AnsMode::Ai), agc: true };
    let mut engine = Engine::new(effects);
    for _ in 0..500 {
        let mut frame = [0.0; FRAME];
        engine.process(&mut frame, effects);
        assert!(frame.iter().all(|sample| sample.abs() < 1e-6));
    }
}
