//! Verifies Tonegate audio licences offline, inside apps.
//!
//! A licence is one JWS in a frozen profile, signed by an issuing key whose certificate travels with
//! it, signed in turn by a root key that the app was built with ([`Pins`]). `docs/FORMAT.md` states
//! the format; this crate is one reader of it. It uses no allocator, no standard library, no unsafe
//! code and no clock: time ([`Time`]) and what the device remembers ([`State`]) are arguments.
//! Nothing panics on hostile input.
//!
//! Most apps want a [`Session`], which keeps a licence fresh: it says when to fetch the next one and
//! what to store. A [`Gate`] is what a session asks: load a licence, ask at each use of a feature,
//! keep the state. [`explain`] says what a text is, for logs and support. [`verify`] is the
//! beginning of a gate as one pure function:
//!
//! ```
//! use tonegate_license::{verify, Environment, Expect, Pins, State, Time};
//!
//! // As `tonegate key pins` prints them; these are the test keys of the vectors.
//! let pins: Pins = "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw"
//!     .parse()?;
//! let expect = Expect {
//!     issuer: "tonegate-test",
//!     environment: Environment::Production,
//!     app_id: Some(12345),
//!     identity: None,
//! };
//! let license = include_str!("../../../vectors/001-valid.txt");
//! let now = Time { wall: 1_763_843_553, elapsed: 0 };
//! let (verdict, state) = verify(license, pins, expect, now, State::new(7));
//! assert!(verdict.is_valid());
//! assert_eq!(verdict.validity.unwrap().seconds_left(), 608_340);
//!
//! // Eight days later, with what the device kept, and the clock set back:
//! let later = Time { wall: now.wall + 8 * 86_400, elapsed: 0 };
//! let (verdict, state) = verify(license, pins, expect, later, state);
//! assert_eq!((verdict.state(), verdict.sdk_code()), ("expired", 82));
//! let (verdict, _) = verify(license, pins, expect, now, state);
//! assert_eq!(verdict.state(), "expired");
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
mod explain;
mod gate;
mod jws;
mod key;
mod license;
pub mod limits;
mod list;
mod reader;
mod session;
mod sound_key;
mod state;
mod text;
mod verdict;

pub use certificate::Chain;
pub use explain::explain;
pub use gate::{Expect, Gate};
pub use key::{KeyId, Pins, PinsError, Root};
pub use license::{Environment, License, OnExpiry, Token};
pub use session::{Session, Turn};
pub use state::{State, Time};
pub use text::{Feature, Identity, Issuer};
pub use verdict::{FeatureVerdict, Outlook, Reason, Validity, Verdict};

/// Verifies a licence as at a start of the app, without keeping it.
///
/// The verdict explains itself; the state that comes back is the one to keep. Each call costs the
/// device what a start costs (60 s in advance): to ask often, keep a [`Gate`].
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
