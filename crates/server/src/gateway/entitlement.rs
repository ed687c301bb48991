//! Step 13: the app's entitlement holds now; otherwise 910002.

use tonegate_protocol::{Refusal, ReturnCode};

use crate::model::Licensee;

pub(super) fn check(app: &Licensee, now: i64) -> Result<(), Refusal> {
    let fault = if app.policy.features.is_empty() {
        "the app is entitled to no feature"
    } else if !app.entitlement.has_begun(now) {
        "the app's entitlement has not begun"
    } else if app.entitlement.has_ended(now) {
        "the app's entitlement has ended"
    } else {
        return Ok(());
    };
    Err(Refusal::new(ReturnCode::CertificateInvalid, fault))
}
