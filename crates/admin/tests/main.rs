//! The admin API over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod api_tokens;
mod apps;
mod authorization;
mod clock;
mod console;
mod csrf;
mod document;
mod enrollment;
mod gateway;
mod headers;
mod imports;
mod locks;
mod logs;
mod observability;
mod secrecy;
mod secrets;
mod sign_in;
mod strangers;
mod support;
mod users;
