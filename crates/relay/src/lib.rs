//! The relay: a backend's licences, always fresh, handed to its apps.
//!
//! A [`Relay`] keeps the licence of each configured app fresh (`tonegate_client::LicenseCache`), before an
//! issuer of ours or before the original service, and hands it to callers who prove that they may have
//! it: by API key, or by a JWT of the app's own identity provider. `docs/RELAY.md` says how to run one.
//!
//! A request's way is `decide`: route, network limit, credential, app, rate, licence. It waits for
//! nothing and allocates nothing, so it runs on the listener's fast path; only a caller for whose app no
//! licence has come yet waits, behind hyper.

mod admin;
mod answer;
mod app;
pub mod auth;
pub mod check;
pub mod config;
mod decide;
mod fast;
mod limits;
mod metrics;
mod notice;
mod problem;
mod rates;
mod relay;
mod rendered;
mod secret;
mod service;
pub mod status;
mod upkeep;
mod webhook;

pub use app::App;
pub use relay::Relay;
pub use secret::{SecretError, SecretSource};
pub use service::{Service, StartError};
pub use webhook::WebhookError;
