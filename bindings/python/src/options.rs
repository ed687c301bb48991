//! What an app is built with: whom it trusts, and what its licences must say.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tonegate_license::limits::ISSUER_CHARS_MAX;
use tonegate_license::{Environment, Expect, Identity, Issuer, Pins};

use crate::limits::{NAME_CHARS_MAX, PINS_CHARS_MAX};
use crate::text::setting;

/// Whom an app trusts, and what its licences must say; read once, so that a mistake shows at the start.
#[pyclass(frozen, module = "tonegate")]
pub(crate) struct Options {
    pub(crate) pins: Pins,
    issuer: Issuer,
    environment: Environment,
    app_id: Option<u32>,
    identity: Option<Identity>,
}

#[pymethods]
impl Options {
    #[new]
    #[pyo3(signature = (*, pins, issuer, environment=None, app_id=None, identity=None))]
    fn new(
        pins: &Bound<'_, PyString>,
        issuer: &Bound<'_, PyString>,
        environment: Option<&Bound<'_, PyString>>,
        app_id: Option<u32>,
        identity: Option<&Bound<'_, PyString>>,
    ) -> PyResult<Self> {
        let pins = setting("the text of the pins", pins, PINS_CHARS_MAX)?.parse();
        Ok(Self {
            pins: pins.map_err(|error| PyValueError::new_err(format!("{error}")))?,
            issuer: read_issuer(issuer)?,
            environment: environment.map_or(Ok(Environment::Production), read_environment)?,
            app_id,
            identity: identity.map(read_identity).transpose()?,
        })
    }

    /// The issuer's name.
    #[getter]
    fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// `production` or `test`.
    #[getter]
    fn environment(&self) -> &'static str {
        self.environment.as_str()
    }

    /// The AppId; `None`: any.
    #[getter]
    fn app_id(&self) -> Option<u32> {
        self.app_id
    }

    /// The app's identity; `None`: only licences that are tied to none.
    #[getter]
    fn identity(&self) -> Option<String> {
        self.identity.map(|identity| identity.to_string())
    }
}

impl Options {
    pub(crate) fn expect(&self) -> Expect<'_> {
        Expect {
            issuer: self.issuer.as_str(),
            environment: self.environment,
            app_id: self.app_id,
            identity: self.identity,
        }
    }
}

fn read_issuer(text: &Bound<'_, PyString>) -> PyResult<Issuer> {
    let text = setting("the issuer's name", text, NAME_CHARS_MAX)?;
    Issuer::parse(text.as_bytes()).ok_or_else(|| {
        PyValueError::new_err(format!(
            "no issuer can have this name: it is 1 to {ISSUER_CHARS_MAX} characters of A-Z, a-z, 0-9 \
             and ._:/- ; copy the one that `tonegate key pins` prints"
        ))
    })
}

fn read_environment(text: &Bound<'_, PyString>) -> PyResult<Environment> {
    let text = setting("the environment", text, NAME_CHARS_MAX)?;
    Environment::parse(&text)
        .ok_or_else(|| PyValueError::new_err("the environment is \"production\" or \"test\""))
}

fn read_identity(text: &Bound<'_, PyString>) -> PyResult<Identity> {
    let text = setting("the identity", text, NAME_CHARS_MAX)?;
    Identity::parse(text.as_bytes()).ok_or_else(|| {
        PyValueError::new_err(
            "an identity is 22 base64url characters: compute it with android_identity, ios_identity \
             or web_identity",
        )
    })
}
