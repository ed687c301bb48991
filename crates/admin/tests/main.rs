//! The admin API over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod api_tokens;
mod apps;
mod gateway;
mod logs;
mod secrets;
mod support;
