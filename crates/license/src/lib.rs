//! Verifies Tonegate audio licences offline, inside apps.
//!
//! A licence is one JWS in a frozen profile, signed by an issuing key whose certificate travels with
//! it, signed in turn by a root key that the app was built with ([`Pins`]). `docs/FORMAT.md` states
//! the format; this crate is one reader of it. It uses no allocator, no standard library, no unsafe
//! code and no clock: time ([`Time`]) and what the device remembers ([`State`]) are arguments.
//! Nothing panics on hostile input.
//!
//! Most apps want a [`Gate`]: load a licence, ask at each use of a feature, keep the state.
//! [`verify`] is the same as one pure function:
//!
//! ```
//! use tonegate_license::{verify, Environment, Expect, Pins, Reason, State, Time};
//!
//! let pins: Pins = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo,PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
//!     .parse()?;
//! let expect = Expect {
//!     issuer: "tonegate",
//!     environment: Environment::Production,
//!     app_id: None,
//!     identity: None,
//! };
//! let now = Time { wall: 1_763_840_000, elapsed: 0 };
//! let (verdict, state) = verify("", pins, expect, now, State::new(7));
//! assert_eq!(verdict.reason, Some(Reason::Empty));
//! assert_eq!(verdict.sdk_code(), 81);
//! # let _ = state;
//! # Ok::<(), tonegate_license::PinsError>(())
//! ```
//!
//! What it does not do: fetch licences, keep the state, or stop a user who alters the app itself.

#![no_std]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::as_conversions))]

#[cfg(test)]
extern crate std;

mod base64url;
mod certificate;
mod gate;
mod jws;
mod key;
mod license;
pub mod limits;
mod list;
mod reader;
mod state;
mod text;
mod verdict;

pub use certificate::Chain;
pub use gate::{Expect, Gate};
pub use key::{KeyId, Pins, PinsError, Root};
pub use license::{Environment, License, OnExpiry, Token};
pub use state::{State, Time};
pub use text::{Feature, Identity, Issuer};
pub use verdict::{FeatureVerdict, Reason, Validity, Verdict};

/// Verifies a licence as at a start of the app, without keeping it.
///
/// The verdict explains itself; the state that comes back is the one to keep.
#[must_use]
pub fn verify(
    text: &str,
    pins: Pins,
    expect: Expect<'_>,
    time: Time,
    state: State,
) -> (Verdict, State) {
    let mut gate = Gate::new(pins, expect, state);
    let verdict = gate.load(text, time);
    (verdict, gate.state())
}
