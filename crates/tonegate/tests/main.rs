//! The real binary, end to end: every command as a person or a program meets it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

mod apps;
mod audit;
mod backends;
mod backup;
mod damage;
mod demo;
mod deploy;
mod hardware;
mod incidents;
mod keys;
mod licenses;
mod migrate;
mod observability;
mod page;
mod postgres;
mod reference;
mod relay;
mod remote;
mod secrecy;
mod serving;
mod support;
mod tokens;
mod voice;
mod wire_documents;
