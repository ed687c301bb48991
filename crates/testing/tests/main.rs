//! The double as a client meets it: raw requests on real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad;
mod gateway;
mod good;
mod socket;
mod wire;
