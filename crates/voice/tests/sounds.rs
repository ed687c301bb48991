//! The committed sounds, and what is measured of them.

use std::path::Path;

use ebur128::{EbuR128, Mode};
use tonegate_voice::FRAME;

/// A sound, and when somebody speaks in it.
#[derive(Clone)]
pub(crate) struct Sound {
    pub(crate) samples: Vec<f32>,
    pub(crate) spoken: Vec<bool>,
}

impl Sound {
    /// One of `bindings/voice/sounds`.
    pub(crate) fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings/voice/sounds");
        let mut file = hound::WavReader::open(folder.join(format!("{name}.wav"))).expect("a sound");
        let samples: Vec<f32> = file
            .samples::<i16>()
            .map(|sample| f32::from(sample.expect("a sample")) / 32_768.0)
            .collect();
        let text = std::fs::read_to_string(folder.join("sounds.json")).expect("sounds.json");
        let described: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut spoken = vec![false; samples.len()];
        for span in described["spoken"].as_array().expect("spans") {
            let bound = |at: usize| span[at].as_u64().expect("a sample's number") as usize;
            spoken[bound(0)..bound(1)].fill(true);
        }
        Self { samples, spoken }
    }

    /// The same, with its speech at this level, dBFS.
    pub(crate) fn at(mut self, dbfs: f64) -> Self {
        let gain = 10_f64.powf(dbfs / 20.0) / self.while_spoken();
        self.samples.iter_mut().for_each(|sample| *sample *= gain as f32);
        self
    }

    /// What comes out of a process, put back by its latency to when it went in.
    pub(crate) fn through(
        &self,
        latency: usize,
        mut process: impl FnMut(&mut [f32; FRAME]),
    ) -> Self {
        let mut samples = self.samples.clone();
        samples.resize((samples.len() + latency).next_multiple_of(FRAME), 0.0);
        for frame in samples.as_chunks_mut().0 {
            process(frame);
        }
        let samples = samples[latency..latency + self.samples.len()].to_vec();
        Self { samples, spoken: self.spoken.clone() }
    }

    /// The level while somebody speaks, root mean square.
    pub(crate) fn while_spoken(&self) -> f64 {
        root_mean_square(
            self.samples
                .iter()
                .zip(&self.spoken)
                .filter(|(_, spoken)| **spoken)
                .map(|(sample, _)| *sample),
        )
    }

    /// The level while nobody speaks, from the second second on (a suppressor has to hear noise before it knows it),
    /// without the tenth of a second around what is spoken.
    pub(crate) fn in_pauses(&self) -> f64 {
        root_mean_square(self.pauses().flat_map(|pause| self.samples[pause].iter().copied()))
    }

    /// The pauses that [`in_pauses`](Self::in_pauses) measures.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let around = 4_800;
        let mut at = 0;
        let mut pauses = Vec::new();
        for same in self.spoken.chunk_by(|one, other| one == other) {
            let (from, to) = (at.max(48_000) + around, (at + same.len()).saturating_sub(around));
            if !same[0] && from < to {
                pauses.push(from..to);
            }
            at += same.len();
        }
        pauses.into_iter()
    }
}

pub(crate) fn root_mean_square(samples: impl Iterator<Item = f32>) -> f64 {
    let (energy, count) = samples.fold((0.0, 0.0), |(energy, count), sample| {
        (f64::from(sample).mul_add(f64::from(sample), energy), count + 1.0)
    });
    (energy / count).sqrt()
}

pub(crate) fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// Integrated loudness, LUFS.
pub(crate) fn loudness(samples: &[f32]) -> f64 {
    let mut meter = EbuR128::new(1, 48_000, Mode::I).expect("a meter");
    meter.add_frames_f32(samples).expect("mono");
    meter.loudness_global().expect("loudness")
}
