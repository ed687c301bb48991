//! Draws a sound before and after: waveforms in decibels, so that noise is seen beside speech, and spectrograms.

mod axis;
mod canvas;
mod envelope;
mod plot;
mod spectrogram;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use canvas::Canvas;
use envelope::Envelope;
use plot::{COLUMNS, ROWS};
use spectrogram::Spectrogram;

use super::draft::{Draft, unwritable};
use super::figures::{Figures, Levels};
use crate::exit::Failure;

/// What is drawn of a sound before and after.
pub(super) struct Picture {
    seconds: f64,
    before: Track,
    after: Track,
}

/// What is drawn of one sound.
struct Track {
    envelope: Envelope,
    spectrogram: Spectrogram,
}

impl Picture {
    /// Of a sound with so many samples at this rate.
    pub(super) fn new(rate: u32, total: u64) -> Self {
        let seconds = total as f64 / f64::from(rate);
        Self { seconds, before: Track::new(rate, total), after: Track::new(rate, total) }
    }

    /// Takes in a part of the sound as it was.
    pub(super) fn before(&mut self, samples: &[f32]) {
        self.before.hear(samples);
    }

    /// Takes in a part of the sound as it is.
    pub(super) fn after(&mut self, samples: &[f32]) {
        self.after.hear(samples);
    }

    /// Draws it into a file that is not yet in its place.
    pub(super) fn draft(&self, path: &Path, figures: &Figures) -> Result<Draft, Failure> {
        let canvas = self.draw(figures);
        let (draft, file) = Draft::begin(path)?;
        encode(&canvas, file).map_err(|error| unwritable(path, &error))?;
        Ok(draft)
    }

    fn draw(&self, figures: &Figures) -> Canvas {
        let mut canvas = Canvas::new(plot::SIZE);
        let sides: [(&str, &Track, &Levels, usize); 2] = [
            ("Before", &self.before, &figures.before, 0),
            ("After", &self.after, &figures.after, 1),
        ];
        for (title, track, levels, side) in sides {
            plot::title(&mut canvas, side, title, levels.noise_dbfs);
            plot::waveform(&mut canvas, side, &track.envelope, levels.noise_dbfs);
            plot::spectrogram(&mut canvas, side, &track.spectrogram);
            plot::axes(&mut canvas, side, self.seconds, track.spectrogram.top_khz());
        }
        plot::colour_bar(&mut canvas);
        canvas
    }
}

impl Track {
    fn new(rate: u32, total: u64) -> Self {
        Self {
            envelope: Envelope::new(COLUMNS, total),
            spectrogram: Spectrogram::new(COLUMNS, ROWS, rate, total),
        }
    }

    fn hear(&mut self, samples: &[f32]) {
        self.envelope.hear(samples);
        self.spectrogram.hear(samples);
    }
}

fn encode(canvas: &Canvas, file: File) -> Result<(), png::EncodingError> {
    let (width, height) = plot::SIZE;
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(BufWriter::new(file), side(width), side(height));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(canvas.pixels())?;
    writer.finish()
}
