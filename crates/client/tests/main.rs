//! The client as a backend meets it: real sockets on loopback, scripted issuers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clock;
mod faults;
mod fetch;
mod support;
mod tls;
