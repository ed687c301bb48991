//! The server as those meet it who call it, run it and attack it: real sockets, real files.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod accidents;
mod audit;
mod checker;
mod child;
mod clock;
mod gateway;
mod health;
mod interop;
mod kill;
mod licenses;
mod nodes;
mod outage;
mod replay;
mod scale;
mod secrecy;
mod shared_guard;
mod support;
mod token;
mod usage;
mod webhooks;
mod without_database;
