//! What disturbs: hiss, hum and babble.

use std::f64::consts::TAU;

use crate::RATE;
use crate::speech::{Voice, say};

/// White noise, the same each time (xorshift64).
pub(crate) struct White(u64);

impl White {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Even within ±1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// White noise, near to a normal distribution.
pub(crate) fn hiss(length: usize, seed: u64) -> Vec<f64> {
    let mut white = White::new(seed);
    (0..length).map(|_| (0..4).map(|_| white.next()).sum()).collect()
}

/// The mains: 100 Hz and its overtones.
pub(crate) fn hum(length: usize) -> Vec<f64> {
    let at = |sample: usize| sample as f64 / f64::from(RATE);
    let overtone =
        |number: f64, time: f64| libm::sin(TAU * 100.0 * number * time + number) / number;
    (0..length)
        .map(|sample| (1..=8_u8).map(|number| overtone(f64::from(number), at(sample))).sum())
        .collect()
}

/// Six people who talk at once, none of them stopping.
pub(crate) fn babble(text: &str, length: usize) -> Vec<f64> {
    let talk: String = text.chars().filter(|letter| *letter != '.').collect();
    let mut babble = vec![0.0; length];
    for talker in 0..6_u8 {
        let high = f64::from(talker) / 5.0;
        let voice = Voice {
            pitch: 95.0 + 120.0 * high,
            tract: 0.95 + 0.2 * high,
            seed: 40 + u64::from(talker),
        };
        let said = say(&talk, voice).samples;
        let from = said.len() / 6 * usize::from(talker);
        for (sample, heard) in babble.iter_mut().zip(said.iter().cycle().skip(from)) {
            *sample += heard;
        }
    }
    babble
}
