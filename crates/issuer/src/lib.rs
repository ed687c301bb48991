//! What may sign licences: root keys, issuing keys, key certificates, and minting.
//!
//! The only crate that touches private keys; nothing that ships inside an app depends on it. Pure
//! but for the [`Signer`] and the randomness of a new key: the time is an argument everywhere.
//! Every certificate and every licence is read by the shipped verifier before it is handed out.

mod certificate;
mod hour;
mod jws;
mod keyring;
pub mod limits;
mod mint;
mod signer;

pub use certificate::{CertificateError, KeyCertificate, emergency_sign_from, planned_sign_from};
pub use hour::hour_of;
pub use keyring::{IssuingKey, KeyError, Keyring};
pub use mint::{Grant, GrantedFeature, MintError, Minted, is_granted, mint, mint_signed};
pub use signer::{SignError, Signer, SoftwareKey};
