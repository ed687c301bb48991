//! What the issuer promises, and what nobody may get out of the verifier with its licences.
#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

mod alteration;
mod device;
mod house;
mod keys;
mod lifetime;
mod round_trip;
mod walks;
