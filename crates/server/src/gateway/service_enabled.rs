//! Step 10: a usable app (100000011) of this environment (16) that is switched on (17).

use tonegate_protocol::{Refusal, ReturnCode};

use crate::directory::Entry;
use crate::model::{App, AppId, AppSettings, AppStatus, FeatureGrant};
use crate::service::Service;

/// The app of self-issues, which nobody can create.
pub(super) const OWN_APP: AppId = AppId(0);

pub(super) fn check<'e>(service: &Service, entry: &'e Entry) -> Result<&'e App, Refusal> {
    let app = entry.app.as_ref().ok_or(ReturnCode::AppConfigUnavailable)?;
    let (theirs, ours) = (app.settings().environment, service.installation.environment);
    if theirs != ours {
        let hint = format!("the app is for {}, this issuer for {}", theirs.as_str(), ours.as_str());
        return Err(Refusal::new(ReturnCode::AppNotInProduction, hint));
    }
    if app.status == AppStatus::Suspended {
        return Err(Refusal::new(ReturnCode::ServiceNotEnabled, "the app is suspended"));
    }
    if !app.settings().service_enabled {
        return Err(ReturnCode::ServiceNotEnabled.into());
    }
    Ok(app)
}

/// An app of this environment with one feature, for self-issues.
pub(super) fn own_app(service: &Service) -> Result<App, Refusal> {
    let broken = |error| Refusal::new(ReturnCode::GatewayInternal, format!("self-issue: {error}"));
    let feature = "self-issue".parse().map_err(broken)?;
    let settings = AppSettings {
        environment: service.installation.environment,
        features: vec![FeatureGrant::unlimited(feature)],
        ..AppSettings::named("self-issue")
    };
    App::new(OWN_APP, 1, settings, 0).map_err(broken)
}
