//! What a licence says, for people and programs.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Serialize;
use tonegate_license::{License, OnExpiry};

use crate::output::{self, Table};
use crate::time::Moment;

/// The content of a licence. Whether it can be believed is the verdict's matter.
#[derive(Serialize)]
pub(crate) struct Claims {
    pub(crate) app_id: u32,
    pub(crate) issuer: String,
    pub(crate) environment: &'static str,
    pub(crate) features: Vec<FeatureClaim>,
    pub(crate) issued_at: i64,
    pub(crate) not_before: i64,
    pub(crate) expires_at: i64,
    revision: u32,
    id: String,
    kid: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bind: Vec<String>,
}

/// A feature, and what becomes of it at expiry.
#[derive(Serialize)]
pub(crate) struct FeatureClaim {
    pub(crate) name: String,
    pub(crate) on_expiry: String,
    #[serde(skip)]
    pub(crate) grace_hours: u32,
}

impl Claims {
    pub(crate) fn of(license: &License) -> Self {
        let features = license.features().iter().map(|feature| {
            let (on_expiry, grace_hours) = match license.on_expiry(feature) {
                OnExpiry::Bypass => ("bypass".to_owned(), 0),
                OnExpiry::Stop => ("stop".to_owned(), 0),
                OnExpiry::Grace(hours) => (format!("grace:{hours}"), hours),
            };
            FeatureClaim { name: feature.as_str().to_owned(), on_expiry, grace_hours }
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

    /// Adds what it says to a table of facts.
    pub(crate) fn add_to(&self, table: &mut Table) {
        table.fact("App", output::bold(self.app_id));
        table.fact("Issuer", format_args!("{} ({})", self.issuer, self.environment));
        table.fact("Features", self.features());
        table.fact("Issued", Moment(self.issued_at));
        table.fact("Valid from", Moment(self.not_before));
        table.fact("Valid until", Moment(self.expires_at));
        if !self.bind.is_empty() {
            table.fact("Tied to", self.bind.join(", "));
        }
        table.fact("Signed by", format_args!("key {}", self.kid));
        table.fact("Licence id", format_args!("{} (rev {})", self.id, self.revision));
    }

    fn features(&self) -> String {
        let features = self.features.iter().map(|feature| match feature.on_expiry.as_str() {
            "bypass" => feature.name.clone(),
            other => format!("{} (at expiry: {other})", feature.name),
        });
        features.collect::<Vec<_>>().join(", ")
    }
}
