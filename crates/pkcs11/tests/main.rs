//! Tokens as SoftHSM makes them, each test with some of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod house;
mod loss;
mod signing;
