//! The listener as its peers meet it: real sockets on loopback, one behaviour a test.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod caps;
mod client_address;
mod drain;
mod http;
mod limits;
mod silence;
mod support;
mod tls;
