//! The verifier for python.
