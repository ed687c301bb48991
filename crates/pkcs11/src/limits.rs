//! Bounds of what is asked of a token.

use std::time::Duration;

/// Sessions, each with a thread: so many signatures at once.
pub const SESSIONS: usize = 8;
/// Longest wait for a signature. A token's takes 1 to 50 ms.
pub const SIGN_TIME: Duration = Duration::from_secs(2);
/// Longest wait for everything else: loading a module, signing in over a network, making a key.
pub const MANAGE_TIME: Duration = Duration::from_secs(15);
/// Most that wait for a session; who comes after that is told at once.
pub const WAITING_MAX: usize = 256;
/// First pause before a lost token is tried again; it doubles.
pub const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// Longest pause.
pub const PAUSE_MAX: Duration = Duration::from_secs(8);
/// How often the file with the PIN is looked at after the PIN was refused.
pub const PIN_LOOK: Duration = Duration::from_secs(2);
/// Longest wait, before the process ends, for whoever is inside a module.
pub const LEAVE_TIME: Duration = Duration::from_secs(2);
/// Longest PIN, bytes.
pub const PIN_BYTES_MAX: u64 = 256;
