//! What travels on the wire between an app's backend and a licence issuer.
//!
//! Public parameters and their checks, Signature 2.0, return codes and the answer's envelope, as
//! published for `CgiDescribeZIMAudioLicense` and read by `docs/PROTOCOL.md`. Pure: no I/O, no
//! clock, no randomness; for servers and clients alike.
//!
//! ```
//! use tonegate_protocol::{AppId, PublicParameters, ServerSecret, signed_query};
//!
//! let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38")?;
//! let query = signed_query(AppId(12345), "4fd24687296dd9f3", &secret, 1615186943);
//! assert!(query.ends_with("Signature=43e5cfcca828314675f91b001390566a"));
//!
//! let parameters = PublicParameters::parse(&query)?;
//! assert!(parameters.is_signed_with(&secret));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod app_id;
mod envelope;
pub mod limits;
mod parameters;
pub mod query;
mod refusal;
mod return_code;
mod signature;

pub use app_id::{AppId, AppIdError};
pub use envelope::{Data, Envelope, EnvelopeError, RequestId};
pub use parameters::{ACTION, PublicParameters, SIGNATURE_VERSION, signed_query};
pub use refusal::Refusal;
pub use return_code::ReturnCode;
pub use signature::{ServerSecret, ServerSecretError, Signature};
