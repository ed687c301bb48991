//! `tonegate voice process`: what can be heard, what a licence has to say, and files of every kind.

mod files;

use std::path::{Path, PathBuf};

use ebur128::{EbuR128, Mode};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use serde_json::Value;

use crate::support::{House, Ran, text};

const PINS: &str =
    "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw";
/// `agc`, `ans`.
const VALID: &str = "001-valid.txt";
/// `agc`, `ans`, `ans-ai`; `agc:stop`, `ans:bypass`.
const STOP: &str = "257-stop.txt";
/// When these licences were made, and when they end.
const MADE: i64 = 1_763_843_493;
const ENDS: i64 = 1_764_451_893;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn sound(name: &str) -> String {
    root(&format!("bindings/voice/sounds/{name}.wav")).to_string_lossy().into_owned()
}

/// Processes `from` into `out.wav` with this licence from this time on.
fn process(house: &House, from: &str, license: &str, at: i64, more: &[&str]) -> Ran {
    let license = root(&format!("vectors/{license}"));
    let (license, at) = (license.to_string_lossy(), at.to_string());
    let process = ["voice", "process", from, "out.wav", "--license", &*license, "--at", &at];
    house.run(&[&process[..], &["--pins", PINS, "--issuer", "tonegate-test"], more].concat())
}

/// The same with the licence whose time has just begun: all is applied, and reported so.
#[track_caller]
fn processed(house: &House, from: &str, more: &[&str]) -> Value {
    process(house, from, VALID, MADE, &[more, &["--json"]].concat()).json()
}

/// The report of a run that did not do all that was asked for.
#[track_caller]
fn partly(ran: Ran) -> Value {
    serde_json::from_str(&ran.code(3).stdout).unwrap()
}

#[track_caller]
fn codes(report: &Value) -> Vec<u64> {
    report["told"].as_array().unwrap().iter().map(|it| it["code"].as_u64().unwrap()).collect()
}

/// Samples of 16 bits within ±1.
fn read(path: impl AsRef<Path>) -> (WavSpec, Vec<f64>) {
    let file = WavReader::open(path).unwrap();
    let spec = file.spec();
    let samples = file.into_samples::<i16>();
    (spec, samples.map(|sample| f64::from(sample.unwrap()) / 32_768.0).collect())
}

fn out(house: &House) -> Vec<f64> {
    read(house.path("out.wav")).1
}

fn write(house: &House, name: &str, channels: u16, rate: u32, samples: &[f64]) {
    let spec = WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut file = WavWriter::create(house.path(name), spec).unwrap();
    for sample in samples {
        file.write_sample((sample * 32_768.0).round() as i16).unwrap();
    }
    file.finalize().unwrap();
}

/// For each sample of the committed sounds: does somebody speak?
fn spoken() -> Vec<bool> {
    let described = std::fs::read_to_string(root("bindings/voice/sounds/sounds.json")).unwrap();
    let described: Value = serde_json::from_str(&described).unwrap();
    let mut spoken = vec![false; read(sound("speech")).1.len()];
    for span in described["spoken"].as_array().unwrap() {
        let at = |end: usize| usize::try_from(span[end].as_u64().unwrap()).unwrap();
        spoken[at(0)..at(1)].fill(true);
    }
    spoken
}

/// The level of what is picked, dBFS.
fn level(samples: &[f64], is_picked: impl Fn(usize) -> bool) -> f64 {
    let picked = || samples.iter().enumerate().filter(|(at, _)| is_picked(*at));
    let energy: f64 = picked().map(|(_, sample)| sample * sample).sum();
    10.0 * (energy / picked().count() as f64).log10()
}

/// For each sample: is it in a pause, a tenth of a second away from speech, and after the first second?
fn pauses(spoken: &[bool]) -> Vec<bool> {
    let is_pause = |at: usize| {
        let around = &spoken[at.saturating_sub(4_800)..(at + 4_800).min(spoken.len())];
        at >= 48_000 && !around.contains(&true)
    };
    let blocks = (0..spoken.len().div_ceil(480)).map(|block| is_pause(block * 480));
    blocks.flat_map(|pause| [pause; 480]).collect()
}

fn loudness(samples: &[f64]) -> f64 {
    let mut meter = EbuR128::new(1, 48_000, Mode::I).unwrap();
    meter.add_frames_f64(samples).unwrap();
    meter.loudness_global().unwrap()
}

#[test]
fn steady_noise_goes_and_speech_stays() {
    let house = House::empty();
    let report = processed(&house, &sound("steady"), &["--ans", "medium"]);
    let (before, after, spoken) = (read(sound("steady")).1, out(&house), spoken());
    assert_eq!(before.len(), after.len());
    let pauses = pauses(&spoken);
    let change =
        |is_picked: &[bool]| level(&after, |at| is_picked[at]) - level(&before, |at| is_picked[at]);
    assert!(change(&pauses) <= -15.0, "noise {:+.1} dB", change(&pauses));
    // The noise under the speech goes, too: the speech alone is what it is compared with.
    let speech = read(sound("speech")).1;
    let kept = level(&after, |at| spoken[at]) - level(&speech, |at| spoken[at]);
    assert!(kept.abs() <= 1.5, "speech {kept:+.1} dB");
    // What the command itself says, without knowing who speaks when, is not far from that.
    let told = report["noise_reduction_db"].as_f64().unwrap();
    assert!((told + change(&pauses)).abs() <= 3.0, "{told} and {}", change(&pauses));
    assert_eq!(report["applied"]["ans"], "medium");
    assert!(report["speed"].as_f64().unwrap() > 1.0, "{report}");
}

#[test]
fn quiet_speech_becomes_as_loud_as_other_speech() {
    let house = House::empty();
    let quiet: Vec<f64> = read(sound("speech")).1.iter().map(|sample| sample * 0.2).collect();
    write(&house, "quiet.wav", 1, 48_000, &quiet);
    let report = processed(&house, "quiet.wav", &["--agc"]);
    let found = loudness(&out(&house));
    assert!((found + 18.0).abs() <= 2.0, "{found:.1} LUFS");
    let told = report["after"]["loudness_lufs"].as_f64().unwrap();
    assert!((told - found).abs() <= 0.2, "{told} and {found}");
    assert!(report["before"]["loudness_lufs"].as_f64().unwrap() < -32.0, "{report}");
}

#[test]
fn what_is_not_unlocked_is_a_copy_that_says_why() {
    let steady = std::fs::read(sound("steady")).unwrap();
    for (license, at, asked, code) in [
        ("002-empty.txt", MADE, ["--ans", "--agc"].as_slice(), [81].as_slice()),
        ("053-root-forged.txt", MADE, &["--ans"], &[81]),
        (VALID, ENDS, &["--ans"], &[82]),
        (VALID, MADE, &["--ans", "ai"], &[83]),
        (VALID, MADE, &["--ans", "ai_balanced"], &[83]),
    ] {
        let house = House::empty();
        let report =
            partly(process(&house, &sound("steady"), license, at, &[asked, &["--json"]].concat()));
        assert_eq!(codes(&report)[..1], *code, "{license}");
        let told = &report["told"][0];
        assert!(text(&told["next_step"]).ends_with('.'), "{told}");
        assert_eq!(
            (&report["applied"]["ans"], &report["applied"]["agc"]),
            (&Value::Null, &false.into())
        );
        assert!(
            std::fs::read(house.path("out.wav")).unwrap() == steady,
            "{license}: the same bytes"
        );
    }
}

#[test]
fn without_a_license_nothing_is_needed_to_be_told_so() {
    let house = House::empty();
    let ran = house.run(&["voice", "process", &sound("steady"), "out.wav", "--ans"]).code(3);
    for says in ["there is no licence (SDK code 81)", "the output is a copy", "Fetch a licence"] {
        assert!(ran.stdout.contains(says), "{says}: {}", ran.stdout);
    }
    let same = std::fs::read(sound("steady")).unwrap();
    assert!(std::fs::read(house.path("out.wav")).unwrap() == same);
    let decoded = ["voice", "process", &files::two_seconds("ogg"), "decoded.wav", "--agc"];
    house.run(&decoded).code(3);
    let (spec, samples) = read(house.path("decoded.wav"));
    assert_eq!((spec.channels, spec.sample_rate, samples.len()), (2, 16_000, 64_000));
    assert!(level(&samples, |_| true) > -40.0);
}

#[test]
fn what_is_unlocked_is_applied_and_the_rest_is_told() {
    let house = House::empty();
    let both = ["--ans", "ai", "--agc", "--json"];
    let report = partly(process(&house, &sound("steady"), VALID, MADE, &both));
    assert_eq!(codes(&report), [83]);
    assert_eq!(
        (&report["applied"]["ans"], &report["applied"]["agc"]),
        (&Value::Null, &true.into())
    );
    let house = House::empty();
    let report = process(&house, &sound("babble"), STOP, MADE, &["--ans", "ai", "--json"]).json();
    assert_eq!(report["applied"]["ans"], "ai");
    assert!(report["noise_reduction_db"].as_f64().unwrap() > 8.0, "{report}");
}

#[test]
fn an_effect_ends_where_the_license_ends() {
    let house = House::empty();
    let ran = process(&house, &sound("steady"), VALID, ENDS - 5, &["--ans", "--json"]);
    let report = partly(ran);
    assert_eq!(codes(&report), [82]);
    assert_eq!(
        (&report["told"][0]["at_secs"], &report["cut_at_secs"]),
        (&5.0.into(), &Value::Null)
    );
    let (before, after) = (read(sound("steady")).1, out(&house));
    assert_eq!(before.len(), after.len());
    // Within a frame it has gone, and what follows is the very sound.
    let gone = 5 * 48_000 + 480;
    assert!(before[gone..] == after[gone..]);
    let pauses = pauses(&spoken());
    let quieter =
        level(&after[..230_000], |at| pauses[at]) - level(&before[..230_000], |at| pauses[at]);
    assert!(quieter <= -10.0, "{quieter:+.1} dB");
}

#[test]
fn a_recording_ends_where_the_license_stops_it() {
    let house = House::empty();
    let report = partly(process(&house, &sound("steady"), STOP, ENDS - 5, &["--agc", "--json"]));
    assert_eq!(codes(&report), [82]);
    let cut = report["cut_at_secs"].as_f64().unwrap();
    assert!((4.98..=5.02).contains(&cut), "{cut}");
    let after = out(&house);
    assert_eq!(after.len() as f64, (cut * 48_000.0).round());
    let told = process(&House::empty(), &sound("steady"), STOP, ENDS - 5, &["--agc"]).code(3);
    let says = "at 5.0 s: the licence says that a recording stops then";
    assert!(told.stdout.contains(says), "{told:?}");
}

#[test]
fn the_picture_shows_that_the_noise_went() {
    let house = House::empty();
    processed(&house, &sound("steady"), &["--ans", "--picture", "both.png"]);
    let file = std::io::BufReader::new(std::fs::File::open(house.path("both.png")).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (1_600, 860));
    // How bright a part of the picture is, from 0 to 255.
    let brightness = |left: usize| -> f64 {
        let rows = 450..750;
        let parts = rows.flat_map(|y| {
            let row = y * 1_600 * 3;
            pixels[row + left * 3..row + (left + 600) * 3].iter()
        });
        let (sum, count) =
            parts.fold((0.0, 0.0), |(sum, count), it| (sum + f64::from(*it), count + 1.0));
        sum / count
    };
    let (before, after) = (brightness(100), brightness(830));
    assert!(before > after + 20.0, "before {before:.0}, after {after:.0}");
}

#[test]
fn the_device_remembers_what_it_saw() {
    let house = House::empty();
    let state = ["--ans", "--state-file", "state"];
    process(&house, &sound("steady"), VALID, ENDS - 60, &state).code(0);
    assert_eq!(std::fs::read(house.path("state")).unwrap().len(), 32);
    std::fs::remove_file(house.path("out.wav")).unwrap();
    process(&house, &sound("steady"), VALID, ENDS + 60, &state).code(3);
    std::fs::remove_file(house.path("out.wav")).unwrap();
    // Its clock is set back: the state knows better.
    process(&house, &sound("steady"), VALID, MADE, &state).code(3);
}
