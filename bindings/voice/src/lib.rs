//! What a licence unlocks, as a WebAssembly module for the JavaScript beside it (`js/module.js`).
//!
//! The rules are those of `tonegate-license`, the sound and the gate that of `tonegate-voice`; this crate only carries
//! values across. Everything crosses on one desk of fixed size, so the module imports nothing. Invariant: whatever text,
//! number or sample comes in, an answer or a fault goes out; a trap would be a defect.
//!
//! On any other target it is an ordinary library, so that the workspace's checks see it.

pub mod desk;
mod json;
pub mod voice;
