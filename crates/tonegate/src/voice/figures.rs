//! What effects did to a sound, in numbers.
//!
//! Nobody says where in a file somebody speaks, so noise and speech are estimated from the sound as it came in: noise is the
//! quietest tenth of its stretches (of a tenth of a second, from the second second on, since a suppressor has to hear
//! noise before it knows it), speech are the stretches within 15 dB of the loudest tenth. Digital silence at both ends
//! is no part of the sound; where the pauses are silent too, there is no noise to tell of. The same stretches are
//! measured in what came out, so what is compared is the same moments.

use serde::Serialize;

use super::meter::Measured;

/// Stretches that are left out at the start, where there are others.
const FIRST: usize = 10;
/// The mean square under which there is silence, not noise: −100 dBFS.
const SILENCE: f64 = 1e-10;
/// Ratio of mean squares within which a stretch is as loud as speech: −15 dB.
const SPEECH: f64 = 0.031_6;

/// The levels of a sound. `None`: there is nothing to tell it from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Levels {
    /// Root mean square in the quietest stretches.
    pub(super) noise_dbfs: Option<f64>,
    /// Root mean square while there is speech.
    pub(super) speech_dbfs: Option<f64>,
    /// Integrated loudness after EBU R 128.
    pub(super) loudness_lufs: Option<f64>,
    /// True peak.
    pub(super) peak_dbtp: Option<f64>,
}

/// A sound before and after.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    pub(super) before: Levels,
    pub(super) after: Levels,
    /// By how much the noise went down.
    pub(super) noise_reduction_db: Option<f64>,
}

impl Figures {
    pub(super) fn of(before: &Measured, after: &Measured) -> Self {
        // What was cut off is not compared.
        let both = before.stretches.len().min(after.stretches.len());
        let stretches = before.stretches.get(..both).unwrap_or_default();
        let (quiet, loud) = (quietest(stretches), speech(stretches));
        let levels = |measured: &Measured| Levels {
            noise_dbfs: level(&measured.stretches, &quiet),
            speech_dbfs: level(&measured.stretches, &loud),
            loudness_lufs: measured.loudness_lufs.map(tenths),
            peak_dbtp: measured.peak_dbtp.map(tenths),
        };
        let (before, after) = (levels(before), levels(after));
        let difference = before.noise_dbfs.zip(after.noise_dbfs);
        let noise_reduction_db = difference.map(|(before, after)| tenths(before - after));
        Self { before, after, noise_reduction_db }
    }
}

fn quietest(stretches: &[f64]) -> Vec<usize> {
    let is_heard = |stretch: &f64| *stretch > SILENCE;
    let begins = stretches.iter().position(is_heard).unwrap_or(0);
    let ends = stretches.iter().rposition(is_heard).map_or(0, |last| last + 1);
    let from = if ends.saturating_sub(begins) > 2 * FIRST { begins + FIRST } else { begins };
    let mut order: Vec<usize> = (from..ends).collect();
    order.sort_by(|one, other| stretches[*one].total_cmp(&stretches[*other]));
    order.truncate(order.len().div_ceil(10));
    // Where the loudest of them is silent, they all are.
    let is_noise = order.last().is_some_and(|at| is_heard(&stretches[*at]));
    if is_noise { order } else { Vec::new() }
}

fn speech(stretches: &[f64]) -> Vec<usize> {
    let mut order: Vec<f64> = stretches.to_vec();
    order.sort_by(|one, other| other.total_cmp(one));
    order.truncate(order.len().div_ceil(10));
    let loudest = order.iter().sum::<f64>() / order.len().max(1) as f64;
    let least = (loudest * SPEECH).max(SILENCE);
    (0..stretches.len()).filter(|at| stretches[*at] >= least).collect()
}

/// Root mean square of these stretches, dBFS. What is digital silence counts as the bottom of 24 bits.
fn level(stretches: &[f64], at: &[usize]) -> Option<f64> {
    let heard: Vec<f64> = at.iter().filter_map(|at| stretches.get(*at).copied()).collect();
    let mean = heard.iter().sum::<f64>() / heard.len() as f64;
    (!heard.is_empty()).then(|| tenths(10.0 * mean.max(1e-14).log10()))
}

/// Nobody hears hundredths.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(stretches: &[f64]) -> Measured {
        Measured { stretches: stretches.to_vec(), loudness_lufs: None, peak_dbtp: None }
    }

    #[test]
    fn the_same_moments_are_compared() {
        // Noise of −40 dBFS; in the middle speech of −20; what comes out has 20 dB less noise.
        let noise =
            |level: f64| (0..100).map(move |at| if at / 10 % 2 == 1 { 1e-2 } else { level });
        let before: Vec<f64> = noise(1e-4).collect();
        let after: Vec<f64> = noise(1e-6).collect();
        let figures = Figures::of(&measured(&before), &measured(&after));
        assert_eq!(figures.before.noise_dbfs, Some(-40.0));
        assert_eq!(figures.after.noise_dbfs, Some(-60.0));
        assert_eq!(figures.noise_reduction_db, Some(20.0));
        assert_eq!(figures.before.speech_dbfs, Some(-20.0));
        assert_eq!(figures.after.speech_dbfs, Some(-20.0));
        let cut = Figures::of(&measured(&before), &measured(&after[..30]));
        assert_eq!(cut.noise_reduction_db, Some(20.0));
    }

    #[test]
    fn silence_has_no_levels() {
        let spoken = |at: usize| if at / 10 % 2 == 1 { 1e-2 } else { 0.0 };
        let clean: Vec<f64> = (0..100).map(spoken).collect();
        let figures = Figures::of(&measured(&clean), &measured(&clean));
        assert_eq!((figures.before.noise_dbfs, figures.before.speech_dbfs), (None, Some(-20.0)));
        for stretches in [[].as_slice(), &[0.0; 50]] {
            let figures = Figures::of(&measured(stretches), &measured(stretches));
            assert_eq!(figures.before.noise_dbfs, None);
            assert_eq!(figures.before.speech_dbfs, None);
        }
    }
}
