//! From one sample rate to another, without moving the sound in time.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::exit::Failure;

/// Samples that are converted at once, at least: many, so that little is lost below half the lower rate.
const CHUNK: u32 = 4_096;

/// Converts one channel from a rate to another.
pub(super) struct Resampler {
    /// `None`: the rates are the same.
    fft: Option<Fft<f32>>,
    waiting: Vec<f32>,
    converted: Vec<f32>,
    /// What it still has to leave out, so that the sound comes out when it went in.
    late: usize,
}

impl Resampler {
    pub(super) fn new(from: u32, to: u32) -> Result<Self, Failure> {
        let (waiting, converted) = (Vec::new(), Vec::new());
        if from == to {
            return Ok(Self { fft: None, waiting, converted, late: 0 });
        }
        let fft = Fft::new(size(from), size(to), size(chunk(from, to)), 1, FixedSync::Both);
        let fft = fft.map_err(|error| failed(from, to, &error))?;
        let late = fft.output_delay();
        Ok(Self { fft: Some(fft), waiting, converted, late })
    }

    /// Takes samples in, and appends to `out` what is ready.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), Failure> {
        let Some(fft) = &mut self.fft else {
            out.extend_from_slice(samples);
            return Ok(());
        };
        self.waiting.extend_from_slice(samples);
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::new(format!("the sample rate cannot be converted: {error}; convert it first"))
        };
        while self.waiting.len() >= fft.input_frames_next() {
            self.converted.resize(fft.output_frames_max(), 0.0);
            let (frames, room) = (self.waiting.len(), self.converted.len());
            let from = InterleavedSlice::new(&self.waiting, 1, frames).map_err(|it| wrong(&it))?;
            let mut to = InterleavedSlice::new_mut(&mut self.converted, 1, room)
                .map_err(|error| wrong(&error))?;
            let (taken, given) =
                fft.process_into_buffer(&from, &mut to, None).map_err(|error| wrong(&error))?;
            self.waiting.drain(..taken);
            let late = self.late.min(given);
            self.late -= late;
            out.extend_from_slice(&self.converted[late..given]);
        }
        Ok(())
    }
}

/// Samples that make an even number at either rate: half of them is the delay, and is to be whole.
fn chunk(from: u32, to: u32) -> u32 {
    let (mut divisor, mut rest) = (from, to);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    CHUNK.next_multiple_of(from / divisor * 2)
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn failed(from: u32, to: u32, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{from} Hz cannot be converted to {to} Hz: {error}; convert it first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_stays_where_and_as_loud_as_it_was() {
        for rate in [8_000, 16_000, 22_050, 44_100, 44_101, 48_000, 96_000, 192_000_u32] {
            let (mut there, mut back) =
                (Resampler::new(rate, 48_000).unwrap(), Resampler::new(48_000, rate).unwrap());
            let turns = |at: usize| at as f64 * 1_000.0 / f64::from(rate);
            let tone = |at: usize| (turns(at).fract() * std::f64::consts::TAU).sin() as f32;
            let sent: Vec<f32> = (0..200_000).map(tone).collect();
            let (mut between, mut got) = (Vec::new(), Vec::new());
            there.push(&sent, &mut between).unwrap();
            back.push(&between, &mut got).unwrap();
            assert!(got.len() > 20_000 && got.len() <= sent.len(), "{rate}: {}", got.len());
            let middle = 5_000..got.len() - 5_000;
            let off = middle.map(|at| (got[at] - sent[at]).abs()).fold(0.0, f32::max);
            assert!(off < 0.001, "{rate}: {off}");
        }
    }
}
