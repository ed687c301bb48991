//! Step 6: the app, and whether one of its secrets made the signature (100000010, 100000005).
//!
//! An unknown app takes the time of a known one: two signatures are always computed and compared.

use std::sync::Arc;
use std::sync::LazyLock;

use tonegate_protocol::{PublicParameters, Refusal, ReturnCode, ServerSecret, Signature};

use crate::directory::{Entry, Secret};
use crate::service::Service;

/// A request whose sender knows a secret of the app.
pub(super) struct Authenticated {
    /// The app.
    pub(super) entry: Arc<Entry>,
    /// Which of its secrets made the signature.
    slot: usize,
    /// The request's own parameters.
    pub(super) signature: Signature,
    pub(super) timestamp: i64,
    pub(super) nonce: String,
}

impl Authenticated {
    /// The secret that made the signature.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.entry.secrets.get(self.slot)
    }
}

pub(super) fn check(
    service: &Service,
    parameters: &PublicParameters<'_>,
) -> Result<Authenticated, Refusal> {
    let entry = service.directory.get(parameters.app_id);
    let secrets = entry.as_ref().map_or(&[][..], |entry| &entry.secrets);
    let signer = signer(parameters, secrets);
    let (Some(entry), false) = (&entry, secrets.is_empty()) else {
        return Err(Refusal::new(
            ReturnCode::SecretUnavailable,
            "unknown AppId, or its secret is not available",
        ));
    };
    let (Some(slot), Some(signature)) = (signer, parameters.signature) else {
        return Err(ReturnCode::SignatureInvalid.into());
    };
    Ok(Authenticated {
        entry: Arc::clone(entry),
        slot,
        signature,
        timestamp: parameters.timestamp,
        nonce: parameters.nonce.to_string(),
    })
}

/// The slot that made the signature. Always two comparisons, whatever there is to compare.
fn signer(parameters: &PublicParameters<'_>, secrets: &[Secret]) -> Option<usize> {
    let [first, second] = [0, 1].map(|slot| {
        let secret = secrets.get(slot);
        let text = secret.map_or(&*STRANGER, |secret| &secret.secret);
        (parameters.is_signed_with(text) && secret.is_some()).then_some(slot)
    });
    first.or(second)
}

/// Stands in for a secret that is not there; nobody's, and never accepted.
static STRANGER: LazyLock<ServerSecret> = LazyLock::new(|| {
    let text: String = (0..32).map(|_| fastrand::alphanumeric()).collect();
    #[expect(clippy::expect_used, reason = "32 alphanumeric characters are a secret's form")]
    ServerSecret::new(&text).expect("32 alphanumeric characters")
});
