//! Who an app is, for licences that are tied to some apps (FORMAT.md §4).

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use tonegate_license::Identity;

use crate::limits::NAME_CHARS_MAX;
use crate::text::setting;

/// An Android app: its package name, and the SHA-256 of its signing certificate (32 bytes).
#[pyfunction]
pub(crate) fn android_identity(
    package: &Bound<'_, PyString>,
    certificate_sha256: &Bound<'_, PyBytes>,
) -> PyResult<String> {
    let package = setting("the package name", package, NAME_CHARS_MAX)?;
    let digest = certificate_sha256.as_bytes().try_into().map_err(|_| {
        PyValueError::new_err("a SHA-256 digest has 32 bytes: hand over bytes, not their hex")
    })?;
    Ok(Identity::android(&package, digest).to_string())
}

/// An iOS, iPadOS or macOS app: its bundle id.
#[pyfunction]
pub(crate) fn ios_identity(bundle_id: &Bound<'_, PyString>) -> PyResult<String> {
    let bundle_id = setting("the bundle id", bundle_id, NAME_CHARS_MAX)?;
    Ok(Identity::ios(&bundle_id).to_string())
}

/// A page: its origin as browsers write it, such as `https://app.example.com`.
#[pyfunction]
pub(crate) fn web_identity(origin: &Bound<'_, PyString>) -> PyResult<String> {
    let origin = setting("the origin", origin, NAME_CHARS_MAX)?;
    Ok(Identity::web(&origin).to_string())
}
