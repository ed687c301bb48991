//! The gate, and its beginning as functions. Others may run Python while signatures are checked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tonegate_license::{State, Time};

use crate::options::Options;
use crate::text::{FeatureName, LicenseText};
use crate::verdict::{FeatureVerdict, Outlook, Verdict};

/// The clocks' readings: `(wall, elapsed)`.
pub(crate) type Readings = (i64, u64);

pub(crate) const fn time_of((wall, elapsed): Readings) -> Time {
    Time { wall, elapsed }
}

/// What is behind the lock, also where a thread died holding it: what it left is whole.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds a licence and answers whether a feature may run. Any number of threads may ask.
#[pyclass(frozen, module = "tonegate._native")]
pub(crate) struct Gate(Mutex<tonegate_license::Gate>);

#[pymethods]
impl Gate {
    /// `state`: what was stored; where it is damaged or empty, a new device of this `spread` begins.
    #[new]
    fn new(options: &Options, state: &[u8], spread: u16) -> Self {
        let state = state_of(state, spread);
        Self(Mutex::new(tonegate_license::Gate::new(options.pins, options.expect(), state)))
    }

    fn load(&self, py: Python<'_>, text: LicenseText, at: Readings) -> Verdict {
        py.detach(|| Verdict(locked(&self.0).load(text.as_str(), time_of(at))))
    }

    /// The verdict of the text offered, and whether it is in force now.
    fn renew(&self, py: Python<'_>, text: LicenseText, at: Readings) -> (Verdict, bool) {
        outcome(py.detach(|| locked(&self.0).renew(text.as_str(), time_of(at))))
    }

    fn verdict(&self, at: Readings) -> Verdict {
        Verdict(locked(&self.0).verdict(time_of(at)))
    }

    fn check(&self, feature: FeatureName, at: Readings) -> FeatureVerdict {
        FeatureVerdict(locked(&self.0).check(feature.as_str(), time_of(at)))
    }

    fn outlook(&self, feature: FeatureName) -> Option<Outlook> {
        locked(&self.0).outlook(feature.as_str()).map(Outlook)
    }

    /// The 32 bytes to store.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let state = locked(&self.0).state();
        PyBytes::new(py, &state.to_bytes())
    }
}

/// Verifies as at a start of the app; the verdict, and the state to store.
#[pyfunction]
pub(crate) fn verify<'py>(
    py: Python<'py>,
    text: LicenseText,
    options: &Options,
    at: Readings,
    state: &[u8],
    spread: u16,
) -> (Verdict, Bound<'py, PyBytes>) {
    let (pins, expect, state) = (options.pins, options.expect(), state_of(state, spread));
    let (verdict, state) =
        py.detach(|| tonegate_license::verify(text.as_str(), pins, expect, time_of(at), state));
    (Verdict(verdict), PyBytes::new(py, &state.to_bytes()))
}

/// Explains as at a start of the app, in JSON.
#[pyfunction]
pub(crate) fn explain(
    py: Python<'_>,
    text: LicenseText,
    options: &Options,
    at: Readings,
    state: &[u8],
    spread: u16,
) -> String {
    let (pins, expect, state) = (options.pins, options.expect(), state_of(state, spread));
    py.detach(|| {
        let mut out = String::new();
        // A string takes everything.
        let _ =
            tonegate_license::explain(text.as_str(), pins, expect, time_of(at), state, &mut out);
        out
    })
}

pub(crate) fn outcome(
    offered: Result<tonegate_license::Verdict, tonegate_license::Verdict>,
) -> (Verdict, bool) {
    let in_force = offered.is_ok();
    let (Ok(verdict) | Err(verdict)) = offered;
    (Verdict(verdict), in_force)
}

fn state_of(stored: &[u8], spread: u16) -> State {
    State::from_bytes(stored).unwrap_or(State::new(spread))
}
