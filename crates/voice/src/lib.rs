//! What a licence unlocks: noise suppression (ANS) and automatic gain control (AGC) for voice messages.
//!
//! [`Voice`] is the gated side, in the shape of the published SDK: [`init`](Voice::init) always proceeds, each switch is
//! checked when it is called, and errors reach the app through a callback with the codes of [`Code`]. [`Engine`]
//! is the sound alone: frames of 10 ms in, frames of 10 ms out, nothing allocated on the way.
//!
//! The signal processing is that of WebRTC (`sonora`) and of RNNoise (`nnnoiseless`); docs/VOICE.md has the measurements
//! that chose them.

mod agc;
mod ans;
mod engine;
mod voice;

pub use ans::AnsMode;
pub use engine::{Effects, Engine};
pub use voice::{Code, Flow, Voice, VoiceError};

/// Samples per second that everything here works at, one channel.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples in a frame: 10 ms.
pub const FRAME: usize = 480;

/// The largest sample of 16 bits, which the libraries count in.
const FULL_SCALE: f32 = 32_768.0;
