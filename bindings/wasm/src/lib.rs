//! The verifier as a WebAssembly module, for the JavaScript beside it (`js/module.js`).
//!
//! There is no allocator, no import and no global state in the module: every byte that it reads or writes
//! lies where the JavaScript says, in slots that it grows memory for and takes back. The rules are those of
//! `tonegate-license`; this crate only carries values across. Invariant: whatever text, time or stored
//! bytes come in, a verdict or a fault goes out; a trap would be a defect.
//!
//! On any other target it is an ordinary library, so that the workspace's checks see it.

#![cfg_attr(target_arch = "wasm32", no_std)]

pub mod border;
pub mod gate;
pub mod one_off;
pub mod session;

/// The crate forbids what panics; should something do so nevertheless, the module traps, which
/// JavaScript sees as an exception.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
