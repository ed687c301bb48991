//! What one hears, what it costs, and what the licence has to say.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where a step fails")]

mod allocation;
mod gate;
#[path = "../examples/sounds/noise.rs"]
#[expect(dead_code, reason = "only its white noise is wanted, for speech")]
mod noise;
mod quality;
mod sounds;
#[path = "../examples/sounds/speech.rs"]
#[expect(dead_code, reason = "levels are set otherwise here")]
mod speech;

/// Samples per second of what is synthesised.
const RATE: u32 = 48_000;
