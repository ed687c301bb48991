//! Which frequencies a sound has when.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::envelope::column;

/// The highest frequency that is drawn, Hz: above it there is little of a voice.
const TOP: f64 = 12_000.0;
/// Spectra begin at least so often, in parts of a window.
const OVERLAP: usize = 2;

/// Powers by column (time) and row (frequency).
pub(super) struct Spectrogram {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Scales power so that a sine of full scale is 1.
    scale: f32,
    /// The bins of each row.
    rows: Vec<std::ops::Range<usize>>,
    top: f64,
    columns: Vec<Option<Vec<f32>>>,
    counts: Vec<f32>,
    held: VecDeque<f32>,
    /// Samples between two spectra.
    hop: usize,
    /// The sample in the middle of the next spectrum.
    middle: u64,
    heard: u64,
    total: u64,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
}

impl Spectrogram {
    pub(super) fn new(columns: usize, rows: usize, rate: u32, total: u64) -> Self {
        // 43 ms or somewhat less: long enough to part the harmonics of a voice.
        let most = usize::try_from(rate).unwrap_or(usize::MAX) / 23;
        let length = 1 << most.max(2).ilog2();
        let fft = RealFftPlanner::new().plan_fft_forward(length);
        let angle = |at: usize| std::f32::consts::TAU * at as f32 / length as f32;
        let window: Vec<f32> = (0..length).map(|at| 0.5 - 0.5 * angle(at).cos()).collect();
        let sum: f32 = window.iter().sum();
        let top = TOP.min(f64::from(rate) / 2.0);
        let bins = top / f64::from(rate) * length as f64;
        let bin = |row: usize| (bins * row as f64 / rows as f64) as usize;
        let (input, output) = (fft.make_input_vec(), fft.make_output_vec());
        let per_column = usize::try_from(total).unwrap_or(usize::MAX) / columns;
        Self {
            fft,
            window,
            scale: (2.0 / sum).powi(2),
            rows: (0..rows).map(|row| bin(row)..bin(row + 1).max(bin(row) + 1)).collect(),
            top,
            columns: vec![None; columns],
            counts: vec![0.0; columns],
            // The first spectrum is of the first sample, with silence before it.
            held: std::iter::repeat_n(0.0, length / 2).collect(),
            hop: per_column.clamp(1, length / OVERLAP),
            middle: 0,
            heard: 0,
            total,
            input,
            output,
        }
    }

    /// The highest frequency that is drawn, kHz.
    pub(super) const fn top_khz(&self) -> f64 {
        self.top / 1_000.0
    }

    pub(super) fn hear(&mut self, samples: &[f32]) {
        self.held.extend(samples);
        self.heard += u64::try_from(samples.len()).unwrap_or(0);
        while self.held.len() >= self.window.len() {
            self.add();
            self.held.drain(..self.hop);
            self.middle += u64::try_from(self.hop).unwrap_or(0);
        }
    }

    fn add(&mut self) {
        let windowed = self.held.iter().zip(&self.window);
        for (input, (sample, window)) in self.input.iter_mut().zip(windowed) {
            *input = sample * window;
        }
        // The one error is a buffer of another length than the transform made itself.
        if self.fft.process(&mut self.input, &mut self.output).is_err() {
            return;
        }
        let at = column(self.middle, self.total, self.columns.len());
        let (Some(column), Some(count)) = (self.columns.get_mut(at), self.counts.get_mut(at))
        else {
            return;
        };
        let column = column.get_or_insert_with(|| vec![0.0; self.rows.len()]);
        for (power, bins) in column.iter_mut().zip(&self.rows) {
            let bins = self.output.get(bins.clone()).unwrap_or_default();
            let sum: f32 = bins.iter().map(Complex::norm_sqr).sum();
            *power += sum / bins.len().max(1) as f32 * self.scale;
        }
        *count += 1.0;
    }

    /// Levels from the lowest frequency up, dBFS of a sine, column by column; `None`: there is no sound.
    ///
    /// A column between two spectra shows the one before.
    pub(super) fn columns(&self) -> impl Iterator<Item = Option<Vec<f32>>> {
        let end = column(self.heard, self.total, self.columns.len());
        let columns = self.columns.iter().zip(&self.counts).enumerate();
        columns.scan(None, move |last, (at, (column, count))| {
            if let Some(column) = column {
                let level = |power: &f32| 10.0 * (power / count).log10();
                *last = Some(column.iter().map(level).collect::<Vec<f32>>());
            }
            Some(last.clone().filter(|_| at <= end))
        })
    }
}
