//! The verifier for c.
