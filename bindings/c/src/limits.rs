//! Every bound of the border. What the format bounds lies in the verifier's own limits.

use core::mem::size_of;

use tonegate_license::State as Kept;
use tonegate_license::limits::{LICENSE_CHARS_MAX, STORED_BYTES_MAX};

/// Length of a stored state.
pub const TONEGATE_STATE_BYTES: usize = 32;
/// Most bytes that a session asks to be stored: what `tonegate_session_save` needs.
pub const TONEGATE_STORED_BYTES: usize = 2080;
/// Longest licence text, in bytes; a longer one is refused unread.
pub const TONEGATE_LICENSE_BYTES: usize = 2048;
/// Enough for every explanation, its final zero included.
pub const TONEGATE_EXPLANATION_BYTES: usize = 8192;
/// An app identity, its final zero included.
pub const TONEGATE_IDENTITY_BYTES: usize = 23;
/// Longest text of pins, package name, bundle id or origin, in bytes.
pub const TONEGATE_TEXT_BYTES: usize = 1024;
/// Words of eight bytes in a `tonegate_options`.
pub const TONEGATE_OPTIONS_WORDS: usize = 80;
/// Words of eight bytes in a `tonegate_gate`.
pub const TONEGATE_GATE_WORDS: usize = 448;
/// Words of eight bytes in a `tonegate_session`.
pub const TONEGATE_SESSION_WORDS: usize = 736;

// cbindgen copies numbers only, so they are written out, and held against their origin here.
const _: () = assert!(TONEGATE_STATE_BYTES == Kept::BYTES);
const _: () = assert!(TONEGATE_STORED_BYTES == STORED_BYTES_MAX);
const _: () = assert!(TONEGATE_LICENSE_BYTES == LICENSE_CHARS_MAX);
const _: () = assert!(size_of::<usize>() >= 4);
