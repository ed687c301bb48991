//! The verifier for wasm.
