//! Step 11: an app may demand the published nonce of 16 hex characters; otherwise code 2.

use tonegate_protocol::{Refusal, ReturnCode};

use crate::model::{Licensee, NonceProfile};

pub(super) fn check(app: &Licensee, nonce: &str) -> Result<(), Refusal> {
    let is_hex = || nonce.len() == 16 && nonce.bytes().all(|c| c.is_ascii_hexdigit());
    if app.policy.nonce_profile == NonceProfile::Any || is_hex() {
        return Ok(());
    }
    Err(Refusal::new(ReturnCode::InvalidInput, "this app demands a nonce of 16 hex characters"))
}
