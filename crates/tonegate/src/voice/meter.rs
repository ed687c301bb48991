//! Measures a sound as it goes by: levels of short stretches, loudness, peak.

use ebur128::{EbuR128, Mode};

use crate::exit::Failure;

/// Stretches in a second.
const STRETCHES: u32 = 10;

/// A meter on one channel.
pub(super) struct Meter {
    loudness: EbuR128,
    /// Samples in a stretch.
    length: usize,
    /// The mean square of each stretch that is whole.
    stretches: Vec<f64>,
    sum: f64,
    summed: usize,
}

/// What a meter has heard.
#[derive(Clone)]
pub(super) struct Measured {
    /// The mean square of each tenth of a second.
    pub(super) stretches: Vec<f64>,
    /// After EBU R 128, LUFS; `None`: too short or too quiet to tell.
    pub(super) loudness_lufs: Option<f64>,
    /// Between samples too, dBTP; `None`: silence.
    pub(super) peak_dbtp: Option<f64>,
}

impl Meter {
    pub(super) fn new(rate: u32) -> Result<Self, Failure> {
        let loudness = EbuR128::new(1, rate, Mode::I | Mode::TRUE_PEAK);
        let length = usize::try_from(rate / STRETCHES).unwrap_or(usize::MAX);
        Ok(Self {
            loudness: loudness.map_err(failed)?,
            length,
            stretches: Vec::new(),
            sum: 0.0,
            summed: 0,
        })
    }

    pub(super) fn hear(&mut self, samples: &[f32]) -> Result<(), Failure> {
        for sample in samples {
            self.sum += f64::from(*sample).powi(2);
            self.summed += 1;
            if self.summed == self.length {
                self.stretches.push(self.sum / self.length as f64);
                (self.sum, self.summed) = (0.0, 0);
            }
        }
        self.loudness.add_frames_f32(samples).map_err(failed)
    }

    pub(super) fn measured(self) -> Result<Measured, Failure> {
        let loudness = self.loudness.loudness_global().map_err(failed)?;
        let peak = self.loudness.true_peak(0).map_err(failed)?;
        Ok(Measured {
            stretches: self.stretches,
            loudness_lufs: Some(loudness).filter(|loudness| loudness.is_finite()),
            peak_dbtp: Some(20.0 * peak.log10()).filter(|peak| peak.is_finite()),
        })
    }
}

fn failed(error: ebur128::Error) -> Failure {
    Failure::new(format!("the loudness cannot be measured: {error}; convert the file first"))
}
