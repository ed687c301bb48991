//! For tests: an upstream that follows the protocol and fails on command. Ships nowhere.
//!
//! [`Upstream`] listens on loopback, checks requests in the published order and answers with
//! licences that the shipped verifier accepts, or with whatever [`Behaviour`] it was told. Time
//! comes from the test's [`Clock`](tonegate_clock::Clock), so weeks pass as fast as the test moves
//! its hand. [`Authority`] mints, and forges, without a server. [`Collector`] keeps traces and metrics.
//! [`Postgres`] and [`Valkey`] are servers of a test's own, [`SoftHsm`] is a hardware token.
//!
//! ```
//! use tonegate_clock::Clock;
//! use tonegate_testing::{Behaviour, Upstream};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (clock, hand) = Clock::manual(1_763_843_553);
//! let upstream = Upstream::start(clock.clone()).await;
//! // … have a client with the secret `tonegate_testing::SECRET` fetch from `upstream.endpoint()` …
//! upstream.set(Behaviour::Forged);
//! hand.advance(std::time::Duration::from_secs(7 * 86_400));
//! upstream.down().await;
//! upstream.up().await;
//! assert_eq!(upstream.calls(), 0);
//! # });
//! ```
#![expect(clippy::expect_used, reason = "a test's part fails by panicking")]

mod answer;
mod authority;
mod behaviour;
mod collector;
mod connection;
mod double;
mod forgery;
mod gateway;
mod limits;
mod postgres;
mod soft_hsm;
mod upstream;
mod valkey;

pub use authority::Authority;
pub use behaviour::Behaviour;
pub use collector::Collector;
pub use postgres::Postgres;
pub use soft_hsm::SoftHsm;
pub use tonegate_issuer::{Grant, GrantedFeature};
pub use upstream::Upstream;
pub use valkey::{Valkey, ValkeyCluster, ValkeySentinel};

/// The issuer that [`Upstream`]'s licences name.
pub const ISSUER: &str = "tonegate-test";

/// The ServerSecret of every app that was given no other one: the published sample.
pub const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";
