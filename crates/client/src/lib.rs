//! What an app's backend uses to fetch licences from an issuer: ours, or the original service.
//!
//! [`LicenseClient::fetch`] signs a request, sends it over HTTPS or HTTP, and gives the licence or
//! a [`FetchError`] that keeps the return code and says what to do next. Neither a secret nor a
//! signed URL is ever part of what it prints. Keeping a licence and refreshing it in time is left
//! to whoever holds the client.
//!
//! ```no_run
//! use tonegate_client::{AppId, LicenseClient, ServerSecret};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38")?;
//! let client = LicenseClient::builder("https://issuer.example", AppId(12345), secret).build()?;
//! let fetched = client.fetch().await?;
//! println!("{}", fetched.license);
//! # Ok(())
//! # }
//! ```

mod answer;
mod client;
mod clock;
mod endpoint;
mod error;
mod limits;
mod tls;
mod transport;

pub use client::{FetchedLicense, LicenseClient, LicenseClientBuilder};
pub use clock::Clock;
pub use error::FetchError;
pub use tonegate_protocol::{AppId, ReturnCode, ServerSecret};
