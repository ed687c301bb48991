//! What an app is built with: its pins, and what it expects of its licences.

use core::ffi::c_char;

use tonegate_license::{Environment, Expect, Identity, Issuer, Pins};

use crate::border::{answer, text};
use crate::codes::{Misuse, TONEGATE_OK, TONEGATE_PRODUCTION, TONEGATE_TEST};
use crate::storage::{Options, content, content_to_read, fill};

/// The content of a `tonegate_options`.
pub(crate) struct Expected {
    pins: Pins,
    issuer: Issuer,
    environment: Environment,
    app_id: Option<u32>,
    identity: Option<Identity>,
}

impl Expected {
    pub(crate) fn pins(&self) -> Pins {
        self.pins
    }

    pub(crate) fn expect(&self) -> Expect<'_> {
        Expect {
            issuer: self.issuer.as_str(),
            environment: self.environment,
            app_id: self.app_id,
            identity: self.identity,
        }
    }
}

/// # Safety
///
/// As for [`content_to_read`].
pub(crate) unsafe fn expected<'a>(options: *const Options) -> Result<&'a Expected, Misuse> {
    // SAFETY: promised by the caller.
    unsafe { content_to_read(options) }
}

/// Reads the pins, as `tonegate key pins` prints them, and fills `options`: licences of `issuer`
/// for `environment` (`TONEGATE_PRODUCTION`, `TONEGATE_TEST`), of any AppId, for no identity.
///
/// 0, or `TONEGATE_E_PINS`, `TONEGATE_E_ISSUER`, `TONEGATE_E_ENVIRONMENT`.
///
/// # Safety
///
/// `options` leads to a `tonegate_options`; `pins` and `issuer` to as many bytes as their lengths say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_options_init(
    options: *mut Options,
    pins: *const c_char,
    pins_length: usize,
    issuer: *const c_char,
    issuer_length: usize,
    environment: i32,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (pins, issuer) =
            unsafe { (text(pins.cast(), pins_length)?, text(issuer.cast(), issuer_length)?) };
        let expected = Expected {
            pins: pins.parse().map_err(|_| Misuse::Pins)?,
            issuer: Issuer::parse(issuer.as_bytes()).ok_or(Misuse::Issuer)?,
            environment: match environment {
                TONEGATE_PRODUCTION => Environment::Production,
                TONEGATE_TEST => Environment::Test,
                _ => return Err(Misuse::Environment),
            },
            app_id: None,
            identity: None,
        };
        // SAFETY: promised by the caller.
        unsafe { fill(options, expected) }.map(|()| TONEGATE_OK)
    })
}

/// Expects licences of this AppId alone.
///
/// # Safety
///
/// `options` leads to a `tonegate_options`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_options_set_app_id(options: *mut Options, app_id: u32) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        unsafe { content(options) }?.app_id = Some(app_id);
        Ok(TONEGATE_OK)
    })
}

/// Names this app, for licences that are tied to some: 22 characters, as `tonegate_identity_android`
/// and its like write them. 0, or `TONEGATE_E_IDENTITY`.
///
/// # Safety
///
/// `options` leads to a `tonegate_options`, `identity` to `identity_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_options_set_identity(
    options: *mut Options,
    identity: *const c_char,
    identity_length: usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (options, identity) =
            unsafe { (content(options)?, text(identity.cast(), identity_length)?) };
        let identity = Identity::parse(identity.as_bytes()).ok_or(Misuse::Identity)?;
        options.identity = Some(identity);
        Ok(TONEGATE_OK)
    })
}
