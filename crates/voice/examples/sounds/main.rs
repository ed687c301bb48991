//! Writes the test sounds into bindings/voice/sounds: `cargo xtask sounds`.
//!
//! Nobody spoke them: a formant synthesiser says the words, so the licence of the sounds is that of this repository.
//! `sounds.json` says at which levels they are and when nobody speaks. All are 48 kHz mono of 16 bits.

mod noise;
mod speech;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::noise::{babble, hiss, hum};
use crate::speech::{Speech, Voice, say};

/// Samples per second.
const RATE: u32 = 48_000;
/// The level of the speech while somebody speaks, dBFS.
const SPEECH_DBFS: f64 = -20.0;
/// What is said: pauses are `.` (0.8 s) and `,` (0.3 s).
const TEXT: &str = ".helO Dis iz u vois mesij,rekordid in u noizi rUm.pleez kol mi wen yu ar hOm,wi hav u lot tu tok abaut.";

fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "bindings/voice/sounds".into()));
    fs::create_dir_all(&folder)?;
    let mut speech = say(TEXT, Voice { pitch: 118.0, tract: 1.0, seed: 7 });
    speech.bring_to(SPEECH_DBFS);
    let length = speech.samples.len();
    let steady = sum(&at(hiss(length, 3), -36.0), &at(hum(length), -34.0));
    let babble = at(babble(TEXT, length), -34.0);
    let sounds = [
        ("speech", "speech alone", speech.samples.clone(), json!({})),
        (
            "steady",
            "speech in hum and hiss",
            sum(&speech.samples, &steady),
            json!({ "hum_dbfs": -34, "hiss_dbfs": -36 }),
        ),
        (
            "babble",
            "speech among six talkers",
            sum(&speech.samples, &babble),
            json!({ "babble_dbfs": -34 }),
        ),
    ];
    let mut described = Map::new();
    for (name, what, samples, noise) in sounds {
        write(&folder.join(format!("{name}.wav")), &samples)?;
        described.insert(name.into(), json!({ "what": what, "noise": noise }));
    }
    let text = serde_json::to_string_pretty(&json!({
        "sample_rate": RATE,
        "speech_dbfs": SPEECH_DBFS,
        "spoken": spans(&speech),
        "sounds": Value::Object(described),
    }))?;
    Ok(fs::write(folder.join("sounds.json"), text + "\n")?)
}

/// From when to when somebody speaks, in samples.
fn spans(speech: &Speech) -> Vec<[usize; 2]> {
    let mut spans: Vec<[usize; 2]> = Vec::new();
    for (at, _) in speech.spoken.iter().enumerate().filter(|(_, spoken)| **spoken) {
        match spans.last_mut() {
            Some([_, end]) if *end == at => *end = at + 1,
            _ => spans.push([at, at + 1]),
        }
    }
    spans
}

fn at(samples: Vec<f64>, dbfs: f64) -> Vec<f64> {
    let gain = speech::ratio(dbfs) / speech::root_mean_square(samples.iter().copied());
    samples.into_iter().map(|sample| sample * gain).collect()
}

fn sum(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| one + other).collect()
}

fn write(path: &Path, samples: &[f64]) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        file.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16)?;
    }
    file.finalize()
}
