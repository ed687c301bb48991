//! What one hears, what it costs, and what the licence has to say.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where a step fails")]

mod allocation;
mod gate;
mod quality;
mod sounds;
