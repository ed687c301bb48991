//! What an app's backend uses to fetch licences from an issuer (ours, or the original service) and to
//! keep them fresh.
//!
//! An [`Upstream`] is an issuer at one host or several. A [`LicenseClient`] signs a request of one app,
//! sends it, and gives the licence or a [`FetchError`] that keeps the return code and says what to do
//! next. A [`LicenseCache`] keeps one app's licence: in memory and on disk, refreshed every 2 h, so
//! that an outage of the issuer is seen by nobody before the licence ends. Neither a secret nor a
//! signed URL is ever part of what any of them prints.
//!
//! ```no_run
//! use tonegate_client::{
//!     AppId, CacheDirectory, LicenseCache, LicenseClient, ServerSecret, Upstream,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let upstream = Upstream::builder("https://issuer.example").build()?;
//! let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38")?;
//! let client = LicenseClient::new(upstream, AppId(12345), secret);
//!
//! let directory = CacheDirectory::open("/var/lib/backend/licenses")?;
//! let cache = LicenseCache::builder(client).directory(&directory).build();
//! let keeper = cache.clone();
//! tokio::spawn(async move { keeper.keep_fresh().await });
//!
//! let view = cache.license().await?; // waits only while there is none
//! if let Some(license) = view.usable() {
//!     println!("{} ({})", license.license, view.state.name());
//! }
//! # Ok(())
//! # }
//! ```

mod address;
mod answer;
mod breaker;
mod cache;
mod cached;
mod client;
mod disk;
mod endpoint;
mod error;
mod http;
mod issuer_time;
mod limits;
mod pace;
mod schedule;
mod tls;
mod trust;
mod upstream;

pub use address::AddressRule;
pub use cache::{CacheEvent, LicenseCache, LicenseCacheBuilder};
pub use cached::{CachedLicense, ExpireAtBasis, LicenseState, StaleReason, View};
pub use client::{FetchedLicense, LicenseClient};
pub use disk::CacheDirectory;
pub use error::FetchError;
pub use http::{HttpAnswer, HttpClient, HttpConfig, HttpError};
pub use tonegate_license::{Environment, Pins, Reason};
pub use tonegate_protocol::{AppId, AppIdError, ReturnCode, ServerSecret, ServerSecretError};
pub use trust::{Trust, Verified};
pub use upstream::{Upstream, UpstreamBuilder};
