//! `tonegate voice process` on files of every kind: other rates, channels, formats; broken ones, and ones in its way.

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::{MADE, VALID, level, process, processed, read, root, sound, spoken, write};
use crate::support::{House, Ran};

/// Two seconds of `steady` in another kind of file.
pub(super) fn two_seconds(kind: &str) -> String {
    root(&format!("crates/tonegate/tests/sounds/two-seconds.{kind}")).to_string_lossy().into_owned()
}

#[test]
fn two_channels_of_another_rate_become_one_of_that_rate() {
    let house = House::empty();
    let steady = read(sound("steady")).1;
    let both: Vec<f64> = steady.iter().flat_map(|sample| [sample * 0.5, sample * 1.0]).collect();
    write(&house, "stereo.wav", 2, 44_100, &both);
    let report = processed(&house, "stereo.wav", &["--ans", "soft"]);
    assert_eq!(
        (&report["input"]["channels"], &report["output"]["channels"]),
        (&2.into(), &1.into())
    );
    let (spec, after) = read(house.path("out.wav"));
    assert_eq!((spec.channels, spec.sample_rate, after.len()), (1, 44_100, steady.len()));
    // It fits what went in best where it is, and is the mean of both.
    let fit = |by: usize| -> f64 {
        let span = 60_000..120_000_usize;
        span.map(|at| after[at + by - 40] * steady[at]).sum()
    };
    let best = (0..=80).max_by(|one, other| fit(*one).total_cmp(&fit(*other))).unwrap();
    assert!((38..=42).contains(&best), "{} samples late", best as i64 - 40);
    let spoken = spoken();
    let change = level(&after, |at| spoken[at]) - level(&steady, |at| spoken[at]);
    assert!((change + 2.5).abs() < 1.5, "three quarters of the level are −2.5 dB: {change:+.1} dB");
}

#[test]
fn what_phones_record_can_be_read() {
    for (kind, rate) in [("mp3", 44_100), ("m4a", 44_100), ("ogg", 16_000), ("flac", 8_000_u32)] {
        let house = House::empty();
        let report = processed(&house, &two_seconds(kind), &["--ans", "medium"]);
        let seconds = report["output"]["duration_secs"].as_f64().unwrap();
        assert!((seconds - 2.0).abs() < 0.05, "{kind}: {seconds}");
        assert_eq!(report["output"]["duration_secs"], report["input"]["duration_secs"], "{kind}");
        assert_eq!(read(house.path("out.wav")).0.sample_rate, rate, "{kind}");
        let reduced = report["noise_reduction_db"].as_f64().unwrap();
        assert!(reduced > 10.0, "{kind}: {reduced}");
    }
}

#[test]
fn samples_keep_their_kind() {
    let steady = read(sound("steady")).1;
    for (bits, sample_format) in [(24, SampleFormat::Int), (32, SampleFormat::Float)] {
        let house = House::empty();
        let spec =
            WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: bits, sample_format };
        let mut file = WavWriter::create(house.path("in.wav"), spec).unwrap();
        for sample in &steady[..48_000] {
            match sample_format {
                SampleFormat::Int => file.write_sample((sample * 8_388_608.0) as i32).unwrap(),
                SampleFormat::Float => file.write_sample(*sample as f32).unwrap(),
            }
        }
        file.finalize().unwrap();
        processed(&house, "in.wav", &["--ans"]);
        let written = WavReader::open(house.path("out.wav")).unwrap();
        assert_eq!(written.spec(), spec);
        assert_eq!(written.duration(), 48_000);
    }
}

#[test]
fn broken_files_are_refused_and_nothing_is_written() {
    let house = House::empty();
    let whole = std::fs::read(sound("steady")).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    // The head and 0.2 s, said to be as long as they are.
    write(&house, "short.wav", 1, 48_000, &read(sound("steady")).1[..9_600]);
    let short = std::fs::read(house.path("short.wav")).unwrap();
    for at in (0..60).chain((60..short.len()).step_by(1_777)) {
        refused(&house, &short[..at], &format!("cut off at {at}"));
    }
    refused(&house, &whole[..whole.len() / 2], "half of it");
    let flac = std::fs::read(two_seconds("flac")).unwrap();
    refused(&house, &flac[..flac.len() / 2], "half of a FLAC file");
    // Between two frames a reader may take it for the end.
    let frame = flac.windows(2).rposition(|bytes| bytes == [0xFF, 0xF8]).unwrap();
    refused(&house, &flac[..frame], "FLAC without its last frame");
    refused(&house, b"no sound at all", "a text");
    refused(&house, &vec![0; 100_000], "zeros");
    for round in 0..120 {
        let mut damaged = short.clone();
        for _ in 0..=random.usize(..4) {
            let at = random.usize(..44);
            damaged[at] = random.u8(..);
        }
        survives(&house, &damaged, &format!("damaged {round}"));
    }
    for kind in ["mp3", "m4a", "ogg", "flac"] {
        let file = std::fs::read(two_seconds(kind)).unwrap();
        for round in 0..12 {
            let mut damaged = file.clone();
            damaged.truncate(random.usize(1..file.len()));
            let at = random.usize(..damaged.len());
            damaged[at] = random.u8(..);
            survives(&house, &damaged, &format!("{kind}, damaged {round}"));
        }
    }
}

/// It ends with 1 and a line that says why, and leaves nothing behind.
#[track_caller]
fn refused(house: &House, bytes: &[u8], what: &str) {
    let ran = survives(house, bytes, what);
    assert_eq!(ran.code, 1, "{what}: {ran:?}");
}

/// It does not panic; where it fails it says so in one line and leaves nothing behind.
#[track_caller]
fn survives(house: &House, bytes: &[u8], what: &str) -> Ran {
    std::fs::write(house.path("broken"), bytes).unwrap();
    let ran = process(house, "broken", VALID, MADE, &["--ans"]);
    assert!(ran.code < 2, "{what}: {ran:?}");
    if ran.code == 0 {
        std::fs::remove_file(house.path("out.wav")).unwrap();
    } else {
        assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{what}: {ran:?}");
        assert!(ran.stderr.contains(';'), "{what}: what to do: {ran:?}");
    }
    let there = std::fs::read_dir(house.path("")).unwrap();
    let there: Vec<_> = there.map(|entry| entry.unwrap().file_name()).collect();
    assert!(there.iter().all(|name| name == "broken" || name == "short.wav"), "{what}: {there:?}");
    ran
}

#[test]
fn what_is_there_stays_as_it_is() {
    let house = House::empty();
    house.write("out.wav", "kept");
    std::fs::copy(sound("steady"), house.path("in.wav")).unwrap();
    process(&house, "in.wav", VALID, MADE, &["--ans"]).refused(1, "out.wav exists already");
    assert_eq!(std::fs::read(house.path("out.wav")).unwrap(), b"kept");
    let onto_itself = ["voice", "process", "in.wav", "in.wav", "--ans"];
    house.run(&onto_itself).refused(1, "in.wav exists already and is left as it is");
    assert!(
        std::fs::read(house.path("in.wav")).unwrap() == std::fs::read(sound("steady")).unwrap()
    );
    std::fs::remove_file(house.path("out.wav")).unwrap();
    let run = |more: &[&str]| process(&house, "in.wav", VALID, MADE, more);
    run(&[]).refused(2, "give --ans, --agc or both");
    run(&["--ans", "--picture", "out.wav"]).refused(2, "the same file");
    run(&["--ans", "--picture", "in.wav"]).refused(1, "in.wav exists already");
    run(&["--ans", "--picture", "nowhere/p.png"]).refused(1, "cannot write nowhere/p.png");
    assert!(run(&["--ans", "loud"]).code(2).stderr.contains("soft, medium, aggressive, ai"));
    let nowhere = ["voice", "process", "in.wav", "nowhere/out.wav", "--ans"];
    house.run(&nowhere).refused(1, "cannot write nowhere/out.wav");
    house.run(&["voice", "process", "none.wav", "out.wav", "--ans"]).refused(1, "check the path");
    house.run(&["voice", "process", ".", "out.wav", "--ans"]).refused(1, "it is no file");
    let no_pins = ["voice", "process", "in.wav", "out.wav", "--ans", "--license", "text"];
    house.run(&no_pins).refused(2, "nothing to verify against");
    assert_eq!(std::fs::read_dir(house.path("")).unwrap().count(), 1, "nothing is left behind");
}
