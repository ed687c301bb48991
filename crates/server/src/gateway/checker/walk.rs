//! The checks themselves, in the order of `decide` (docs/PROTOCOL.md §5).
//!
//! Each is the gateway's own step where that step only looks.

use tonegate_issuer::hour_of;
use tonegate_protocol::{PublicParameters, Refusal, ReturnCode};

use super::sent::Sent;
use super::{Check, Outcome};
use crate::directory::{Entry, Secret};
use crate::gateway::{action, entitlement, host, nonce, service_enabled, window};
use crate::model::{Licensee, ReplayMode};
use crate::service::Service;

/// What a check found, or the refusal it would end with.
type Judged = Result<String, Refusal>;

/// The checks so far.
#[derive(Default)]
struct Walk {
    checks: Vec<Check>,
    refusal: Option<Refusal>,
}

/// All checks, and the refusal of the first that fails.
pub(super) fn walk(
    service: &Service,
    sent: &Sent,
    entry: Option<&Entry>,
    now: i64,
) -> (Vec<Check>, Option<Refusal>) {
    let mut walk = Walk::default();
    walk.step("url", || url(sent));
    walk.step("host", || {
        // Where no host was pasted there is none to judge.
        let known = if sent.host.is_empty() { &[][..] } else { &service.config.gateway.hosts[..] };
        host::check(known, &sent.host).map(|()| sent.host.clone())
    });
    let parameters = walk.parameters(sent);
    let Some(parameters) = &parameters else { return walk.rest() };
    walk.step("window", || {
        window::check(&service.time, parameters.timestamp, now)?;
        Ok(format!("{} s from it", now.abs_diff(parameters.timestamp)))
    });
    walk.step("secret", || known(entry));
    let Some(entry) = entry else { return walk.rest() };
    let mut secrets = entry.secrets().into_iter().flatten();
    let secret = secrets.find(|secret| parameters.is_signed_with(&secret.secret));
    walk.step("signature", || {
        let secret = secret.ok_or(ReturnCode::SignatureInvalid)?;
        Ok(format!("with the secret of generation {}", secret.generation))
    });
    walk.step("replay", || unused(service, entry, parameters));
    walk.step("action", || {
        action::check(&parameters.action).map(|()| parameters.action.to_string())
    });
    walk.step("app", || {
        service_enabled::check(service, entry).map(|app| app.policy.environment.to_string())
    });
    let Some(licensee) = entry.app.as_ref() else { return walk.rest() };
    walk.step("nonce_profile", || {
        nonce::check(licensee, &parameters.nonce)
            .map(|()| licensee.policy.nonce_profile.to_string())
    });
    walk.step("credential", || usable(licensee, secret, now));
    walk.step("entitlement", || {
        entitlement::check(licensee, now).map(|()| {
            let names: Vec<_> =
                licensee.policy.features.iter().map(|it| it.name.as_str()).collect();
            names.join(", ")
        })
    });
    walk.step("key", || key(service, licensee, now));
    (walk.checks, walk.refusal)
}

fn url(sent: &Sent) -> Judged {
    match &*sent.path {
        "/" => Ok("a request of `/`".to_owned()),
        // No code goes with it: the gateway answers 404, outside of the licence API.
        path => Err(Refusal::new(
            ReturnCode::InvalidInput,
            format!("the path is `{path}`, and the licence API is at `/`: the answer is HTTP 404"),
        )),
    }
}

fn known(entry: Option<&Entry>) -> Judged {
    let secrets = entry.map_or(0, |entry| entry.secrets().into_iter().flatten().count());
    match secrets {
        0 => Err(Refusal::new(
            ReturnCode::SecretUnavailable,
            "unknown AppId, or its secret is not available",
        )),
        1 => Ok("it has one secret".to_owned()),
        _ => Ok("it has two secrets".to_owned()),
    }
}

fn unused(service: &Service, entry: &Entry, parameters: &PublicParameters<'_>) -> Judged {
    let mode = entry.app.as_ref().map(|app| app.policy.replay_mode);
    let signature = parameters.signature.map(|signature| signature.0).unwrap_or_default();
    let seen = service.guard.has_seen(entry.app_id.0, &signature, parameters.timestamp);
    match (seen, mode) {
        (false, _) => Ok("it is new; checking it did not use it".to_owned()),
        (true, Some(ReplayMode::Repeatable)) => Ok("used before, which this app may".to_owned()),
        (true, _) => Err(Refusal::new(
            ReturnCode::SignatureInvalid,
            "this signature was already used; sign each request anew",
        )),
    }
}

fn usable(app: &Licensee, secret: Option<&Secret>, now: i64) -> Judged {
    if !secret.is_some_and(|secret| secret.signs_at(now)) {
        return Err(Refusal::new(
            ReturnCode::AuthorizationError,
            "this ServerSecret was revoked or has retired; use the app's current one",
        ));
    }
    let networks: Vec<_> = app.policy.allowed_networks.iter().map(ToString::to_string).collect();
    Ok(match networks.is_empty() {
        true => "from any address".to_owned(),
        false => format!("from {} alone; the sender's address is not judged", networks.join(", ")),
    })
}

fn key(service: &Service, app: &Licensee, now: i64) -> Judged {
    let keyring = service.keyring.load();
    let key = keyring.signer_of(hour_of(app.id.0, now)).ok_or_else(|| {
        Refusal::new(ReturnCode::CertificateInvalid, "the issuer has no usable issuing key")
    })?;
    Ok(format!("the one with serial {}", key.chain().serial()))
}

/// Every check and what it asks, in the published order.
const CHECKS: [(&str, &str); 18] = [
    ("url", "It asks the licence API"),
    ("host", "The host is this issuer's"),
    ("app_id", "AppId is a decimal number"),
    ("timestamp", "Timestamp is Unix time in plain digits"),
    ("nonce", "SignatureNonce is there and short enough"),
    ("version", "SignatureVersion is 2.0"),
    ("signature_form", "Signature is there"),
    ("action_form", "Action is there"),
    ("window", "The Timestamp is within 600 s of the issuer's time"),
    ("secret", "The app and its secret are known"),
    ("signature", "The signature was made with a secret of the app"),
    ("replay", "The signature was not used before"),
    ("action", "The Action is the one that there is"),
    ("app", "The app is of this environment and switched on"),
    ("nonce_profile", "The nonce is as the app demands"),
    ("credential", "The secret may still be used"),
    ("entitlement", "The app is entitled now"),
    ("key", "An issuing key can sign its licence"),
];

/// The checks of a parameter's form, in their order.
const PARAMETERS: [(&str, &str); 6] = [
    ("app_id", "AppId"),
    ("timestamp", "Timestamp"),
    ("nonce", "SignatureNonce"),
    ("version", "SignatureVersion"),
    ("signature_form", "Signature"),
    ("action_form", "Action"),
];

impl Walk {
    fn step(&mut self, step: &'static str, judge: impl FnOnce() -> Judged) {
        let judged = match self.refusal {
            Some(_) => None,
            None => Some(judge()),
        };
        let (outcome, detail, hint) = match judged {
            None => (Outcome::NotReached, String::new(), None),
            Some(Ok(detail)) => (Outcome::Passed, detail, None),
            Some(Err(refusal)) => {
                let (detail, cure) = (told(&refusal), refusal.code.cure());
                self.refusal = Some(refusal);
                (Outcome::Failed, detail, Some(cure.to_owned()))
            }
        };
        let title = CHECKS.iter().find(|it| it.0 == step).map_or("", |it| it.1);
        self.checks.push(Check { step, title, outcome, detail, hint });
    }

    /// `None`: one of them fails, or something did before.
    fn parameters<'s>(&mut self, sent: &'s Sent) -> Option<PublicParameters<'s>> {
        let (parsed, refusal) = match PublicParameters::parse(&sent.query) {
            Ok(parsed) => (Some(parsed), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let failed = refusal.as_ref().map(parameter);
        for (step, name) in PARAMETERS {
            self.step(step, || match &refusal {
                Some(refusal) if failed == Some(name) => Err(refusal.clone()),
                _ => Ok(sent.value(name).unwrap_or_default().into_owned()),
            });
        }
        parsed.filter(|_| self.refusal.is_none())
    }

    /// With the checks that are not reached.
    fn rest(mut self) -> (Vec<Check>, Option<Refusal>) {
        for (step, _) in CHECKS {
            if !self.checks.iter().any(|check| check.step == step) {
                self.step(step, || Ok(String::new()));
            }
        }
        (self.checks, self.refusal)
    }
}

/// Which parameter it is about.
fn parameter(refusal: &Refusal) -> &'static str {
    match refusal.code {
        ReturnCode::AppIdInvalid => "AppId",
        ReturnCode::TimestampEmpty | ReturnCode::TimestampInvalid => "Timestamp",
        ReturnCode::NonceEmpty => "SignatureNonce",
        ReturnCode::SignatureVersionEmpty | ReturnCode::SignatureVersionUnsupported => {
            "SignatureVersion"
        }
        ReturnCode::SignatureEmpty => "Signature",
        ReturnCode::ActionEmpty => "Action",
        // Hints of forms begin with the parameter's name.
        _ => {
            let named = refusal.hint.split(' ').next().unwrap_or_default();
            PARAMETERS.iter().find(|it| it.1 == named).map_or("Action", |it| it.1)
        }
    }
}

fn told(refusal: &Refusal) -> String {
    match &*refusal.hint {
        "" => refusal.code.message().to_owned(),
        hint => hint.to_owned(),
    }
}
