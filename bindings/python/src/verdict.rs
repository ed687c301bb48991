//! What was found, as frozen Python objects: they compare, hash and print by their facts.

use std::hash::{Hash, Hasher};

use pyo3::prelude::*;
use tonegate_license::{Reason, Validity};

/// What is true of a licence at a moment on a device.
#[pyclass(frozen, eq, hash, module = "tonegate")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict(pub(crate) tonegate_license::Verdict);

/// May a feature run now, and what to do where it may not.
#[pyclass(frozen, eq, hash, module = "tonegate")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeatureVerdict(pub(crate) tonegate_license::FeatureVerdict);

/// What will become of a feature on this device.
#[pyclass(frozen, eq, hash, module = "tonegate")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outlook(pub(crate) tonegate_license::Outlook);

#[pymethods]
impl Verdict {
    /// `valid`, `not_yet_valid`, `expired` or `refused`.
    #[getter]
    fn state(&self) -> &'static str {
        self.0.state()
    }

    /// Is the licence good now?
    #[getter]
    fn is_valid(&self) -> bool {
        self.0.is_valid()
    }

    /// The stable name of what is wrong; `None`: nothing is.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.0.reason.map(Reason::name)
    }

    /// 0, or the published SDK's 81 or 82.
    #[getter]
    fn sdk_code(&self) -> u16 {
        self.0.sdk_code()
    }

    /// What was found, in words.
    #[getter]
    fn message(&self) -> &'static str {
        self.0.message()
    }

    /// What to do next, in one sentence.
    #[getter]
    fn next_step(&self) -> &'static str {
        self.0.next_step()
    }

    /// Can a newly fetched licence succeed where this one did not?
    #[getter]
    fn retryable(&self) -> bool {
        self.0.retryable()
    }

    /// Effective time, Unix seconds; like the other times `None` unless the licence is authentic.
    #[getter]
    fn now(&self) -> Option<i64> {
        self.0.validity.map(|validity| validity.now)
    }

    /// First second of validity.
    #[getter]
    fn valid_from(&self) -> Option<i64> {
        self.0.validity.map(|validity| validity.valid_from)
    }

    /// First second after validity, without any grace.
    #[getter]
    fn valid_until(&self) -> Option<i64> {
        self.0.validity.map(|validity| validity.valid_until)
    }

    /// Seconds until then; 0 after it.
    #[getter]
    fn seconds_left(&self) -> Option<i64> {
        self.0.validity.map(|validity| validity.seconds_left())
    }

    /// When this device should have asked for the next licence.
    #[getter]
    fn refresh_after(&self) -> Option<i64> {
        self.0.validity.map(|validity| validity.refresh_after)
    }

    fn __repr__(&self) -> String {
        let (state, reason) = (self.0.state(), shown(self.reason()));
        let (left, code) = (shown(self.seconds_left()), self.0.sdk_code());
        format!("Verdict(state='{state}', reason={reason}, sdk_code={code}, seconds_left={left})")
    }
}

impl Hash for Verdict {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.reason.hash(hasher);
        let times =
            |found: Validity| [found.now, found.valid_from, found.valid_until, found.refresh_after];
        self.0.validity.map(times).hash(hasher);
    }
}

#[pymethods]
impl FeatureVerdict {
    /// `run`, `grace`, `bypass` or `stop`.
    #[getter]
    fn answer(&self) -> &'static str {
        self.0.answer()
    }

    /// Does the feature run?
    #[getter]
    fn runs(&self) -> bool {
        self.0.runs()
    }

    /// The stable name of why it does not.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.0.reason().map(Reason::name)
    }

    /// 0, or the published SDK's 81, 82 or 83.
    #[getter]
    fn sdk_code(&self) -> u16 {
        self.0.sdk_code()
    }

    /// Seconds until a grace ends; `None` where there is none under way.
    #[getter]
    fn seconds_left(&self) -> Option<i64> {
        self.0.grace_left()
    }

    fn __repr__(&self) -> String {
        let (answer, reason) = (self.0.answer(), shown(self.reason()));
        let (left, code) = (shown(self.0.grace_left()), self.0.sdk_code());
        format!(
            "FeatureVerdict(answer='{answer}', reason={reason}, sdk_code={code}, seconds_left={left})"
        )
    }
}

impl Hash for FeatureVerdict {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.0.answer(), self.0.reason(), self.0.grace_left()).hash(hasher);
    }
}

#[pymethods]
impl Outlook {
    /// `stop`, `bypass` or `grace:<hours>`.
    #[getter]
    fn on_expiry(&self) -> String {
        self.0.on_expiry.to_string()
    }

    /// The first second in which the feature no longer runs on this device, Unix seconds.
    #[getter]
    fn runs_until(&self) -> i64 {
        self.0.runs_until
    }

    fn __repr__(&self) -> String {
        format!("Outlook(on_expiry='{}', runs_until={})", self.0.on_expiry, self.0.runs_until)
    }
}

impl Hash for Outlook {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.on_expiry(), self.0.runs_until).hash(hasher);
    }
}

/// As Python prints it; our names hold nothing that Python escapes.
fn shown(value: Option<impl std::fmt::Debug>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("{value:?}").replace('"', "'"))
}
