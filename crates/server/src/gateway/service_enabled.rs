//! Step 10: a usable app (100000011) of this environment (16) that is switched on (17).

use tonegate_protocol::{Refusal, ReturnCode};

use crate::directory::Entry;
use crate::model::{AppStatus, Licensee};
use crate::service::Service;

#[inline]
pub(super) fn check<'e>(service: &Service, entry: &'e Entry) -> Result<&'e Licensee, Refusal> {
    let app = entry.app.as_ref().ok_or(ReturnCode::AppConfigUnavailable)?;
    let (theirs, ours) = (app.policy.environment, service.installation.environment);
    if theirs != ours {
        let hint = format!("the app is for {}, this issuer for {}", theirs.as_str(), ours.as_str());
        return Err(Refusal::new(ReturnCode::AppNotInProduction, hint));
    }
    if app.policy.status == AppStatus::Suspended {
        return Err(Refusal::new(ReturnCode::ServiceNotEnabled, "the app is suspended"));
    }
    if !app.policy.service_enabled {
        return Err(ReturnCode::ServiceNotEnabled.into());
    }
    Ok(app)
}
