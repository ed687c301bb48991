//! The verifier agrees with every numbered case, and with what the documents say of it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a step fails"
)]

mod document;
mod explain;
mod session;
mod vectors;
mod walk;
