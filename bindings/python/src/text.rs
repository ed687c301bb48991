//! Texts as they come from Python: any length, lone surrogates, any bytes.
//!
//! What is judged (a licence, a feature's name) becomes something that is judged alike, so it costs no more
//! than its bound; what a program sets (pins, names) is refused with `ValueError`.

use std::borrow::Cow;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use tonegate_license::limits::{FEATURE_CHARS_MAX, LICENSE_CHARS_MAX};

/// A licence's text, from `str` or `bytes`.
pub(crate) struct LicenseText(String);

/// A feature's name, from `str`; empty where no feature can be called so.
pub(crate) struct FeatureName(String);

impl LicenseText {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Longer than any licence, which is all that matters of it.
    fn too_long() -> Self {
        Self("?".repeat(LICENSE_CHARS_MAX + 1))
    }

    fn read(text: Option<&str>) -> Self {
        // What is not UTF-8 is no licence, and a question mark is none either.
        Self(text.unwrap_or("?").to_owned())
    }
}

impl<'py> FromPyObject<'_, 'py> for LicenseText {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.cast::<PyString>() {
            return match text.code_point_len()? > LICENSE_CHARS_MAX {
                true => Ok(Self::too_long()),
                false => Ok(Self::read(text.to_cow().ok().as_deref())),
            };
        }
        match object.cast::<PyBytes>() {
            Ok(bytes) if bytes.as_bytes().len() > LICENSE_CHARS_MAX => Ok(Self::too_long()),
            Ok(bytes) => Ok(Self::read(str::from_utf8(bytes.as_bytes()).ok())),
            Err(_) => Err(PyTypeError::new_err("a licence is given as str or bytes")),
        }
    }
}

impl FeatureName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'py> FromPyObject<'_, 'py> for FeatureName {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let Ok(name) = object.cast::<PyString>() else {
            return Err(PyTypeError::new_err("a feature is named by a str"));
        };
        let known = name.code_point_len()? <= FEATURE_CHARS_MAX;
        let name = if known { name.to_cow().ok() } else { None };
        Ok(Self(name.unwrap_or_default().into_owned()))
    }
}

/// A text that a program sets, of `longest` characters at most.
pub(crate) fn setting<'a>(
    what: &str,
    text: &'a Bound<'_, PyString>,
    longest: usize,
) -> PyResult<Cow<'a, str>> {
    if text.code_point_len()? > longest {
        return Err(PyValueError::new_err(format!(
            "{what} is longer than {longest} characters: check where it comes from"
        )));
    }
    text.to_cow()
}
