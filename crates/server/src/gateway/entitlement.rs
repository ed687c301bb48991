//! Step 13: the app's entitlement holds now; otherwise 910002.

use tonegate_protocol::{Refusal, ReturnCode};

use crate::model::App;

pub(super) fn check(app: &App, now: i64) -> Result<(), Refusal> {
    let settings = app.settings();
    let fault = if settings.features.is_empty() {
        "the app is entitled to no feature"
    } else if settings.entitlement_from.is_some_and(|from| now < from) {
        "the app's entitlement has not begun"
    } else if settings.entitlement_until.is_some_and(|until| now >= until) {
        "the app's entitlement has ended"
    } else {
        return Ok(());
    };
    Err(Refusal::new(ReturnCode::CertificateInvalid, fault))
}
