//! The verifier for C, and for every language that calls C.
//!
//! A thin border around `tonegate-license`, which keeps the rules. Each function returns a number
//! (0, one of the published SDK's codes, or a negative one for misuse) and writes through pointers.
//! Nothing is allocated, no error waits in a thread, nothing unwinds across the border, and what
//! the caller hands over is looked at first (`border`). `include/tonegate.h` is made from
//! this source.
//!
//! What ships is built without the standard library, with the profile `embedded`; in the
//! workspace's own builds (tests, fuzzing) the standard library is there.

#![no_std]

#[cfg(any(feature = "std", panic = "unwind"))]
extern crate std;

mod border;
mod codes;
mod gate;
mod identity;
mod limits;
mod options;
mod reason;
mod session;
mod storage;
mod verdict;
mod verify;

use core::ffi::c_char;
use core::mem::size_of;

pub use codes::*;
pub use gate::*;
pub use identity::*;
pub use limits::*;
pub use options::*;
pub use reason::*;
pub use session::*;
pub use storage::{Gate, Options, Session};
pub use verdict::{FeatureVerdict, Outlook, State, Time, Turn, Verdict};
pub use verify::*;

/// The library's version, such as `0.1.0`. The text is constant: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn tonegate_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Size of a `tonegate_options`, for languages that do not read the header.
#[unsafe(no_mangle)]
pub extern "C" fn tonegate_options_size() -> usize {
    size_of::<Options>()
}

/// Size of a `tonegate_gate`.
#[unsafe(no_mangle)]
pub extern "C" fn tonegate_gate_size() -> usize {
    size_of::<Gate>()
}

/// Size of a `tonegate_session`.
#[unsafe(no_mangle)]
pub extern "C" fn tonegate_session_size() -> usize {
    size_of::<Session>()
}

/// The check of the bindings sees to it that nothing of ours leads here. What the compiler cannot
/// rule out are bounds in the signature check's tables; should one ever break, going on is worse.
#[cfg(not(any(feature = "std", panic = "unwind")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg_attr(unix, link(name = "c"))]
    unsafe extern "C" {
        safe fn abort() -> !;
    }
    abort()
}
