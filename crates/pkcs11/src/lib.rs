//! Issuing keys that live in a hardware token, over PKCS#11.
//!
//! A [`Token`] is a token's sessions, each with a thread of its own; a [`TokenKey`] signs with a key in
//! it. Invariants: nothing here waits longer than its bound for a module, however it hangs; a token
//! that went away is tried again until it is back; a PIN that was refused is never tried a second time,
//! and no token's last try is ever used up; the PIN is in no log, no error and no `Debug`. Leaves to
//! others: which key signs what (`issuer`), and what goes on without a token (`server`).

mod error;
mod key;
mod keys_in_token;
pub mod limits;
mod link;
mod module;
mod pin;
mod point;
mod pool;
mod token;

pub use error::TokenError;
pub use key::TokenKey;
pub use module::finalize;
pub use pin::PinSource;
pub use token::{Facts, Token, TokenConfig, Which};
