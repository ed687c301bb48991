//! API keys: 32 random bytes that a caller presents, of which the relay keeps the SHA-256.
//!
//! A plain hash is right here, and a slow one would only cost every request: a key has 256 bits from
//! a random generator, so there is nothing to guess, and the time that a lookup by hash takes says
//! nothing about a key either.
//!
//! [`KeyFile`] is what the command line changes, [`KeyRing`] what a running relay looks callers up in.

mod error;
mod file;
mod record;
mod ring;

pub use error::KeyFileError;
pub use file::KeyFile;
pub(super) use record::PREFIX;
pub use record::{ApiKey, KeyHash, KeyRecord};
pub use ring::KeyRing;
