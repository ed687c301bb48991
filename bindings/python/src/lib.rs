//! The verifier as Python's extension module `tonegate._native`.
//!
//! A thin shell: the rules live in `tonegate-license`, clocks, threads, files and names for people in
//! `python/tonegate`. Invariant: whatever comes in ends in a verdict, or in `TypeError`, `ValueError` or
//! `OverflowError` for what a program got wrong; a licence is never the reason of an exception.

mod gate;
mod identity;
mod limits;
mod options;
mod session;
mod text;
mod verdict;

/// What `python/tonegate` is made from.
#[pyo3::pymodule]
#[pyo3(name = "_native")]
mod native {
    #[pymodule_export]
    use crate::gate::{Gate, explain, verify};
    #[pymodule_export]
    use crate::identity::{android_identity, ios_identity, web_identity};
    #[pymodule_export]
    use crate::options::Options;
    #[pymodule_export]
    use crate::session::{Session, Turn};
    #[pymodule_export]
    use crate::verdict::{FeatureVerdict, Outlook, Verdict};
}
