//! What an app says about itself: `Options.fields()` in Java, and the identities it can have.

use jni_sys::{jbyteArray, jobjectArray, jsize, jstring};
use tonegate_license::{Environment, Expect, Identity, Issuer, Pins, PinsError};

use crate::border::{Border, Refusal};

/// More UTF-16 units than any pins, package name or origin has.
const UNITS_MAX: usize = 512;
const BYTES_MAX: usize = 3 * UNITS_MAX;

const ISSUER: &str = "the issuer is 1 to 32 characters of A-Z a-z 0-9 . _ : / -";
const ENVIRONMENT: &str = "the environment is \"production\" or \"test\"";
const APP_ID: &str = "the AppId is a number from 0 to 4294967295";
const IDENTITY: &str = "the identity is 22 characters, as the class Identity computes them";

/// The pins and the expectations of an app.
pub(crate) struct App {
    pub(crate) pins: Pins,
    issuer: Issuer,
    environment: Environment,
    app_id: Option<u32>,
    identity: Option<Identity>,
}

impl App {
    /// Reads `{pins, issuer, environment, appId, identity}`; null for the last two: any, none.
    pub(crate) fn read(border: Border, fields: jobjectArray) -> Result<Self, Refusal> {
        let fields = Fields { border, fields };
        let pins_error = PinsError.to_string();
        Ok(Self {
            pins: fields.required(0, &pins_error, |text| text.parse().ok())?,
            issuer: fields.required(1, ISSUER, |text| Issuer::parse(text.as_bytes()))?,
            environment: fields.required(2, ENVIRONMENT, Environment::parse)?,
            app_id: fields.optional(3, APP_ID, |text| text.parse().ok())?,
            identity: fields.optional(4, IDENTITY, |text| Identity::parse(text.as_bytes()))?,
        })
    }

    /// What its licences have to say.
    pub(crate) fn expect(&self) -> Expect<'_> {
        let Self { environment, app_id, identity, .. } = *self;
        Expect { issuer: self.issuer.as_str(), environment, app_id, identity }
    }
}

/// The identity of an app on `platform`.
pub(crate) fn identity(
    border: Border,
    platform: jstring,
    name: jstring,
    certificate: jbyteArray,
) -> Result<Identity, Refusal> {
    let (mut platform_room, mut name_room) = ([0; BYTES_MAX], [0; BYTES_MAX]);
    let platform = border.text::<UNITS_MAX>(platform, &mut platform_room);
    let name = border.text::<UNITS_MAX>(name, &mut name_room);
    match platform {
        "android" => {
            let mut digest = [0; 33];
            let digest = border.bytes(certificate, &mut digest).try_into();
            let why = "the SHA-256 digest of a certificate is 32 bytes";
            Ok(Identity::android(name, digest.map_err(|_| Refusal::Argument(why.to_owned()))?))
        }
        "ios" => Ok(Identity::ios(name)),
        _ => Ok(Identity::web(name)),
    }
}

/// The fields as Java's array of strings.
struct Fields {
    border: Border,
    fields: jobjectArray,
}

impl Fields {
    fn required<T>(
        &self,
        place: jsize,
        why: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Refusal> {
        self.optional(place, why, read)?.ok_or_else(|| Refusal::Argument(why.to_owned()))
    }

    fn optional<T>(
        &self,
        place: jsize,
        why: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let field = self.border.element(self.fields, place);
        if field.is_null() {
            return Ok(None);
        }
        let mut room = [0; BYTES_MAX];
        let text = self.border.text::<UNITS_MAX>(field, &mut room);
        read(text).map(Some).ok_or_else(|| Refusal::Argument(why.to_owned()))
    }
}
