//! The session without threads and clocks: what is due, and what came of it.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tonegate_license::limits::STORED_BYTES_MAX;

use crate::gate::{Readings, locked, outcome, time_of};
use crate::options::Options;
use crate::text::{FeatureName, LicenseText};
use crate::verdict::{FeatureVerdict, Outlook, Verdict};

/// Keeps one app's licence fresh, for whoever has an event loop of their own.
#[pyclass(frozen, module = "tonegate")]
pub(crate) struct Session(Mutex<tonegate_license::Session>);

/// What has to be done now.
#[pyclass(frozen, module = "tonegate")]
pub(crate) struct Turn(tonegate_license::Turn);

#[pymethods]
impl Session {
    /// `stored`: what `save` gave; `drawn`: a number drawn at random.
    #[new]
    fn new(py: Python<'_>, options: &Options, stored: &[u8], drawn: u64, at: Readings) -> Self {
        let (pins, expect) = (options.pins, options.expect());
        // One byte more than can be stored is enough to see that it was not stored by us.
        let stored = stored.get(..=STORED_BYTES_MAX).unwrap_or(stored);
        Self(Mutex::new(
            py.detach(|| {
                tonegate_license::Session::begin(pins, expect, stored, drawn, time_of(at))
            }),
        ))
    }

    fn turn(&self, at: Readings) -> Turn {
        Turn(locked(&self.0).turn(time_of(at)))
    }

    /// The verdict of the text fetched, and whether it is in force now.
    fn fetched(&self, py: Python<'_>, text: LicenseText, at: Readings) -> (Verdict, bool) {
        outcome(py.detach(|| locked(&self.0).fetched(text.as_str(), time_of(at))))
    }

    fn failed(&self, retry_after: u64, at: Readings) {
        locked(&self.0).failed(retry_after, time_of(at));
    }

    fn hasten(&self) {
        locked(&self.0).hasten();
    }

    fn check(&self, feature: FeatureName, at: Readings) -> FeatureVerdict {
        FeatureVerdict(locked(&self.0).check(feature.as_str(), time_of(at)))
    }

    fn verdict(&self, at: Readings) -> Verdict {
        Verdict(locked(&self.0).verdict(time_of(at)))
    }

    fn outlook(&self, feature: FeatureName) -> Option<Outlook> {
        locked(&self.0).outlook(feature.as_str()).map(Outlook)
    }

    /// The text of the licence held; empty: none is.
    #[getter]
    fn license(&self) -> String {
        locked(&self.0).text().to_owned()
    }

    /// Is there something to store that was not saved?
    #[getter]
    fn is_unsaved(&self) -> bool {
        locked(&self.0).is_unsaved()
    }

    /// The bytes to store, in place of those before.
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let mut into = [0; STORED_BYTES_MAX];
        let stored = locked(&self.0).save(&mut into).to_vec();
        PyBytes::new(py, &stored)
    }
}

#[pymethods]
impl Turn {
    /// Fetch a licence; said once for each fetch.
    #[getter]
    fn fetch(&self) -> bool {
        self.0.fetch
    }

    /// The verdict to tell the app; `None`: nothing changed.
    #[getter]
    fn changed(&self) -> Option<Verdict> {
        self.0.changed.map(Verdict)
    }

    /// Come back after so many seconds, 1 to 60.
    #[getter]
    fn wait_secs(&self) -> u64 {
        self.0.wait_secs
    }
}
