//! The client as a backend meets it: real sockets on loopback, issuers that fail on
//! command, and a clock turned by hand.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod bad_answers;
mod clock;
mod faults;
mod fetch;
mod kill;
mod one_bad_answer;
mod outage;
mod schedule_properties;
mod single_flight;
mod support;
mod tls;
mod world;
