//! The verifier for java.
