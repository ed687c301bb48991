//! Step 6: the app, and whether one of its secrets made the signature (100000010, 100000005).
//!
//! An unknown app takes the time of a known one: a signature is computed and compared for it too. That
//! an app has two secrets for the days of a rotation takes the time of one more, whichever made it.

use std::sync::{Arc, LazyLock};

use tonegate_protocol::{PublicParameters, Refusal, ReturnCode, ServerSecret, Signature};

use crate::directory::{Entry, Secret};

/// A request whose sender knows a secret of the app.
pub(super) struct Authenticated<'d> {
    /// The app.
    pub(super) entry: &'d Arc<Entry>,
    /// The secret that made the signature.
    pub(super) secret: &'d Secret,
    /// The signature itself.
    pub(super) signature: Signature,
}

/// `entry`: the app that the request names, if there is one.
pub(super) fn check<'d>(
    entry: Option<&'d Arc<Entry>>,
    parameters: &PublicParameters<'_>,
) -> Result<Authenticated<'d>, Refusal> {
    let secrets = entry.map_or([None, None], |entry| entry.secrets());
    let signer = signer(parameters, secrets);
    let (Some(entry), false) = (entry, secrets.iter().all(Option::is_none)) else {
        return Err(Refusal::new(
            ReturnCode::SecretUnavailable,
            "unknown AppId, or its secret is not available",
        ));
    };
    match (signer, parameters.signature) {
        (Some(secret), Some(signature)) => Ok(Authenticated { entry, secret, signature }),
        _ => Err(ReturnCode::SignatureInvalid.into()),
    }
}

/// The secret that made the signature; every one that there is has been compared.
fn signer<'d>(
    parameters: &PublicParameters<'_>,
    secrets: [Option<&'d Secret>; 2],
) -> Option<&'d Secret> {
    if secrets.iter().all(Option::is_none) {
        let _ = parameters.is_signed_with(&STRANGER);
        return None;
    }
    let signed = |secret: &&Secret| parameters.is_signed_with(&secret.secret);
    let [first, second] = secrets.map(|secret| secret.filter(signed));
    first.or(second)
}

/// Stands in for a secret that is not there; nobody's, and never accepted.
static STRANGER: LazyLock<ServerSecret> = LazyLock::new(|| {
    let text: String = (0..32).map(|_| fastrand::alphanumeric()).collect();
    #[expect(clippy::expect_used, reason = "32 alphanumeric characters are a secret's form")]
    ServerSecret::new(&text).expect("32 alphanumeric characters")
});
