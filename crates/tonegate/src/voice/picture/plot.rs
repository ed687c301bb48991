//! The parts of the picture, and where each stands: two sides, a waveform over a spectrogram on each, a colour bar.

use std::convert::Infallible;

use embedded_graphics::Drawable as _;
use embedded_graphics::mono_font::ascii::{FONT_9X15, FONT_10X20};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor as _, WebColors as _};
use embedded_graphics::prelude::{Point, Primitive as _, Size};
use embedded_graphics::primitives::{Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};

use super::axis::ticks;
use super::canvas::Canvas;
use super::envelope::Envelope;
use super::spectrogram::Spectrogram;

/// Width and height, pixels.
pub(super) const SIZE: (usize, usize) = (1_600, 860);
/// Of a plot.
pub(super) const COLUMNS: usize = 660;
/// Of a spectrogram; each is two pixels high.
pub(super) const ROWS: usize = 200;

const LEFTS: [usize; 2] = [70, 800];
const WAVEFORM: Span = Span { top: 70, height: 260 };
const SPECTROGRAM: Span = Span { top: 390, height: ROWS * 2 };
const BAR_LEFT: usize = 1_490;
const BAR_WIDTH: usize = 24;

/// The level in the middle of a waveform, dBFS.
const QUIETEST: f64 = -80.0;
/// The levels at the two ends of the colours, dBFS.
const DARK: f64 = -110.0;
const BRIGHT: f64 = -30.0;

const INK: Rgb888 = Rgb888::CSS_DIM_GRAY;
const GRID: Rgb888 = Rgb888::new(0xE4, 0xE4, 0xE4);
const PEAK: Rgb888 = Rgb888::new(0x9E, 0xC5, 0xE8);
const MEAN: Rgb888 = Rgb888::new(0x1F, 0x5F, 0xA8);
const NOISE: Rgb888 = Rgb888::new(0xD6, 0x4A, 0x1E);
/// From silent to loud.
const COLOURS: [(u8, u8, u8); 6] = [
    (0x05, 0x05, 0x18),
    (0x2B, 0x12, 0x5C),
    (0x7E, 0x1E, 0x6E),
    (0xD0, 0x45, 0x4C),
    (0xF7, 0x9C, 0x3A),
    (0xFC, 0xF5, 0xC0),
];

/// From top to bottom.
#[derive(Clone, Copy)]
struct Span {
    top: usize,
    height: usize,
}

impl Span {
    const fn bottom(self) -> usize {
        self.top + self.height
    }
}

/// The heading of a side, and what the lines in its waveform are.
pub(super) fn title(canvas: &mut Canvas, side: usize, title: &str, noise: Option<f64>) {
    write(canvas, (LEFTS[side], 24), title, &FONT_10X20, Rgb888::BLACK, Alignment::Left);
    let right = LEFTS[side] + COLUMNS;
    let noise = noise.map_or_else(String::new, |noise| format!("noise {noise:.1} dBFS"));
    write(canvas, (right, 48), &noise, &FONT_9X15, NOISE, Alignment::Right);
    write(canvas, (LEFTS[side] + 90, 48), "peak", &FONT_9X15, PEAK, Alignment::Left);
    write(canvas, (LEFTS[side] + 140, 48), "RMS", &FONT_9X15, MEAN, Alignment::Left);
}

/// A waveform in decibels: the middle is silent, both edges are full scale.
pub(super) fn waveform(canvas: &mut Canvas, side: usize, sound: &Envelope, noise: Option<f64>) {
    let left = LEFTS[side];
    for level in [-20.0, -40.0, -60.0] {
        level_lines(canvas, left, level, GRID);
    }
    for (x, column) in sound.columns().enumerate() {
        for (level, colour) in [(column.peak_dbfs(), PEAK), (column.rms_dbfs(), MEAN)] {
            if level > QUIETEST {
                let (up, down) = heights(level);
                (up..=down).for_each(|y| canvas.set(left + x, y, colour));
            }
        }
    }
    if let Some(noise) = noise.filter(|noise| *noise > QUIETEST) {
        level_lines(canvas, left, noise, NOISE);
    }
}

/// A level above and below the middle of a waveform.
fn level_lines(canvas: &mut Canvas, left: usize, level: f64, colour: Rgb888) {
    let (up, down) = heights(level);
    for y in [up, down] {
        (0..COLUMNS).for_each(|x| canvas.set(left + x, y, colour));
    }
}

fn heights(level: f64) -> (usize, usize) {
    let half = WAVEFORM.height / 2;
    let share = ((level - QUIETEST) / -QUIETEST).clamp(0.0, 1.0);
    let away = (share * half as f64) as usize;
    (WAVEFORM.top + half - away, WAVEFORM.top + half + away)
}

/// A spectrogram, the lowest frequency at the bottom.
pub(super) fn spectrogram(canvas: &mut Canvas, side: usize, sound: &Spectrogram) {
    for (x, column) in sound.columns().enumerate() {
        for (row, level) in column.iter().flatten().enumerate() {
            let bottom = SPECTROGRAM.bottom() - row * 2;
            for y in [bottom - 1, bottom - 2] {
                canvas.set(LEFTS[side] + x, y, colour(f64::from(*level)));
            }
        }
    }
}

fn colour(level: f64) -> Rgb888 {
    let last = COLOURS.len() - 1;
    let at = ((level - DARK) / (BRIGHT - DARK)).clamp(0.0, 1.0) * last as f64;
    let from = (at as usize).min(last - 1);
    let (one, other, share) = (COLOURS[from], COLOURS[from + 1], at - from as f64);
    let mixed = |one: u8, other: u8| {
        (f64::from(other) - f64::from(one)).mul_add(share, f64::from(one)).round() as u8
    };
    Rgb888::new(mixed(one.0, other.0), mixed(one.1, other.1), mixed(one.2, other.2))
}

/// The frames and scales of a side.
pub(super) fn axes(canvas: &mut Canvas, side: usize, seconds: f64, top_khz: f64) {
    let left = LEFTS[side];
    for span in [WAVEFORM, SPECTROGRAM] {
        frame(canvas, left, COLUMNS, span);
        for (at, label) in ticks(seconds, 10.0) {
            let x = left + (at / seconds * COLUMNS as f64) as usize;
            line(canvas, (x, span.bottom()), (x, span.bottom() + 5));
            write(canvas, (x, span.bottom() + 16), &label, &FONT_9X15, INK, Alignment::Center);
        }
    }
    let below = SPECTROGRAM.bottom() + 38;
    write(canvas, (left + COLUMNS / 2, below), "time, s", &FONT_9X15, INK, Alignment::Center);
    for level in [0.0, -20.0, -40.0, -60.0, QUIETEST] {
        let (up, down) = heights(level);
        for y in [up, down] {
            tick(canvas, left, y, &format!("{level:.0}"));
        }
    }
    for (khz, label) in ticks(top_khz, 6.0) {
        let up = (khz / top_khz * SPECTROGRAM.height as f64) as usize;
        tick(canvas, left, SPECTROGRAM.bottom() - up, &label);
    }
    write(canvas, (left, WAVEFORM.top - 22), "dBFS", &FONT_9X15, INK, Alignment::Center);
    write(canvas, (left, SPECTROGRAM.top - 22), "kHz", &FONT_9X15, INK, Alignment::Center);
}

/// What the colours mean.
pub(super) fn colour_bar(canvas: &mut Canvas) {
    let level = |up: usize| (BRIGHT - DARK).mul_add(up as f64 / SPECTROGRAM.height as f64, DARK);
    for up in 0..SPECTROGRAM.height {
        let y = SPECTROGRAM.bottom() - 1 - up;
        (0..BAR_WIDTH).for_each(|x| canvas.set(BAR_LEFT + x, y, colour(level(up))));
    }
    frame(canvas, BAR_LEFT, BAR_WIDTH, SPECTROGRAM);
    let right = BAR_LEFT + BAR_WIDTH;
    for at in [DARK, -90.0, -70.0, -50.0, BRIGHT] {
        let share = (at - DARK) / (BRIGHT - DARK);
        let y = SPECTROGRAM.bottom() - (share * SPECTROGRAM.height as f64) as usize;
        line(canvas, (right, y), (right + 5, y));
        write(canvas, (right + 10, y), &format!("{at:.0}"), &FONT_9X15, INK, Alignment::Left);
    }
    let above = (BAR_LEFT, SPECTROGRAM.top - 22);
    write(canvas, above, "dBFS", &FONT_9X15, INK, Alignment::Left);
}

fn tick(canvas: &mut Canvas, left: usize, y: usize, label: &str) {
    line(canvas, (left - 5, y), (left, y));
    write(canvas, (left - 9, y), label, &FONT_9X15, INK, Alignment::Right);
}

fn frame(canvas: &mut Canvas, left: usize, width: usize, span: Span) {
    let corner = point((left - 1, span.top - 1));
    let side = |pixels: usize| u32::try_from(pixels + 2).unwrap_or(u32::MAX);
    let frame = Rectangle::new(corner, Size::new(side(width), side(span.height)));
    drawn(frame.into_styled(PrimitiveStyle::with_stroke(INK, 1)).draw(canvas));
}

fn line(canvas: &mut Canvas, from: (usize, usize), to: (usize, usize)) {
    let line = Line::new(point(from), point(to));
    drawn(line.into_styled(PrimitiveStyle::with_stroke(INK, 1)).draw(canvas));
}

/// Writes a text whose height has its middle at this point.
fn write(
    canvas: &mut Canvas,
    at: (usize, usize),
    text: &str,
    font: &MonoFont<'_>,
    colour: Rgb888,
    alignment: Alignment,
) {
    let style = TextStyleBuilder::new().alignment(alignment).baseline(Baseline::Middle).build();
    let text = Text::with_text_style(text, point(at), MonoTextStyle::new(font, colour), style);
    let Ok(_) = text.draw(canvas);
}

fn point((x, y): (usize, usize)) -> Point {
    let at = |pixels| i32::try_from(pixels).unwrap_or(i32::MAX);
    Point::new(at(x), at(y))
}

/// Nothing can go wrong on a canvas in memory.
fn drawn(result: Result<(), Infallible>) {
    let Ok(()) = result;
}
