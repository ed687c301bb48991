//! What a licence says, for people and programs.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Serialize;
use tonegate_license::{License, OnExpiry};

/// The content of a licence. Whether it can be believed is the verdict's matter.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Claims {
    /// `sub`: whose it is.
    pub app_id: u32,
    /// `iss`.
    pub issuer: String,
    /// `env`: `production` or `test`.
    pub environment: &'static str,
    /// What it unlocks.
    pub features: Vec<FeatureClaim>,
    /// `iat`: the begin of its hour, Unix seconds.
    pub issued_at: i64,
    /// `nbf`, Unix seconds.
    pub not_before: i64,
    /// `exp`, Unix seconds.
    pub expires_at: i64,
    /// `rev`: the app's revision.
    pub revision: u32,
    /// `jti`: 32 hex characters.
    pub id: String,
    /// The key that signed it, as it says.
    pub kid: String,
    /// App identities that it is tied to; none: any app.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bind: Vec<String>,
}

/// A feature, and what becomes of it at expiry.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FeatureClaim {
    /// Its name.
    pub name: String,
    /// `bypass`, `stop` or `grace:<hours>`.
    pub on_expiry: String,
    #[serde(skip)]
    pub(super) grace_hours: u32,
}

impl Claims {
    /// Of a licence that was read.
    #[must_use]
    pub fn of(license: &License) -> Self {
        let features = license.features().iter().map(|feature| {
            let policy = license.on_expiry(feature);
            let grace_hours = if let OnExpiry::Grace(hours) = policy { hours } else { 0 };
            let name = feature.as_str().to_owned();
            FeatureClaim { name, on_expiry: policy.to_string(), grace_hours }
        });
        let bind = license.identities().iter();
        Self {
            app_id: license.app_id(),
            issuer: license.issuer().to_owned(),
            environment: license.environment().as_str(),
            features: features.collect(),
            issued_at: license.issued_at(),
            not_before: license.not_before(),
            expires_at: license.expires_at(),
            revision: license.revision(),
            id: HEXLOWER.encode(license.id()),
            kid: license.key_id().to_string(),
            bind: bind.map(|identity| BASE64URL_NOPAD.encode(identity.as_bytes())).collect(),
        }
    }
}
