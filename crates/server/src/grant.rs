//! What an app's settings grant, in the issuer's words.

use std::sync::Arc;

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_issuer::{
    CertificateError, Grant, GrantedFeature, IssuingKey, KeyCertificate, KeyError, Keyring,
    MintError, SignError, Signer as _, SoftwareKey, mint,
};
use tonegate_license::{Environment, Identity, OnExpiry, Pins, PinsError, Reason};

use crate::model::{
    self, App, AppId, AppSettings, ExpiryAction, ExpiryRule, FeatureGrant, Licensee, ModelError,
};

/// The grant that licences of the app are minted from.
#[must_use]
pub fn of(app: &Licensee) -> Grant {
    let policy = &*app.policy;
    Grant {
        app_id: app.id.0,
        environment: environment(policy.environment),
        revision: app.rev,
        lifetime: policy.lifetime,
        ends_at: app.entitlement.until(),
        features: policy.features.iter().map(feature).collect(),
        identities: policy.bind.iter().map(|bind| Identity::from_bytes(bind.0)).collect(),
        on_expiry: policy.on_expiry.iter().map(rule).collect(),
    }
}

/// Why an app's settings cannot become a licence. They must not be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// The licence would have over 2,048 characters.
    #[error(
        "the licence of app {app_id} would be longer than 2048 characters; give the app fewer or \
         shorter features, rules or bindings"
    )]
    TooLong {
        /// The app.
        app_id: u32,
    },
    /// The licence cannot be made at all.
    #[error("no licence can be made of the settings of app {app_id}: {fault}")]
    Refused {
        /// The app.
        app_id: u32,
        /// Why.
        fault: String,
    },
}

/// Mints the longest licence that the app's settings can ever become, with keys made for that
/// alone. An app without features passes: it gets no licence, which is no fault of its settings.
pub fn check(app: &App, issuer: &str) -> Result<(), TrialError> {
    let app_id = app.id.0;
    if app.settings().features.is_empty() {
        return Ok(());
    }
    trial(app, issuer).map_err(|error| match error {
        Trial::Mint(MintError::Refused(Reason::TooLong)) => TrialError::TooLong { app_id },
        other => TrialError::Refused { app_id, fault: other.to_string() },
    })
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Trial {
    Sign(#[from] SignError),
    Pins(#[from] PinsError),
    Certificate(#[from] CertificateError),
    Key(#[from] KeyError),
    Mint(#[from] MintError),
}

/// Every number as long as it can get, every feature granted.
fn trial(app: &App, issuer: &str) -> Result<(), Trial> {
    const HOUR: i64 = 9_999_999_999 / HOUR_SECS * HOUR_SECS;
    let (root, standby, key) =
        (SoftwareKey::generate()?, SoftwareKey::generate()?, SoftwareKey::generate()?);
    let pins = Pins::new(&root.public_key(), &standby.public_key())?;
    let certificate = KeyCertificate {
        issuer: issuer.to_owned(),
        public_key: key.public_key(),
        serial: u32::MAX,
        floor: u32::MAX,
        sign_from: HOUR,
    };
    let certificate = certificate.sign(&root, &pins)?;
    let keys = Keyring::new(vec![IssuingKey::new(&certificate, Arc::new(key), &pins)?]);
    let features = app.settings().features.iter();
    let unlimited = |grant: &FeatureGrant| GrantedFeature {
        name: grant.name.to_string(),
        from: None,
        until: None,
    };
    let longest = Grant {
        revision: u32::MAX,
        ends_at: None,
        features: features.map(unlimited).collect(),
        ..of(&app.into())
    };
    mint(&longest, HOUR, issuer, &keys)?;
    Ok(())
}

/// The app of self-issues, which nobody can create.
pub const OWN_APP: AppId = AppId(0);

/// An app of `environment` with one feature, for self-issues.
pub fn own_app(environment: model::Environment) -> Result<Licensee, ModelError> {
    let settings = AppSettings {
        environment,
        features: vec![FeatureGrant::unlimited("self-issue".parse()?)],
        ..AppSettings::named("self-issue")
    };
    Ok(Licensee::from(&App::new(OWN_APP, 1, settings, 0)?))
}

/// The licence's word for an environment.
#[must_use]
pub fn environment(environment: model::Environment) -> Environment {
    match environment {
        model::Environment::Production => Environment::Production,
        model::Environment::Test => Environment::Test,
    }
}

fn feature(grant: &FeatureGrant) -> GrantedFeature {
    GrantedFeature { name: grant.name.to_string(), from: grant.from, until: grant.until }
}

fn rule(rule: &ExpiryRule) -> (String, OnExpiry) {
    let policy = match rule.action {
        ExpiryAction::Stop => OnExpiry::Stop,
        ExpiryAction::Bypass => OnExpiry::Bypass,
        ExpiryAction::Grace(hours) => OnExpiry::Grace(hours.into()),
    };
    (rule.feature.to_string(), policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AppId, AppSettings, Binding};

    fn app(features: u32, bindings: u8) -> App {
        let mut settings = AppSettings::named("Karaoke");
        for number in 0..features {
            let name = format!("feature-{number:08}");
            settings.features.push(FeatureGrant::unlimited(name.parse().unwrap()));
            settings.on_expiry.push(format!("{name}:grace:72").parse().unwrap());
        }
        settings.bind = (0..bindings).map(|number| Binding([number; 16])).collect();
        App::new(AppId(u32::MAX), 1, settings, 0).unwrap()
    }

    #[test]
    fn settings_whose_license_would_not_fit_are_told_apart() {
        let issuer = "an-issuer-name-of-32-characters.";
        assert_eq!(check(&app(0, 0), issuer), Ok(()));
        assert_eq!(check(&app(3, 1), issuer), Ok(()));
        assert_eq!(check(&app(16, 8), issuer), Err(TrialError::TooLong { app_id: u32::MAX }));
    }
}
